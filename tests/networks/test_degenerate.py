"""Clouds that leave a network nothing to hold on to: every task, every head, forwards and backwards, stays finite.

Questions are finite whatever the lengths. Answers are up to `FAR`: each block multiplies multivectors with each other,
so that the squares of lengths ten times as large leave single precision in three blocks. The embedding then says so.
"""
import keras
import numpy as np
import pytest

from gala_ssl.clouds.neighborhoods import PointClouds
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks import TASKS, get_task
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.models.build import build_model
from tests.refusals import refused
from tests.selection import in_tiers
from tests.small_networks import card_of, small_core
from tests.strategies import type_encodings

pytestmark = [pytest.mark.any_backend, pytest.mark.filterwarnings("ignore:Gradients do not exist for variables")]

# The published layers take several times as long to build.
ATTENTIONS = ["fast", pytest.param("published", marks=[pytest.mark.tensorflow, pytest.mark.slow])]
SIZE, FAR = 6, 100
ONE = np.array([0.6, -0.3, 0.74])


def clouds(far):
    """{name: bonds (SIZE, 3)}, float64; the longest about `far`."""
    rng = np.random.default_rng(0)
    bonds = rng.normal(size=(SIZE, 3))
    outlier, mixed, lonely = bonds.copy(), bonds * np.geomspace(1e-6, far, SIZE)[:, None], np.zeros((SIZE, 3))
    outlier[2] *= far
    lonely[0] = ONE
    return {
        "equal": np.tile(ONE, (SIZE, 1)), "opposite": ONE * np.array([1, -1] * (SIZE // 2))[:, None],
        "collinear": rng.normal(size=(SIZE, 1)) * ONE, "coplanar": bonds * [1, 1, 0], "on an axis": bonds * [0, 0, 1],
        "zero": np.zeros((SIZE, 3)), "one bond that is not zero": lonely, "an outlier": outlier, "mixed": mixed,
        "all tiny": bonds * 1e-6, "all huge": bonds * far}


def batch(far):
    """All clouds as one batch, float32, and once more with padding in their last rows; the last has nothing else."""
    bonds = np.stack(2 * list(clouds(far).values())).astype(np.float32)
    types = type_encodings(bonds.shape[:2], 2, np.random.default_rng(1))
    for array in (bonds, types):
        array[len(array) // 2:, -2:] = 0
        array[-1] = 0
    return bonds, types


@pytest.mark.parametrize("task", TASKS)
def test_questions_and_answers_are_finite(task):
    bonds, types = batch(1e6)
    inputs, target = get_task(task).make_batch(bonds, types, np.arange(len(bonds)), np.random.default_rng(2))
    assert all(np.isfinite(array).all() for array in (*inputs, target))
    assert np.isfinite(get_task(task).weights(inputs[1])).all()


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("name", in_tiers(TASKS, ("denoising", "frame_classification"), slow=TASKS))
def test_answers_losses_and_gradients_are_finite(name, attention):
    """As the task is trained: its loss, its weights, its dropout. A gradient that is not finite spoils the weights."""
    task = get_task(name)
    model = build_model(task, small_core(attention, blocks=1))
    bonds, types = batch(FAR)
    inputs, target = task.make_batch(bonds, types, np.arange(len(bonds)), np.random.default_rng(2))
    assert np.isfinite(np.asarray(model(list(inputs)))).all()
    model.compile(keras.optimizers.SGD(1e-20), getattr(keras.losses, task.loss)(reduction="mean_with_sample_weight"),
                  weighted_metrics=[task.metric], run_eagerly=True)
    assert np.isfinite(model.train_on_batch(list(inputs), target, sample_weight=task.weights(inputs[1]))).all()
    for weight in model.weights:
        assert np.isfinite(np.asarray(weight)).all(), weight.path


@pytest.mark.filterwarnings("ignore:The denoising network was trained on lengths")
def test_an_embedding_that_is_not_finite_is_refused():
    model = build_model("denoising", small_core())
    embed = Embedding(model, card_of(model, SIZE), progress=False)
    bonds, types = batch(FAR)
    scale = DataConfig().x_scale
    found, alone = embed(PointClouds(bonds * scale, types)), ~types.any(axis=(1, 2))
    assert np.isfinite(found[~alone]).all() and np.isnan(found[alone]).all()
    with refused(frame=None, option="task", value="denoising"):
        embed(PointClouds(bonds * 1e12, types))
