"""One small network of each task, with weights that look as if they had been trained for long.

They lie in tests/data/tiny, so that no test makes them again; `python -m tests.tiny` makes them anew, in half a minute,
which is needed where an architecture has changed. A process builds each network once, for all tests that only read it.
"""
import functools
import json
import pathlib
import shutil

import keras

from gala_ssl.networks.core import build_core
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.models.build import build_model
from gala_ssl.tasks.models.pretrained import load_model, save_pretrained
from tests.small_networks import card_of, settle, small_config

FOLDER = pathlib.Path(__file__).parent / "data" / "tiny"
NEIGHBORS, WIDTH, MEAN_BOND = 6, 8, 1.3


@functools.cache
def model(task, attention="fast"):
    """The network of a task, which no test may change; `load_model` of `FOLDER` gives one to change."""
    return load_model(task, FOLDER, attention)[0]


def card(task, **changes):
    """The card of a task's network, a new dictionary each time."""
    return json.loads((FOLDER / f"{task}.json").read_text()) | changes


def embed_with(task="denoising", **options):
    """A new Embedding of a task's network with options of its own, for few calls.

    Under TensorFlow the network runs without a graph: tracing one takes as long as five calls without it.
    """
    made = Embedding(model(task), card(task), progress=False, **options)
    wanted = {"core": "mean", "bonds": "bonds", "head": "summary"}[made.source]
    made.network.compiled(wanted)(1).run_eagerly = keras.backend.backend() == "tensorflow"
    return made


@functools.cache
def embedding(task="denoising", source="core"):
    """The Embedding of a task's network, the same each time."""
    return Embedding(model(task), card(task), source=source, progress=False)


# For commands, in place of `Embedding.from_pretrained`: the same network where the same is asked for.
load_once = functools.cache(Embedding.from_pretrained)


def copy_to(folder, *tasks):
    """Copy the weights and cards of these tasks into a folder, which is made; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for task in tasks:
        for suffix in ("safetensors", "json"):
            shutil.copy(FOLDER / f"{task}.{suffix}", folder)
    return folder


def make():
    for task in TASKS:
        keras.utils.set_random_seed(0)
        made = build_model(task, build_core(small_config(type_width=2, blocks=1)))
        settle(made)
        best = {f"val_{TASKS[task].metric}": 0.75 if TASKS[task].metric == "accuracy" else 0.25}
        save_pretrained(made, card_of(made, NEIGHBORS, preset="tiny", epochs=3, best=best, mean_bond=MEAN_BOND), FOLDER)


if __name__ == "__main__":
    make()
