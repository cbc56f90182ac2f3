"""Weights with a card: saving them, and building their model again without running code from the file."""
import dataclasses
import pathlib
import warnings

import keras

from gala_ssl.base.errors import InputError, reason
from gala_ssl.base.files import read_json, write_json, written_whole
from gala_ssl.base.validators import is_finite
from gala_ssl.networks.config import CoreConfig
from gala_ssl.networks.core import build_core
from gala_ssl.tasks import TASKS, check_task, get_task
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.models.archive import check_archive, compress
from gala_ssl.tasks.models.build import build_model
from gala_ssl.tasks.models.sets import SHIPPED, weights_folder


def save_pretrained(model, card, directory):
    """Write `model` as `<task>.keras` and its card as `<task>.json` into `directory`.

    Args:
        model: keras.Model from `build_model`.
        card: dictionary of plain values with at least "task", "task_settings", "core" and "data", the
            settings that `load_model` builds from; of a network of several particle types also "type_names",
            their names in the order of its type encoding.
        directory: made if it is not there.
    """
    # A model that was never compiled, of the same layers: the optimizer's moments triple a file.
    plain = keras.Model(model.inputs, model.outputs, name=model.name)
    with written_whole(pathlib.Path(directory) / f"{card['task']}.keras") as temporary:
        plain.save(temporary)
        compress(temporary)
    write_json(pathlib.Path(directory) / f"{card['task']}.json", card)


def load_model(task, directory=SHIPPED, attention=None):
    """Build the model that a card describes and load its weights.

    Only numbers are read from the .keras file: the network is built from the card's settings, so that a
    file from elsewhere cannot run code. One that was made to is refused, see `gala_ssl.tasks.models.archive`.

    Args:
        task: name of the task.
        directory: where `<task>.keras` and `<task>.json` are; by default the weights shipped.
        attention: "fast" or "published"; None as trained.

    Returns:
        (keras.Model, dict): the model and its card.
    """
    check_task(task)
    weights, card = weights_and_card(task, directory)
    task, core = describe(card, weights.with_suffix(".json"))
    core = dataclasses.replace(core, attention=attention or core.attention)
    try:
        check_archive(weights)
        model = build_model(task, build_core(core))
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Keras warns of layers that it leaves as they were drawn
            model.load_weights(weights)
    except InputError:
        raise
    except Exception as error:  # of a damaged file Keras, HDF5 and zip each say it in a class of their own
        raise InputError(f"The weights in {weights} cannot be loaded into the network that their card describes "
                         f"({reason(error)}); copy or train them again.", path=weights) from error
    return model, card


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


def weights_and_card(task, directory=SHIPPED):
    """Return (path of the weights, card) of a task in a folder; InputError that names what is missing."""
    weights = weights_folder(directory) / f"{task}.keras"
    card = weights.with_suffix(".json")
    missing = [path.name for path in (weights, card) if not path.exists()]
    if missing:
        others = [name for name in TASKS if (weights.parent / f"{name}.keras").exists()]
        raise InputError(f"There are no weights for {task} in {directory}: {' and '.join(missing)} missing. "
                         + (f"It has those for {', '.join(others)}; name that task, or" if others and task not in others
                            else "To make them,") + f" train with gala-ssl pretrain {task} --output {directory}.",
                         path=directory, option="files", value=missing)
    return weights, read_json(card)
