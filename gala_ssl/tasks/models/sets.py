"""The sets of weights that ship, by name: their folders, without what loads them."""
import pathlib

from gala_ssl.base.errors import InputError, nearest

SHIPPED = pathlib.Path(__file__).parents[2] / "pretrained"
# The paper's settings, its environments learned to the end, and thermal environments for real particles.
SETS = {"paper": SHIPPED, "converged": SHIPPED / "converged", "thermal": SHIPPED / "thermal"}


def weights_folder(weights):
    """The folder of a set of weights that ships, by its name, or the folder that is given."""
    return SETS.get(str(weights), pathlib.Path(weights))


def check_weights_folder(weights):
    """InputError unless there is such a set or folder of weights."""
    folder = weights_folder(weights)
    if not folder.is_dir():
        near = nearest(weights, SETS)
        remedy = f"did you mean {near!r}?" if near else f"make one with gala-ssl pretrain --output {folder}."
        raise InputError(f"There is no folder {folder} of weights; {remedy}", path=folder, option="weights",
                         value=str(weights))


def weights_file(weights, task):
    """The file of a task's weights in such a set or folder; its card is beside it, with the suffix .json."""
    return weights_folder(weights) / f"{task}.safetensors"
