"""Learning by the compiled kernel: the loss, the gradients and the running statistics of Keras's step."""
import dataclasses

import keras
import numpy as np
import pytest

from gala_ssl.kernel import NotForKernel, library
from gala_ssl.kernel.fold import HEADS
from gala_ssl.kernel.learning import Learner
from gala_ssl.networks.core import build_core
from gala_ssl.networks.layers.conversion import Vector2Multivector
from gala_ssl.networks.layers.pairwise import PairInvariants
from gala_ssl.tasks import TASKS, get_task
from gala_ssl.tasks.models.build import build_model
from tests.refusals import refused
from tests.small_networks import settle, small_config
from tests.strategies import cloud, type_encodings

pytestmark = pytest.mark.tensorflow
try:
    BEST = library.INSTRUCTION_SETS.index(library.instruction_set())
except NotForKernel:
    pytest.skip("the kernel was not compiled: there is no C++ compiler", allow_module_level=True)
SERVED = [name for name, task in TASKS.items() if task.kernel_head]
QUICK = ("denoising", BEST), ("noisy_bond", BEST)
# Of the length of a gradient: both compute in single precision, in another order.
CLOSE = 2e-4


def network(task, seed=0, **changes):
    """A new network without dropout, with weights that look as if they had been trained for long."""
    keras.utils.set_random_seed(seed)
    made = build_model(task, build_core(small_config(dropout=0.0, **changes)))
    settle(made, seed)
    return made


def questions(model, n, k, seed=0):
    """(bonds, types, target, weights): clouds without padding and what is asked of them."""
    rng = np.random.default_rng(seed)
    bonds = np.stack([cloud("random", k, rng) for _ in range(n)]).astype(np.float32) / 2
    types = type_encodings((n, k), model.input_shape[1][2] // 2, rng).astype(np.float32)
    shape = np.asarray(model([bonds, types])).shape
    weights = rng.uniform(0.5, 1, shape[:-1]).astype(np.float32)
    if TASKS[model.name].metric == "accuracy":
        return bonds, types, rng.integers(shape[-1], size=shape[:-1]), weights
    return bonds, types, rng.normal(size=shape).astype(np.float32), weights


def arrays_of(model):
    return {variable.path: np.asarray(variable) for variable in model.variables}


def learned(model, asked, **options):
    *clouds, target, weights = asked
    core = model.get_layer("core").config
    return Learner(core, TASKS[model.name].kernel_head, **options)(
        arrays_of(model), *clouds, target, weights / weights.sum())


def assert_taught_alike(model, asked, **options):
    """Assert that loss, answers and gradients are those of Keras's loss and TensorFlow's tape."""
    import tensorflow as tf

    bonds, types, target, weights = asked
    loss = getattr(keras.losses, TASKS[model.name].loss)(reduction="mean_with_sample_weight")
    with tf.GradientTape() as tape:
        answer = model([bonds, types], training=False)
        expected = loss(target, answer, sample_weight=weights)
    found = learned(model, asked, **options)
    assert found.loss == pytest.approx(float(expected), rel=1e-5)
    np.testing.assert_allclose(found.answer, answer, rtol=1e-3, atol=1e-4)
    # None for the last block's multivectors, where the head looks at the bonds.
    whole = [np.zeros(variable.shape) if gradient is None else np.asarray(gradient) for variable, gradient in zip(
        model.trainable_variables, tape.gradient(expected, model.trainable_variables))]
    length = np.sqrt(sum((gradient**2).sum() for gradient in whole))
    for variable, gradient in zip(model.trainable_variables, whole, strict=True):
        apart = np.linalg.norm(found.gradients[variable.path] - gradient)
        assert apart <= CLOSE * np.linalg.norm(gradient) + 1e-6 * length, variable.path


@pytest.mark.parametrize("task, chosen", [
    pytest.param(task, chosen, marks=() if (task, i) in QUICK else pytest.mark.slow)
    for task in SERVED for i, chosen in enumerate(library.INSTRUCTION_SETS[:BEST + 1])])
def test_loss_and_gradients_are_those_of_keras(task, chosen):
    model = network(task)
    assert_taught_alike(model, questions(model, 11, 5), instruction_set=chosen)


@pytest.mark.slow
@pytest.mark.parametrize("task, settings", [
    ("shift_identification", {"vector_inputs": "multivectors", "normalized_products": False}),
    ("noisy_bond", {"join": "mean", "merge": "mean", "multivector_norm": "none"}),
    ("frame_classification", {"width": 10, "hidden": 14, "blocks": 1}),
])
def test_every_setting_of_the_core(task, settings):
    model = network(task, **settings)
    assert_taught_alike(model, questions(model, 9, 4))


def test_batches_of_any_size_and_threads_give_the_same():
    """Clouds that fill up the last vectors do not count; a batch is learned in parts of 64 clouds."""
    model = network("denoising")
    asked = questions(model, 131, 3)
    one, two = (learned(model, asked, threads=threads) for threads in (1, 2))
    parts = [learned(model, [array[rows] for array in asked], threads=1) for rows in (slice(70), slice(70, None))]
    shares = [asked[3][rows].sum() / asked[3].sum() for rows in (slice(70), slice(70, None))]
    for path, gradient in one.gradients.items():
        np.testing.assert_array_equal(gradient, two.gradients[path])
        expected = sum(share * part.gradients[path] for share, part in zip(shares, parts))
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_running_statistics_move_towards_those_of_the_batch():
    model = network("noisy_bond")
    bonds, types, *_ = asked = questions(model, 10, 5)
    found = learned(model, asked)
    mean, variance = PairInvariants(Vector2Multivector()(bonds), True).moments()
    for attention in ("values", "multivectors"):
        name = f"block0_{attention}/block0_{attention}_value/inputs_norm"
        np.testing.assert_allclose(found.averages[f"{name}/mu"], mean, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.averages[f"{name}/sigma"], np.sqrt(variance), rtol=1e-3, atol=1e-5)
    # Of deeper layers Keras's own step, which uses what it has moved, differs by little.
    moved = network("noisy_bond")
    moved([bonds, types], training=True)
    before, after = arrays_of(model), arrays_of(moved)
    assert len(found.averages) == sum("inputs_norm" in path for path in before) + 2  # two running lengths
    for path, average in found.averages.items():
        expected = before[path] + (after[path] - before[path]) / 0.01
        np.testing.assert_allclose(average, expected, rtol=0.05, atol=0.02 * abs(expected).max(), err_msg=path)


def test_what_it_cannot_train_is_refused():
    model = network("denoising")
    bonds, types, *rest = questions(model, 3, 4)
    types[1, 2] = 0
    with refused(option="types"):
        learned(model, (bonds, types, *rest))
    core = model.get_layer("core").config
    with refused(option="dropout", value=0.1):
        Learner(dataclasses.replace(core, dropout=0.1), HEADS[1])
    with refused(option="head", value=None):
        Learner(core, get_task("autoencoder").kernel_head)
