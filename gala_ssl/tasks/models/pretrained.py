"""Weights with a card: saving them, and building their model again without running code from the file."""
import dataclasses
import pathlib
import warnings

import keras

from gala_ssl.base.files import write_json, written_whole
from gala_ssl.networks.core import build_core
from gala_ssl.tasks import check_task
from gala_ssl.tasks.models.archive import check_archive, compress
from gala_ssl.tasks.models.build import build_model
from gala_ssl.tasks.models.cards import describe, loading, weights_and_card
from gala_ssl.tasks.models.sets import SHIPPED


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
    with loading(weights):
        check_archive(weights)
        model = build_model(task, build_core(core))
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Keras warns of layers that it leaves as they were drawn
            model.load_weights(weights)
    return model, card
