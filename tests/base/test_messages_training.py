"""Sentences of errors of run directories, tasks, weights and trainings, each once; see test_messages.py."""
import errno
import fcntl
import os
import sys

import keras
import numpy as np
import pytest

from gala_ssl.base.files import read_json, write_json
from gala_ssl.base.provenance import sha256
from gala_ssl.base.registry import register
from gala_ssl.base.runs import check_settings, run_lock
from gala_ssl.networks.parts import check_attention
from gala_ssl.networks.weights import copy_weights
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import split
from gala_ssl.tasks.data.streams import Stream
from gala_ssl.tasks.models.cards import describe
from gala_ssl.tasks.models.pretrained import load_model
from gala_ssl.training import checkpoint
from gala_ssl.training.grid import COLUMNS, check_kept, read_grid
from gala_ssl.training.presets import preset
from gala_ssl.training.scan import check_engine
from gala_ssl.training.transfer import Cell
from gala_ssl.training.workers import run_cells
from tests import tiny
from tests.refusals import assert_says

pytestmark = pytest.mark.any_backend

ON_TENSORFLOW = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="it is about another backend")
ON_JAX = pytest.mark.skipif(keras.backend.backend() != "jax", reason="it is about another backend")


def in_use(folder):
    with run_lock(folder), run_lock(folder):
        pass


def without_locks(folder):
    def flock(*arguments):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fcntl, "flock", flock)
        with run_lock(folder):
            pass


def other_settings(folder, found, wanted):
    write_json(folder / "config.json", found)
    check_settings(folder, wanted)


def json_of(folder, text):
    (folder / "a.json").write_text(text)
    read_json(folder / "a.json")


def copied_weights(folder):
    layers = [keras.Sequential([keras.Input((1,)), keras.layers.Dense(width)], name=name)
              for name, width in (("first", 1), ("second", 2))]
    copy_weights(*layers)


def with_other_weights(folder):
    load_model("denoising", tiny.copy_to(folder, "autoencoder"))


def with_broken_weights(folder):
    tiny.copy_to(folder, "denoising")
    (folder / "denoising.safetensors").write_bytes(b"")
    load_model("denoising", folder)


def without_numbers(folder):
    (folder / "denoising.safetensors").write_bytes(b"")
    write_json(folder / "denoising.json", tiny.card("denoising", sha256=sha256(folder / "denoising.safetensors")))
    load_model("denoising", folder)


def history(folder, *epochs):
    lines = ["epoch,val_loss", *(f"{epoch},0.5" for epoch in epochs)]
    (folder / checkpoint.HISTORY).write_text("\n".join(lines))


def without_checkpoint(folder):
    history(folder, 1, 2)
    checkpoint.resume(None, folder, 1)


def shortened_history(folder, *epochs):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD())
    model.optimizer.build(model.trainable_variables)
    model.optimizer.variables[0].assign(8)
    checkpoint._save_variables(checkpoint._state(model), folder / checkpoint.CHECKPOINT)
    history(folder, *epochs)
    checkpoint.resume(model, folder, 2)


def other_arrays(folder):
    np.savez(folder / checkpoint.BEST, np.ones(3))
    checkpoint.load_variables([keras.Variable(np.ones((4, 4)))], folder / checkpoint.BEST)


def results(folder, name="grid", text=None, **card):
    """A folder with results of one cell of a grid."""
    text = text or f"{','.join(COLUMNS)}\nscratch,denoising,0.5,False,1,mean_absolute_error,0.5,3,1.0\n"
    (folder / "grid.csv").write_text(text)
    write_json(folder / "card.json", {"name": name, **card})
    return folder


def without_dask(folder):
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "dask", None)
        next(run_cells([], preset("grid"), None, folder))


CORE, DATA = tiny.card("denoising")["core"], tiny.card("denoising")["data"]
CARD = {"task": "denoising", "task_settings": {}, "core": CORE, "data": DATA}


def described(**changes):
    return lambda folder: describe({name: value for name, value in (CARD | changes).items() if value is not None},
                                   "a.json")


MESSAGES = [
    (in_use, "Another process is writing the run in FOLDER; wait for it or choose another directory."),
    (without_locks,
     "FOLDER cannot be locked against other processes (No locks available); make room, or choose a directory on a "
     "file system that has locks."),
    (lambda folder: other_settings(folder, {"training": {"epochs": 3}}, {"training": {"epochs": 2}}),
     "FOLDER holds a run with other settings (training.epochs 3, now 2); choose another directory, or remove it to "
     "start anew."),
    (lambda folder: other_settings(folder, {}, {str(i): i for i in range(6)}),
     "FOLDER holds a run with other settings (0 None, now 0; 1 None, now 1; 2 None, now 2; and 3 more); choose "
     "another directory, or remove it to start anew."),
    (lambda folder: json_of(folder, "{"),
     "FOLDER/a.json is not JSON (...); restore it, or remove it and what it describes."),
    (lambda folder: json_of(folder, "[]"),
     "FOLDER/a.json does not hold settings by name; restore it, or remove it and what it describes."),
    (lambda folder: register(dict(TASKS), "task", TASKS["denoising"]),
     "There is a task 'denoising' already; give Denoising another name."),
    pytest.param(lambda folder: check_attention("published"),
                 "The published attention runs on Keras's TensorFlow backend only, not on jax; take attention 'fast', "
                 "the same function of its weights.", marks=ON_JAX),
    (copied_weights,
     "The weights of 'first' (2 arrays) do not fit 'second' (2 arrays); build both from the same settings."),
    (lambda folder: TASKS["noisy_bond"]((0.2, 0.1)),
     "scale is (0.2, 0.1); give a standard deviation, or the least and the largest one."),
    (lambda folder: TASKS["frame_classification"](0),
     "classes is 0; it must be a positive integer, at most 65536."),
    (lambda folder: split(1, DataConfig()),
     "1 environments cannot be split into training and validation ones."),
    (lambda folder: Stream(None, None, [], 4),
     "A stream needs at least one environment; the fraction of the data is too small."),
    (lambda folder: load_model("denoising", folder),
     "There are no weights for denoising in FOLDER: denoising.safetensors and denoising.json missing. To make them, "
     "train with gala-ssl pretrain denoising --output FOLDER."),
    (with_other_weights,
     "There are no weights for denoising in FOLDER: denoising.safetensors and denoising.json missing. It has those "
     "for autoencoder; name that task, or train with gala-ssl pretrain denoising --output FOLDER."),
    (with_broken_weights,
     "The weights in FOLDER/denoising.safetensors are not those that the card beside them describes: their digests "
     "differ, so one of the two was damaged, or copied without the other; copy both again."),
    (without_numbers,
     "The weights in FOLDER/denoising.safetensors cannot be loaded into the network that their card describes (Error "
     "while deserializing header: header too small); copy or train them again."),
    (described(core=None), "The card a.json does not describe a network: there is no 'core'"),
    (described(core=7),
     "The card a.json does not describe a network: core is 7; it must be settings by name."),
    (described(core={**CORE, "depth": 3}),
     "The card a.json does not describe a network: missing in core: nothing, unknown in it: 'depth'; it was made by "
     "another version of gala_ssl, so load it with that one, or train the network again."),
    (described(mean_bond=-1),
     "The card a.json does not describe a network: mean_bond is -1; it must be positive and finite."),
    (described(task="../harm"),
     "The card a.json does not describe a network: There is no task '../harm'; choose from ..., nearest_bond."),
    (without_checkpoint,
     "FOLDER holds a training without its checkpoint.npz, so it cannot be continued; restore the file, or remove the "
     "run to train anew."),
    (lambda folder: shortened_history(folder, 1, 2, 3),
     "FOLDER/history.csv has 3 epochs where the checkpoint beside it has seen 4; restore it, or remove the run to "
     "train anew."),
    (lambda folder: shortened_history(folder, "one"),
     "FOLDER/history.csv is not a history of a training (...); restore it, or remove the run to train anew."),
    (other_arrays,
     "FOLDER/best.npz cannot be loaded (...); restore it, or remove the run to train anew."),
    (lambda folder: read_grid(results(folder), preset("grid")),
     "The cells in FOLDER are of a grid with other settings (...; and ... more); give results of this grid."),
    (lambda folder: read_grid(results(folder, text="source,target\n"), preset("grid")),
     "FOLDER/grid.csv is not the table of a transfer grid (...)."),
    (lambda folder: check_kept(results(folder), preset("grid"), []),
     "FOLDER has tables of 1 cell of the grid 'grid', of which 1 would be lost; give another --output, or, if they "
     "are of this grid, ask for them as well and let them count as done with --known FOLDER."),
    pytest.param(lambda folder: check_engine(),
                 "The scan engine runs on Keras's JAX backend only; set KERAS_BACKEND=jax, or take the keras engine.",
                 marks=ON_TENSORFLOW),
    (lambda folder: Cell("denosing", "noisy_bond", 1, False, 1),
     "There is no source 'denosing'; did you mean 'denoising'? Choose from scratch, ..., combined."),
    (lambda folder: Cell("denoising", "noisy_bond", 0, False, 1),
     "The fraction is 0; it must lie above 0 and at most at 1."),
    (lambda folder: Cell("scratch", "noisy_bond", 1, True, 1),
     "A core from scratch knows nothing yet; it cannot be frozen."),
    (lambda folder: next(run_cells([], preset("grid"), None, folder, workers=0)),
     "The grid was given 0 workers; it needs one at least."),
    (without_dask,
     "The transfer grid runs its cells with Dask, which cannot be loaded (...); install it with: pip install "
     "\"dask[distributed]\""),
]


@pytest.mark.parametrize(("call", "sentence"), MESSAGES)
def test_the_sentence_of_an_error(call, sentence, tmp_path):
    assert_says(call, sentence, tmp_path)
