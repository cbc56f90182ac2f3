"""The self-supervised tasks, by name."""
from gala_ssl.config import check_task
from gala_ssl.tasks.autoencoder import Autoencoder
from gala_ssl.tasks.base import Task
from gala_ssl.tasks.denoising import Denoising
from gala_ssl.tasks.frame_classification import FrameClassification
from gala_ssl.tasks.nearest_bond import NearestBond
from gala_ssl.tasks.noisy_bond import NoisyBond
from gala_ssl.tasks.shift_identification import ShiftIdentification

# In the order of `gala_ssl.config.TASK_NAMES`, which is the paper's.
TASKS = {task.name: task for task in (
    Autoencoder, Denoising, FrameClassification, ShiftIdentification, NoisyBond, NearestBond)}


def get_task(task):
    """Return a Task: itself, or the one of this name with its default settings."""
    if isinstance(task, Task):
        return task
    check_task(task)
    return TASKS[task]()
