"""Trainings: dropout is found as what it is, validation counts every cloud once, runs are known by what they hold."""
import logging

import keras
import numpy as np
import pytest

from gala_ssl.clouds.neighborhoods import PointClouds
from gala_ssl.networks.core import build_core
from gala_ssl.tasks import get_task
from gala_ssl.tasks.data.environments import Environments
from gala_ssl.tasks.data.streams import Stream
from gala_ssl.tasks.models.build import build_model, seeded
from gala_ssl.tasks.models.pretrained import save_pretrained
from gala_ssl.training import fit as training
from gala_ssl.training import transfer, workers
from tests.selection import in_tiers
from tests.small_networks import card_of, small_config, tiny_preset
from tests.strategies import type_encodings

pytestmark = pytest.mark.any_backend

TINY = tiny_preset(epochs=1)


class Strange(keras.layers.Layer):
    """A layer with a weight of dropout's name, and chance of another name deep inside."""

    def __init__(self):
        super().__init__()
        self.inside = [keras.Sequential([keras.layers.Dropout(0.5)])]
        self.kept = self.add_weight(name="seed_generator_state", shape=(2,), initializer="ones")


def test_dropouts_state_is_found_by_its_class():
    model = keras.Sequential([Strange(), keras.layers.Dropout(0.1), keras.layers.Dropout(0.0)])
    training.reseed(model, 13, 1)
    strange, dropout, _ = model.layers
    np.testing.assert_array_equal(np.asarray(strange.kept), [1, 1])
    states = [np.asarray(layer.seed_generator.state).tolist() for layer in (strange.inside[0].layers[0], dropout)]
    assert states[0] != states[1] and [state[1] for state in states] == [0, 0]
    training.reseed(model, 13, 1)
    assert np.asarray(dropout.seed_generator.state).tolist() == states[1]


@pytest.fixture(scope="module")
def environments():
    rng = np.random.default_rng(0)
    return Environments(PointClouds(rng.normal(size=(10, 5, 3)), type_encodings((10, 5), 1, rng)),
                        np.arange(10, dtype=np.int32) % 3, ("A", "B", "C"))


def stream(environments, task, size):
    clouds = None if task.stream == "static" else 10
    return Stream(task, environments, np.arange(10), size, clouds, seed=(13, 1), shuffle=False)


@pytest.mark.parametrize("name", in_tiers(["autoencoder", "noisy_bond", "nearest_bond"], ("nearest_bond",)))
def test_validation_asks_about_every_cloud_once(environments, name):
    """Ten clouds in batches of four, or in one of ten: the last one of two was left out."""
    task = get_task(name)
    with seeded(13):
        model = build_model(task, build_core(small_config(type_width=2, blocks=1)))
    training.compile_for(model, task, TINY.training)
    batches = list(stream(environments, task, 4).epoch(0))
    assert [len(target) for _, target, _ in batches] == [4, 4, 2]
    found = training.validate(model, task, stream(environments, task, 4))
    one = [np.concatenate(arrays) for arrays in zip(*((*inputs, *rest) for inputs, *rest in batches))]
    expected = model.evaluate(one[:2], one[2], 10, sample_weight=one[3], verbose=0, return_dict=True)
    assert set(found) == set(expected)
    for key in found:
        assert found[key] == pytest.approx(expected[key], rel=1e-5), key


def test_every_batch_of_a_validation_has_one_shape(environments):
    task = get_task("nearest_bond")
    made = stream(environments, task, 4)
    shapes = {tuple(np.shape(array) for array in (*inputs, target, weights))
              for (inputs, target, weights) in training._batches(made, 0)}
    assert len(shapes) == 1
    (_, types), _, weights = made.filled(made.batch(0, 2))
    np.testing.assert_array_equal(weights, [1, 1, 0, 0])
    assert not types[2:].any()


def test_a_core_that_was_trained_anew_in_its_folder_is_loaded_anew(tmp_path):
    cores = []
    for seed in (1, 2):
        with seeded(seed):
            model = build_model("denoising", build_core(small_config(type_width=2, blocks=1)))
        save_pretrained(model, card_of(model, 5, task_settings={"scale": 0.5}), tmp_path)
        cores.append([np.asarray(weight) for weight in transfer._source_core("denoising", tmp_path).weights])
        expected = [np.asarray(weight) for weight in model.get_layer("core").weights]
        for mine, other in zip(cores[-1], expected, strict=True):
            np.testing.assert_array_equal(mine, other)
    assert transfer._source_core("denoising", tmp_path) is transfer._source_core("denoising", tmp_path)


def test_dasks_settings_are_those_of_before():
    dask = pytest.importorskip("dask")
    pytest.importorskip("dask.distributed")
    logging.getLogger("distributed").setLevel(logging.ERROR)
    before = dask.config.get("distributed.nanny.pre-spawn-environ")
    with workers._lanes(workers._load_dask(), 0, None) as (_, lanes):
        inside = dask.config.get("distributed.nanny.pre-spawn-environ")
        assert lanes == [] and inside["OMP_NUM_THREADS"] == 1 and inside["TF_CPP_MIN_LOG_LEVEL"] == "3"
    assert dask.config.get("distributed.nanny.pre-spawn-environ") == before
