"""The self-supervised tasks, by name."""
from gala_ssl.errors import InputError
from gala_ssl.tasks.autoencoder import Autoencoder
from gala_ssl.tasks.base import Task
from gala_ssl.tasks.denoising import Denoising
from gala_ssl.tasks.frame_classification import FrameClassification
from gala_ssl.tasks.nearest_bond import NearestBond
from gala_ssl.tasks.noisy_bond import NoisyBond
from gala_ssl.tasks.shift_identification import ShiftIdentification

# In the paper's order.
TASKS = {task.name: task for task in (
    Autoencoder, Denoising, FrameClassification, ShiftIdentification, NoisyBond, NearestBond)}


def get_task(task):
    """Return a Task: itself, or the one of this name with its default settings."""
    if isinstance(task, Task):
        return task
    if task not in TASKS:
        raise InputError(f"There is no task {task!r}; choose from {', '.join(TASKS)}.")
    return TASKS[task]()
