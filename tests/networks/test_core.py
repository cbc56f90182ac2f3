"""The core and the models on it: shapes, every setting, clouds of nothing, XLA, what is frozen."""
import itertools
import random
import threading

import keras
import numpy as np
import pytest

from gala_ssl.networks.core import build_core
from gala_ssl.networks.layers.conversion import (
    MaskedMean,
    Multivector2Vector,
    PaddingMask,
    Vector2Multivector,
    ZeroPadding,
)
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.frame_classification import FrameClassification
from gala_ssl.tasks.models.build import build_model, seeded
from tests.properties import assert_close
from tests.small_networks import settle, small_config, small_core
from tests.strategies import CLOUD_KINDS, cloud, type_encodings

pytestmark = pytest.mark.any_backend

ATTENTIONS = ["fast", pytest.param("published", marks=pytest.mark.tensorflow)]


@pytest.fixture(scope="module")
def clouds():
    rng = np.random.default_rng(1)
    bonds = np.stack([cloud(kind, 8, rng) for kind in CLOUD_KINDS]).astype(np.float32)
    return [bonds, type_encodings((len(bonds), 8), 2, rng)]


def test_weights_follow_from_the_seed_whatever_other_threads_draw():
    """Dask's event loop does, beside the cells of the grid."""
    keras.utils.set_random_seed(3)
    expected, stop = build_core(small_config()).get_weights(), threading.Event()

    def draw():
        while not stop.is_set():
            random.random()

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        with seeded(3):
            found = build_core(small_config()).get_weights()
    finally:
        stop.set()
        thread.join()
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_signals_of_a_core(attention, clouds):
    core = small_core(attention, blocks=1)
    multivectors, values = core(clouds)
    assert multivectors.shape == (6, 8, 8) and values.shape == (6, 8, 8)
    assert core.name == "core" and core.config.attention == attention
    assert all(np.isfinite(np.asarray(signal)).all() for signal in (multivectors, values))


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("changes", [
    {"join": join, "merge": merge, "normalized_products": products, "multivector_norm": norm}
    for (join, merge), (products, norm) in itertools.product(
        [("mean", "concat"), ("concat", "mean")], [(True, "none"), (False, "momentum")])], ids=str)
def test_every_setting_builds_a_core_that_both_attentions_share(changes, clouds):
    signals = []
    for attention in ("fast", "published"):
        keras.utils.set_random_seed(2)
        signals.append(build_core(small_config(attention, blocks=1, **changes))(clouds))
    for a, b in zip(*signals, strict=True):
        assert_close(np.asarray(a), np.asarray(b), 1e-5)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_cloud_of_padding_alone_is_zeros_and_disturbs_no_other(attention, clouds):
    core = small_core(attention, blocks=1)
    emptied = [array.copy() for array in clouds]
    for array in emptied:
        array[2] = 0
    for before, after in zip(core(clouds), core(emptied), strict=True):
        before, after = np.asarray(before), np.asarray(after)
        assert not after[2].any()
        others = np.arange(6) != 2
        np.testing.assert_allclose(after[others], before[others], rtol=1e-4, atol=1e-5)


def test_a_bond_of_length_zero_is_not_padding(clouds):
    bonds, types = (array[:1].copy() for array in clouds)
    bonds[0, 3] = 0
    values = np.asarray(small_core(blocks=1)([bonds, types])[1])
    assert np.abs(values[0]).max(axis=-1).min() > 0


@pytest.mark.tensorflow  # JAX compiles each size
def test_clouds_of_any_size_and_batches_of_any_size(clouds):
    core = small_core(blocks=1)
    whole = np.asarray(core(clouds)[1])
    for count in (1, 3):
        found = core([array[:count] for array in clouds])[1]
        np.testing.assert_allclose(np.asarray(found), whole[:count], rtol=1e-4, atol=1e-5)
    for size in (1, 2, 5):
        assert core([array[:, :size] for array in clouds])[1].shape == (6, size, 8)


@pytest.mark.slow
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_compiled_by_xla_equals_eager(attention, clouds):
    core = small_core(attention, blocks=1)
    model = build_model(FrameClassification(3), core)
    settle(model)
    eager = np.asarray(model(clouds))
    model.compile(jit_compile=True)
    assert_close(model.predict_on_batch(clouds), eager, 1e-5)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_model_is_a_head_on_the_core_it_was_given(name, clouds):
    core = small_core(blocks=1)
    model = build_model(name, core)
    assert model.name == name and model.get_layer("core") is core
    assert len(model.weights) > len(core.weights)
    core.trainable = False
    of_head = {weight.path for weight in model.weights} - {weight.path for weight in core.weights}
    assert {weight.path for weight in model.trainable_weights} <= of_head
    assert model.trainable_weights


def test_probabilities_of_a_classifier_sum_to_one(clouds):
    found = np.asarray(build_model(FrameClassification(5), small_core(blocks=1))(clouds))
    assert found.shape == (6, 5) and found.min() > 0
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def test_small_steps():
    rng = np.random.default_rng(0)
    types = np.array([[[0, 2], [-1, 1], [0, 0]], [[0, 0], [0, 0], [0, 0]]], np.float32)
    mask = np.asarray(PaddingMask()(types))
    np.testing.assert_array_equal(mask, [[True, True, False], [False, False, False]])
    values = rng.normal(size=(2, 3, 4)).astype(np.float32)
    mean = np.asarray(MaskedMean()(values, mask=mask))
    np.testing.assert_allclose(mean, [values[0, :2].mean(axis=0), np.zeros(4)], rtol=1e-6)
    np.testing.assert_array_equal(np.asarray(ZeroPadding()(values, mask=mask)), values * mask[..., None])
    vectors = rng.normal(size=(2, 3, 3)).astype(np.float32)
    multivectors = np.asarray(Vector2Multivector()(vectors))
    np.testing.assert_array_equal(multivectors[..., [0, 4, 5, 6, 7]], 0)
    np.testing.assert_array_equal(np.asarray(Multivector2Vector()(multivectors)), vectors)


def test_dropout_acts_in_training_only(clouds):
    core = small_core(blocks=1, dropout=0.5)
    still = [np.asarray(core(clouds, training=False)[1]) for _ in range(2)]
    moved = [np.asarray(core(clouds, training=True)[1]) for _ in range(2)]
    np.testing.assert_array_equal(*still)
    assert (moved[0] != moved[1]).any()
