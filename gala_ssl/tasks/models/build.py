"""A task's model: its head on a core."""
import keras

from gala_ssl.networks.core import GalaCore
from gala_ssl.networks.layers.conversion import PaddingMask
from gala_ssl.networks.layers.seeds import seeded
from gala_ssl.tasks import Task, get_task

__all__ = ["build_model", "seeded"]


def build_model(task: str | Task, core: GalaCore) -> keras.Model:
    """Put the head of `task` on `core`.

    Args:
        task: a Task, or the name of one.
        core: a GalaCore; the model shares its weights.

    Returns:
        keras.Model: called on [bonds (b, n, 3), types (b, n, type_width)], bonds in the networks' unit of
        length (two shortest distances); named after the task. The core is its layer "core".
    """
    asked = get_task(task)
    bonds = keras.Input((None, 3), name="bonds")
    types = keras.Input((None, core.config.type_width), name="types")
    mask = PaddingMask(name="bond_mask")(types)
    multivectors, values = core([bonds, types])
    prediction = asked.head(bonds, multivectors, values, mask, core.config)
    return keras.Model([bonds, types], prediction, name=asked.name)
