"""Files of weights and the cards beside them: what a card describes, looked at without Keras."""
import contextlib
import dataclasses
import os

from gala_ssl.base.errors import InputError, nearest, reason
from gala_ssl.base.files import read_json
from gala_ssl.base.provenance import sha256
from gala_ssl.base.validators import is_finite
from gala_ssl.networks.config import CoreConfig
from gala_ssl.tasks import TASKS, get_task
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.models.sets import SETS, SHIPPED, check_weights_folder, weights_file


@contextlib.contextmanager
def loading(path):
    """Turn whatever goes wrong in the block, but an InputError, into one that says that the weights are damaged."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # of a damaged file safetensors and Keras each say it in a class of their own
        raise InputError(f"The weights in {path} cannot be loaded into the network that their card describes "
                         f"({reason(error)}); copy or train them again.", path=path) from error


def check_digest(card, weights):
    """InputError unless the digest in a card is that of the file of weights beside it."""
    if card.get("sha256") != sha256(weights):
        raise InputError(f"The weights in {weights} are not those that the card beside them describes: their digests "
                         f"differ, so one of the two was damaged, or copied without the other; copy both again.",
                         path=weights, option="sha256", value=card.get("sha256"))


def describe(card, path):
    """Return the task and the CoreConfig that a card describes, with nothing left to the defaults of this version."""
    try:
        _settings(DataConfig, "data", card["data"])
        core = _settings(CoreConfig, "core", card["core"])
        mean_bond = card.get("mean_bond", 1)
        if not (is_finite(mean_bond) and mean_bond > 0):
            raise InputError(f"mean_bond is {mean_bond!r}; it must be positive and finite.",
                             option="mean_bond", value=mean_bond)
        return type(get_task(card["task"]))(**card["task_settings"]), core
    except (KeyError, TypeError, InputError) as error:
        wrong = f"there is no {error}" if isinstance(error, KeyError) else error
        option = error.args[0] if isinstance(error, KeyError) else getattr(error, "option", None)
        raise InputError(f"The card {path} does not describe a network: {wrong}", path=path, option=option,
                         value=getattr(error, "value", None)) from error


def _settings(cls, part, found):
    """The settings in a part of a card; InputError unless these are all fields of their class and no others."""
    if not isinstance(found, dict):
        raise InputError(f"{part} is {found!r:.40}; it must be settings by name.", option=part, value=found)
    fields = [field.name for field in dataclasses.fields(cls)]
    missing, unknown = [name for name in fields if name not in found], [name for name in found if name not in fields]
    if missing or unknown:
        raise InputError(f"missing in {part}: {', '.join(missing) or 'nothing'}, unknown in it: "
                         f"{', '.join(map(repr, unknown)) or 'nothing'}; it was made by another version of gala_ssl, "
                         f"so load it with that one, or train the network again.", option=part, value=found)
    return cls(**found)


def tasks_with_weights(directory: str | os.PathLike = SHIPPED) -> list[str]:
    """Names of the tasks that a directory has weights of, in the paper's order."""
    return [task for task in TASKS if weights_file(directory, task).exists()]


def weights_and_card(task, directory=SHIPPED):
    """Return (path of the weights, card) of a task in a folder; InputError that names what is missing."""
    weights = weights_file(directory, task)
    card = weights.with_suffix(".json")
    missing = [path.name for path in (weights, card) if not path.exists()]
    if missing:
        if nearest(directory, SETS):
            check_weights_folder(directory)
        others = tasks_with_weights(directory)
        raise InputError(f"There are no weights for {task} in {directory}: {' and '.join(missing)} missing. "
                         + (f"It has those for {', '.join(others)}; name that task, or" if others and task not in others
                            else "To make them,") + f" train with gala-ssl pretrain {task} --output {directory}.",
                         path=directory, option="files", value=missing)
    return weights, read_json(card)
