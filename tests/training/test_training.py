"""Training in a run directory: learning, resuming, finished runs, damaged ones, accumulation."""
import dataclasses
import functools
import shutil

import keras
import numpy as np
import pandas as pd
import pytest

from gala_ssl.base.runs import run_lock
from gala_ssl.networks.core import build_core
from gala_ssl.tasks import TASKS, get_task
from gala_ssl.tasks.data.environments import prototype_environments
from gala_ssl.tasks.data.streams import Stream
from gala_ssl.tasks.frame_classification import FrameClassification
from gala_ssl.tasks.models.build import build_model
from gala_ssl.training import checkpoint
from gala_ssl.training import fit as training
from gala_ssl.training import pretrain as pretraining
from tests.refusals import refused
from tests.selection import in_tiers
from tests.small_networks import tiny_preset

pytestmark = pytest.mark.any_backend

TINY = tiny_preset(epochs=4, dynamic_training=96)


@pytest.fixture(scope="module")
def environments():
    return prototype_environments(TINY.data, progress=False)


def task_of(name):
    return FrameClassification(2) if name == "frame_classification" else get_task(name)


@functools.cache
def compiled(name, frozen=False, accumulate=1):
    """A network of this form that is compiled, once for all fits of it: tracing its step takes longer than a fit."""
    core = build_core(TINY.core)
    core.trainable = not frozen
    model = build_model(task_of(name), core)
    training.compile_for(model, task_of(name), dataclasses.replace(TINY.training, accumulate=accumulate))
    return model


@functools.cache
def drawn(name, seed):
    """The weights of an untrained tiny network, in the order of `keras.Model.weights`."""
    keras.utils.set_random_seed(seed)
    return build_model(task_of(name), build_core(TINY.core)).get_weights()


def fitted(environments, directory, name="denoising", seed=13, frozen=False, **changes):
    """Train a tiny network from the weights of `seed` and return (its weights by path, history)."""
    config = dataclasses.replace(TINY.training, **changes)
    model = compiled(name, frozen, config.accumulate)
    model.set_weights(drawn(name, seed))
    sides = pretraining.streams(task_of(name), environments, TINY.data, config)
    history = training.fit(model, task_of(name), *sides, config, directory, progress=False)
    return weights(model), history


@pytest.fixture(scope="module")
def runs(environments, tmp_path_factory):
    """runs(task) is (weights by path, history, directory) of a run that was never stopped."""
    directory = tmp_path_factory.mktemp("runs")
    return functools.cache(lambda name: (*fitted(environments, directory / name, name), directory / name))


def weights(model):
    return {weight.path: keras.ops.convert_to_numpy(weight).copy() for weight in model.weights}


def assert_same_weights(a, b):
    assert list(a) == list(b)
    for path in a:
        np.testing.assert_array_equal(a[path], b[path], err_msg=path)


def assert_same_history(a, b):
    pd.testing.assert_frame_equal(a.drop(columns="seconds"), b.drop(columns="seconds"), check_exact=True)


def contents(directory):
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(directory.iterdir())}


@pytest.mark.parametrize("name", in_tiers(TASKS))
def test_a_run_learns_and_keeps_its_best_weights(environments, runs, name):
    trained, history, _ = runs(name)
    model, task = compiled(name), task_of(name)
    model.set_weights(list(trained.values()))
    names = {"epoch", "learning_rate", "loss", "val_loss", task.metric, f"val_{task.metric}", "seconds"}
    names |= {"kl", "val_kl"} if name == "autoencoder" else set()
    assert set(history) == names
    assert list(history["epoch"]) == [1, 2, 3, 4]
    assert history["val_loss"].min() < history["val_loss"][0]
    patience = (1, 2) if task.stream == "static" else (4, 10)
    rates = [training.schedule(list(history["val_loss"][:i]), 1e-3, patience)[0] for i in range(4)]
    np.testing.assert_array_equal(history["learning_rate"], rates)
    validation = pretraining.streams(task, environments, TINY.data, TINY.training)[1]
    found = training.validate(model, task, validation)
    assert found["loss"] == pytest.approx(history["val_loss"].min(), rel=1e-6)


@pytest.mark.tensorflow  # on JAX the scan engine's test has this
@pytest.mark.parametrize("name", in_tiers(TASKS))
def test_a_run_stopped_after_an_epoch_goes_on_as_if_it_had_not(environments, runs, tmp_path, name):
    """Weights and history to the bit, whatever the weights of the model before it loaded the checkpoint."""
    whole, history, _ = runs(name)
    fitted(environments, tmp_path, name, epochs=1)
    model, continued = fitted(environments, tmp_path, name, seed=99)
    assert_same_history(continued, history)
    assert_same_weights(model, whole)


@pytest.mark.long
def test_an_accumulation_waits_across_a_stop(environments, tmp_path):
    """Also where more batches are accumulated than an epoch has."""
    changes = {"accumulate": 4, "dynamic_training": 48}
    whole, history = fitted(environments, tmp_path / "whole", **changes)
    for epochs in (1, 2, 4):
        model, continued = fitted(environments, tmp_path / "parts", epochs=epochs, **changes)
    assert_same_history(continued, history)
    assert_same_weights(model, whole)


@pytest.mark.parametrize("name", in_tiers(TASKS))
def test_a_finished_run_trains_no_step_and_touches_no_file(environments, runs, monkeypatch, name):
    model, history, directory = runs(name)
    before = contents(directory)
    monkeypatch.setattr(Stream, "batch", None)  # nobody may ask for a batch
    again, read = fitted(environments, directory, name, seed=99)
    assert contents(directory) == before
    pd.testing.assert_frame_equal(read, history, check_exact=True)
    assert_same_weights(again, model)


def test_a_directory_in_use_is_refused_and_stays_as_it_is(environments, runs):
    _, _, directory = runs("denoising")
    before = contents(directory)
    with run_lock(directory), refused(path=str(directory), option=None):
        fitted(environments, directory, epochs=8)
    assert contents(directory) == before


@pytest.mark.parametrize(("name", "damage"), [
    (checkpoint.CHECKPOINT, lambda content: content[:1000]),
    (checkpoint.HISTORY, lambda content: b"epoch,loss\none,two\n"),
    (checkpoint.HISTORY, lambda content: b"".join(content.splitlines(True)[:-1]))])
def test_a_damaged_run_is_named_and_stays_as_it_is(environments, runs, tmp_path, name, damage):
    directory = shutil.copytree(runs("denoising")[2], tmp_path / "run")
    (directory / name).write_bytes(damage((directory / name).read_bytes()))
    before = contents(directory)
    with refused(path=str(directory / name)):
        fitted(environments, directory)
    assert contents(directory) == before


def test_a_training_without_its_checkpoint_is_refused_and_stays_as_it_is(environments, runs, tmp_path):
    directory = shutil.copytree(runs("denoising")[2], tmp_path / "run")
    (directory / checkpoint.CHECKPOINT).unlink()
    before = contents(directory)
    with refused(path=str(directory / checkpoint.CHECKPOINT)):
        fitted(environments, directory)
    assert contents(directory) == before


def test_arrays_of_another_shape_are_refused_in_one_line(tmp_path):
    np.savez(tmp_path / checkpoint.BEST, np.ones(3))
    with refused(path=str(tmp_path / checkpoint.BEST)) as caught:
        checkpoint.load_variables([keras.Variable(np.ones((40, 4)))], tmp_path / checkpoint.BEST)
    assert "\n" not in str(caught.value)
    (tmp_path / checkpoint.BEST).write_bytes(b"")
    with refused(path=str(tmp_path / checkpoint.BEST)):
        checkpoint.load_variables([keras.Variable(np.ones((40, 4)))], tmp_path / checkpoint.BEST)


def test_a_free_core_moves_and_so_do_its_running_statistics(runs):
    after = runs("denoising")[0]
    before, core = dict(zip(after, drawn("denoising", 13), strict=True)), compiled("denoising").get_layer("core")
    moved = {path for path in weights(core) if (before[path] != after[path]).any()}
    assert any(path.endswith("sigma") for path in moved)
    assert any(path.endswith("kernel") for path in moved)


@pytest.mark.slow
def test_a_frozen_core_stays_and_so_do_its_running_statistics(environments, tmp_path):
    after, history = fitted(environments, tmp_path, frozen=True, epochs=2)
    before, core = dict(zip(after, drawn("denoising", 13), strict=True)), compiled("denoising", True).get_layer("core")
    for path in weights(core):
        np.testing.assert_array_equal(after[path], before[path], err_msg=path)
    assert history["loss"].iloc[-1] < history["loss"][0]


@pytest.mark.long
def test_accumulating_16_batches_of_4_is_a_batch_of_64(environments):
    """The same clouds, no dropout, running statistics at rest: the same three steps of Adam.

    Scores may all be shifted alike, so their last bias has no gradient but rounding, which Adam follows.
    """
    task, found = FrameClassification(2), []
    for batch_size, accumulate in ((64, 1), (4, 16)):
        keras.utils.set_random_seed(3)
        model = build_model(task, build_core(dataclasses.replace(TINY.core, dropout=0.0)))
        start = weights(model)
        for layer in model._flatten_layers():
            if hasattr(layer, "momentum"):
                layer.momentum = 1.0
        config = dataclasses.replace(TINY.training, batch_size=batch_size, accumulate=accumulate)
        training.compile_for(model, task, config)
        stream = Stream(task, environments, np.arange(192) % len(environments), batch_size, seed=1)
        batches = training._batches(stream, 0)
        model.fit(batches, epochs=1, steps_per_epoch=len(stream), verbose=0, shuffle=False)
        assert int(model.optimizer.iterations) == 3
        found.append(weights(model))
    for path, value in found[0].items():
        if not path.endswith("_score/out/bias"):
            np.testing.assert_allclose(found[1][path], value, rtol=1e-3, atol=1e-5, err_msg=path)
    assert max(np.abs(found[0][path] - start[path]).max() for path in start) > 1e-3


def test_a_loss_that_is_not_finite_ends_in_a_sentence(environments, tmp_path):
    sentence = "loss of denoising is (nan|inf) after epoch 1 in .*lower learning rate"
    with pytest.raises(FloatingPointError, match=sentence):
        fitted(environments, tmp_path, learning_rate=1e30)
    assert not (tmp_path / checkpoint.CHECKPOINT).exists()
