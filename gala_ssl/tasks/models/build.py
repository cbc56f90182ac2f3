"""A task's model: its head on a core, and the chance that their weights are drawn by."""
import contextlib
import random

import keras
from keras.src.random import seed_generator

from gala_ssl.networks.layers.conversion import PaddingMask
from gala_ssl.tasks import get_task


def build_model(task, core):
    """Put the head of `task` on `core`.

    Args:
        task: a Task, or the name of one.
        core: a GalaCore; the model shares its weights.

    Returns:
        keras.Model: called on [bonds (b, n, 3), types (b, n, type_width)], bonds in the networks' unit of
        length (two shortest distances); named after the task. The core is its layer "core".
    """
    task = get_task(task)
    bonds = keras.Input((None, 3), name="bonds")
    types = keras.Input((None, core.config.type_width), name="types")
    mask = PaddingMask(name="bond_mask")(types)
    multivectors, values = core([bonds, types])
    prediction = task.head(bonds, multivectors, values, mask, core.config)
    return keras.Model([bonds, types], prediction, name=task.name)


@contextlib.contextmanager
def seeded(seed):
    """As `keras.utils.set_random_seed`, for what is built in the block, whatever other threads do meanwhile.

    Keras draws the seeds of weights from Python's `random`, from which Dask's event loop draws beside it.
    """
    keras.utils.set_random_seed(seed)
    shared = seed_generator.python_random
    seed_generator.python_random = random.Random(seed)  # the same numbers
    try:
        yield
    finally:
        seed_generator.python_random = shared
