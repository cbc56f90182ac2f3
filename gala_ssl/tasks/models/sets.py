"""The sets of weights that ship, by name: their folders, without what loads them."""
import pathlib

SHIPPED = pathlib.Path(__file__).parents[2] / "pretrained"
# The paper's settings, its environments learned to the end, and thermal environments for real particles.
SETS = {"paper": SHIPPED, "converged": SHIPPED / "converged", "thermal": SHIPPED / "thermal"}


def weights_folder(weights):
    """The folder of a set of weights that ships, by its name, or the folder that is given."""
    return SETS.get(str(weights), pathlib.Path(weights))


def weights_file(weights, task):
    """The file of a task's weights in such a set or folder; its card is beside it, with the suffix .json."""
    return weights_folder(weights) / f"{task}.safetensors"
