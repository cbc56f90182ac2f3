"""The hashed dropout is a dropout: its rate, its independence, its seed, its gradient; with XLA and without.

Chance is bounded, not hoped for: seeds are fixed, and each test allows what a fair mask exceeds once in a
million trials (z below 4.9, chi-square by its quantile).
"""
import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from gala_ssl.networks.layers.dropout import HashDropout, keep_mask
from tests.gradients import gradient

pytestmark = pytest.mark.any_backend

ONCE_IN_A_MILLION = 1e-6
SHAPE = (16, 20, 20, 32)
RATES = (0.1, 0.5, 0.03)


def mask(rate, seed, shape=SHAPE):
    """The kept places of a mask as a boolean array."""
    return np.asarray(keep_mask(shape, rate, ops.convert_to_tensor(np.array(seed, np.uint32))))


def assert_rate(dropped, rate):
    """Assert that a boolean array is a fair draw at `rate`, by the binomial distribution."""
    expected, deviation = dropped.size * rate, np.sqrt(dropped.size * rate * (1 - rate))
    limit = stats.norm.isf(ONCE_IN_A_MILLION / 2)
    assert abs(dropped.sum() - expected) < limit * deviation


def assert_independent(a, b):
    """Assert that two boolean arrays are independent, by the chi-square of their 2 x 2 table."""
    table = np.array([[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]])
    assert stats.chi2_contingency(table, correction=False).pvalue > ONCE_IN_A_MILLION


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seed", [(0, 0), (13, 0), (2**31 - 1, 7), (123456789, 5000)])
def test_rate(rate, seed):
    dropped = ~mask(rate, seed)
    assert_rate(dropped, rate)
    for axis in range(4):  # no row, column or feature has a rate of its own
        counts = dropped.sum(axis=tuple(other for other in range(4) if other != axis))
        share = dropped.size / len(counts)
        chi = ((counts - share * rate) ** 2 / (share * rate * (1 - rate))).sum()
        assert chi < stats.chi2.isf(ONCE_IN_A_MILLION, len(counts))


@pytest.mark.parametrize("rate", RATES)
def test_neighbouring_elements_are_independent(rate):
    """Along each axis and at the distances of memory: 1, a feature, a row, a cloud."""
    dropped = ~mask(rate, (13, 1))
    for axis in range(4):
        first, second = (np.take(dropped, range(i, SHAPE[axis] - 1 + i), axis) for i in (0, 1))
        assert_independent(first, second)
    flat = dropped.ravel()
    for distance in (2, 3, 8, 64, 4096, 65536):
        assert_independent(flat[:-distance], flat[distance:])


@pytest.mark.parametrize("rate", RATES)
def test_runs_of_eight_follow_the_binomial_distribution(rate):
    counts = np.bincount((~mask(rate, (13, 2))).reshape(-1, 8).sum(axis=1), minlength=9)
    expected = stats.binom.pmf(np.arange(9), 8, rate) * counts.sum()
    few = expected < 20
    counts, expected = (np.append(x[~few], x[few].sum()) for x in (counts, expected))
    counts, expected = counts[expected > 0], expected[expected > 0]
    assert stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue > ONCE_IN_A_MILLION


@pytest.mark.parametrize("rate", RATES)
def test_steps_and_layers_are_independent(rate):
    """A step adds one to the seed's second number, a layer has another first; neither may shift the mask."""
    reference = ~mask(rate, (13, 0))
    for other in [(13, 1), (13, 2), (13, 1000), (14, 0), (12, 0), (0, 13), (1, 13), (13 + 2**16, 0)]:
        assert_independent(reference, ~mask(rate, other))
        shifted = (~mask(rate, other)).ravel()
        assert_independent(reference.ravel()[1:], shifted[:-1])
        assert_independent(reference.ravel()[:-1], shifted[1:])


def test_the_layer_draws_anew_each_step_and_repeats_with_its_seed():
    ones = np.ones((8, 500), np.float32)

    def steps(layer):
        return [np.asarray(layer(ones, training=True)) > 0 for _ in range(3)]

    first, again, other = (steps(HashDropout(0.4, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    for a, b in [(first[0], first[1]), (first[1], first[2]), (first[0], other[0]), (first[1], other[0])]:
        assert_independent(a, b)


def test_layers_without_a_seed_follow_that_of_keras():
    ones = np.ones((4, 100), np.float32)
    found = []
    for _ in range(2):
        keras.utils.set_random_seed(5)
        found.append([np.asarray(HashDropout(0.5)(ones, training=True)) for _ in range(2)])
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0][0] != found[0][1]).any()


@pytest.mark.parametrize("rate", RATES)
def test_kept_elements_are_scaled_dropped_ones_are_zero_and_the_mean_stays(rate):
    x = np.random.default_rng(0).normal(3, 1, size=(64, 20, 32)).astype(np.float32)
    y = np.asarray(HashDropout(rate, seed=3)(x, training=True))
    kept = y != 0
    np.testing.assert_allclose(y[kept], x[kept] / (1 - rate), rtol=1e-6)
    assert_rate(~kept, rate)
    deviation = np.sqrt((x.astype(float) ** 2).sum() * rate / (1 - rate)) / x.size
    assert abs(y.mean(dtype=float) - x.mean(dtype=float)) < 4.9 * deviation


def test_nothing_happens_in_inference_or_at_rate_zero():
    x = np.random.default_rng(1).normal(size=(4, 9)).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(HashDropout(0.5)(x)), x)
    np.testing.assert_array_equal(np.asarray(HashDropout(0.5)(x, training=False)), x)
    np.testing.assert_array_equal(np.asarray(HashDropout(0.0)(x, training=True)), x)


def test_gradient_is_the_mask_over_what_is_kept():
    x = np.random.default_rng(2).normal(size=(50, 30)).astype(np.float32)
    kept = np.asarray(HashDropout(0.3, seed=4)(x, training=True)) != 0
    layer = HashDropout(0.3, seed=4)
    layer.build(x.shape)
    found = gradient(lambda t: ops.sum(layer(t, training=True)), x)
    np.testing.assert_allclose(found, kept / 0.7, rtol=1e-6)


def test_a_layer_in_half_precision_keeps_its_dtype():
    y = HashDropout(0.5, seed=1, dtype="float16")(np.ones((3, 100), np.float16), training=True)
    assert keras.backend.standardize_dtype(y.dtype) == "float16"
    assert set(np.unique(np.asarray(y))) == {0, 2}


@pytest.mark.tensorflow
def test_eager_graph_and_xla_draw_the_same_mask():
    """Also where the number of clouds is not known beforehand."""
    import tensorflow as tf
    x = np.ones((6, 20, 32), np.float32)
    found = []
    for compiled in (lambda f: f, tf.function, lambda f: tf.function(f, jit_compile=True),
                     lambda f: tf.function(f, input_signature=[tf.TensorSpec((None, 20, 32))])):
        layer = HashDropout(0.5, seed=9)
        layer.build(x.shape)
        call = compiled(lambda t, layer=layer: layer(t, training=True))
        found.append([np.asarray(call(tf.constant(x))) for _ in range(3)])
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_config_round_trip():
    layer = HashDropout(0.25, seed=7, name="dropout")
    assert HashDropout.from_config(layer.get_config()).get_config() == layer.get_config()


def test_the_number_of_elements_of_a_mask_is_no_part_of_the_computation():
    """Under jit JAX 0.11 computes a product when it runs, too late for the number of elements."""
    seed = keras.ops.convert_to_tensor(np.array([13, 1], np.uint32))
    if keras.backend.backend() == "jax":
        import jax
        found = str(jax.make_jaxpr(lambda seed: keep_mask((4, 5), 0.5, seed))(seed))
        assert "reduce_prod" not in found
    else:
        import tensorflow as tf
        graph = tf.function(lambda seed: keep_mask((4, 5), 0.5, seed)).get_concrete_function(seed).graph
        assert "Prod" not in {operation.type for operation in graph.get_operations()}
    assert keep_mask((4, 5), 0.5, seed).shape == (4, 5)
