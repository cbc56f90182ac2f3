"""Weights with a card: saving them, and building their model again without running code from the file."""
import json
import pathlib

from gala_ssl.config import CoreConfig
from gala_ssl.errors import InputError
from gala_ssl.files import write_json, written_whole
from gala_ssl.models.build import build_model
from gala_ssl.models.core import build_core
from gala_ssl.tasks import TASKS, get_task

SHIPPED = pathlib.Path(__file__).parent.parent / "pretrained"


def save_pretrained(model, card, directory):
    """Write `model` as `<task>.keras` and its card as `<task>.json` into `directory`.

    Args:
        model: keras.Model from `build_model`.
        card: dictionary of plain values with at least "task", "task_settings", "core" and "data", the
            settings that `load_model` builds from.
        directory: made if it is not there.
    """
    with written_whole(pathlib.Path(directory) / f"{card['task']}.keras") as temporary:
        model.save(temporary, include_optimizer=False)
    write_json(pathlib.Path(directory) / f"{card['task']}.json", card)


def load_model(task, directory=SHIPPED, attention=None):
    """Build the model that a card describes and load its weights.

    Only numbers are read from the .keras file: the network is built from the card's settings, so that a
    file from elsewhere cannot run code.

    Args:
        task: name of the task.
        directory: where `<task>.keras` and `<task>.json` are; by default the weights shipped.
        attention: "fast" or "published"; None as trained.

    Returns:
        (keras.Model, dict): the model and its card.
    """
    if task not in TASKS:
        raise InputError(f"There is no task {task!r}; choose from {', '.join(TASKS)}.")
    weights, card = _paths(task, directory)
    core = CoreConfig(**card["core"] | ({"attention": attention} if attention else {}))
    model = build_model(type(get_task(task))(**card["task_settings"]), build_core(core))
    try:
        model.load_weights(weights)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"The weights in {weights} do not fit the network that their card describes: "
                         f"{str(error).splitlines()[0]}") from error
    return model, card


def _paths(task, directory):
    weights = pathlib.Path(directory) / f"{task}.keras"
    card = weights.with_suffix(".json")
    missing = [path.name for path in (weights, card) if not path.exists()]
    if missing:
        raise InputError(f"There are no weights for {task} in {directory}: {' and '.join(missing)} missing. "
                         f"Train them with experiments/pretrain.py.")
    try:
        return weights, json.loads(card.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"The card {card} is not JSON: {error}") from error
