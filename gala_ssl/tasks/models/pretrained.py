"""Weights with a card: saving them, and building their model again without running code from the file."""
import dataclasses
import pathlib

import keras
from safetensors.numpy import load_file, save_file

from gala_ssl.base.files import read_json, write_json, written_whole
from gala_ssl.base.provenance import sha256
from gala_ssl.networks.core import build_core
from gala_ssl.tasks import check_task
from gala_ssl.tasks.models.build import build_model
from gala_ssl.tasks.models.cards import check_digest, describe, loading, weights_and_card
from gala_ssl.tasks.models.sets import SHIPPED, weights_file


def save_pretrained(model, card, directory):
    """Write `model` as `<task>.safetensors` and its card as `<task>.json` into `directory`; return the card as written.

    The file has the arrays by the paths of their variables, which are the same for both attentions, and the card gets
    its digest as "sha256".

    Args:
        model: keras.Model from `build_model`.
        card: dictionary of plain values with at least "task", "task_settings", "core" and "data", the
            settings that `load_model` builds from; of a network of several particle types also "type_names",
            their names in the order of its type encoding.
        directory: made if it is not there.
    """
    weights = weights_file(directory, card["task"])
    with written_whole(weights) as temporary:
        save_file({weight.path: keras.ops.convert_to_numpy(weight) for weight in model.weights}, temporary)
    card = {**card, "sha256": sha256(weights)}
    write_json(weights.with_suffix(".json"), card)
    return card


def load_model(task, directory=SHIPPED, attention=None):
    """Build the model that a card describes and load its weights.

    A safetensors file has nothing but numbers, and the network is built from the card's settings, so that files from
    elsewhere cannot run code.

    Args:
        task: name of the task.
        directory: where `<task>.safetensors` and `<task>.json` are; by default the weights shipped.
        attention: "fast" or "published"; None as trained.

    Returns:
        (keras.Model, dict): the model and its card.

    Raises:
        InputError: files that are missing or damaged, or a card of another file or of no network.
    """
    check_task(task)
    weights, card = weights_and_card(task, directory)
    task, core = describe(card, weights.with_suffix(".json"))
    core = dataclasses.replace(core, attention=attention or core.attention)
    with loading(weights):
        check_digest(card, weights)
        arrays = load_file(weights)
        model = build_model(task, build_core(core))
        if arrays.keys() != {weight.path for weight in model.weights}:
            raise ValueError(f"{len(arrays)} arrays that are not the {len(model.weights)} of the network")
        for weight in model.weights:
            weight.assign(arrays[weight.path])
    return model, card


def from_keras(path, directory):
    """Write the weights of a .keras file, as earlier versions saved them, as a safetensors file with its card.

    Args:
        path: of `<task>.keras`, with its card `<task>.json` beside it. Keras reads numbers from it, no network.
        directory: of the new files.

    Returns:
        dict: the card as written.
    """
    path = pathlib.Path(path)
    card = read_json(path.with_suffix(".json"))
    task, core = describe(card, path.with_suffix(".json"))
    with loading(path):
        model = build_model(task, build_core(core))
        model.load_weights(path)
    return save_pretrained(model, card, directory)
