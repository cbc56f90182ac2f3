"""The autoencoder's bottleneck: axes that turn with their vectors, and a latent with its divergence."""
import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from gala_ssl.networks.layers.bottleneck import OrthonormalAxes, RowLabels, VariationalLatent
from tests.gradients import gradient
from tests.properties import assert_close
from tests.strategies import SEEDS, examples, rotations

pytestmark = pytest.mark.any_backend

# Pairs of vectors that span no plane.
DEGENERATE = {
    "zeros": np.zeros((2, 3)), "one zero": [[1, 2, 3], [0, 0, 0]], "equal": [[1, 2, 3], [1, 2, 3]],
    "opposite": [[1, 2, 3], [-2, -4, -6]], "tiny": np.full((2, 3), 1e-20), "huge": np.full((2, 3), 1e6)}


def axes_of(pair):
    pair = np.asarray(pair, np.float32)
    return np.asarray(OrthonormalAxes()([pair[..., 0, :], pair[..., 1, :]]), np.float64)


def pairs(seed, count=20):
    """Pairs of vectors, (count, 2, 3), whose singular values differ by at most a factor of ten."""
    rng = np.random.default_rng(seed)
    u, v = np.linalg.qr(rng.normal(size=(count, 2, 2)))[0], np.linalg.qr(rng.normal(size=(count, 3, 3)))[0]
    values = rng.uniform(0.1, 1, size=(count, 1, 2)) * 10 ** rng.uniform(-2, 2, size=(count, 1, 1))
    return (u * values) @ v[:, :2]


@examples(50)
@given(seed=SEEDS)
def test_axes_are_orthonormal_right_handed_and_nearest(seed):
    """The first two are U V^T of NumPy's singular value decomposition."""
    given_pairs = pairs(seed)
    found = axes_of(given_pairs)
    assert_close(found @ np.swapaxes(found, -1, -2), np.broadcast_to(np.eye(3), found.shape), 1e-4)
    np.testing.assert_allclose(np.linalg.det(found), 1, atol=1e-4)
    u, _, vt = np.linalg.svd(given_pairs, full_matrices=False)
    assert_close(found[:, :2], u @ vt, 1e-4)


@examples(50)
@given(seed=SEEDS, rotation=rotations())
def test_axes_turn_with_the_vectors(seed, rotation):
    given_pairs = pairs(seed)
    assert_close(axes_of(given_pairs @ rotation.T), axes_of(given_pairs) @ rotation.T, 1e-4)


@pytest.mark.parametrize("kind", DEGENERATE)
def test_vectors_on_a_line_have_finite_axes_and_gradients(kind):
    pair = np.asarray(DEGENERATE[kind], np.float32)
    found = axes_of(pair)
    assert np.isfinite(found).all() and np.abs(found).max() <= 1.001
    weights = np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32)
    slope = gradient(lambda pair: ops.sum(weights * OrthonormalAxes()([pair[0], pair[1]])), pair)
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("ratio", [1.0, 1 + 1e-6, 0.999])
def test_the_gradient_is_exact_where_singular_values_meet(ratio):
    """Where the derivative of the singular vectors themselves divides by zero."""
    pair = np.array([[1, 0, 0], [0, ratio, 0]], np.float32)
    weights = np.random.default_rng(1).normal(size=(3, 3)).astype(np.float32)
    slope = gradient(lambda pair: ops.sum(weights * OrthonormalAxes()([pair[0], pair[1]])), pair)

    def exact(pair):
        u, _, vt = np.linalg.svd(pair, full_matrices=False)
        a, b = u @ vt
        return np.sum(weights * np.stack([a, b, np.cross(a, b)]))

    step = 1e-6
    differences = [[(exact(pair + step * unit) - exact(pair - step * unit)) / (2 * step)
                    for unit in np.eye(6).reshape(6, 2, 3)[3 * i:3 * i + 3]] for i in range(2)]
    np.testing.assert_allclose(slope, differences, atol=1e-3)


def latent_of(scale=0.5, width=3, seed=1):
    keras.utils.set_random_seed(seed)
    layer = VariationalLatent(width, scale)
    layer.build((None, 4, 5))
    return layer


def test_the_latent_is_its_mean_but_in_training():
    layer = latent_of()
    values = np.random.default_rng(0).normal(size=(2000, 4, 5)).astype(np.float32)
    mask = np.ones((2000, 4), bool)
    mean = np.asarray(layer(values, mask=mask))
    np.testing.assert_allclose(mean, np.asarray(layer.mean(values)), atol=1e-6)
    drawn = np.asarray(layer(values, mask=mask, training=True))
    deviation = np.exp(np.asarray(layer.log_variance(values)) / 2)
    noise = (drawn - mean) / deviation
    assert noise.mean() == pytest.approx(0, abs=0.02) and noise.std() == pytest.approx(1, rel=0.02)
    assert (np.asarray(layer(values, mask=mask, training=True)) != drawn).any()


@given(seed=st.integers(0, 100))
@examples(10)
def test_the_divergence_is_that_of_gaussians_over_the_bonds_there_are(seed):
    """Against Monte Carlo, which knows nothing of the closed form."""
    rng = np.random.default_rng(seed)
    layer = latent_of(seed=seed)
    values = rng.normal(size=(3, 4, 5)).astype(np.float32)
    mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]], bool)
    layer(values, mask=mask)
    mean, log_variance = (np.asarray(part(values), float)[mask] for part in (layer.mean, layer.log_variance))
    drawn = mean + np.exp(log_variance / 2) * rng.normal(size=(50_000, *mean.shape))
    density = -((drawn - mean) ** 2 / np.exp(log_variance) + log_variance) / 2
    expected = (density + drawn ** 2 / 2).sum(axis=-1).mean()
    if keras.backend.backend() != "jax":  # which does not track it
        assert float(layer.divergence.result()) == pytest.approx(expected, abs=0.02)
    assert float(layer.losses[0]) == pytest.approx(0.5 * expected, abs=0.01)


def test_an_extreme_latent_is_finite():
    layer = latent_of()
    values = 1e6 * np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    assert np.isfinite(np.asarray(layer(values, mask=np.ones((3, 4), bool), training=True))).all()
    assert np.isfinite(float(layer.losses[0]))


@pytest.mark.parametrize("layer", [OrthonormalAxes(), RowLabels(4), VariationalLatent(3, 0.1)])
def test_layers_come_back_from_their_configuration(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_labels_are_one_a_row_whatever_is_there():
    layer = RowLabels(4)
    rng = np.random.default_rng(0)
    one, other = (np.asarray(layer(rng.normal(size=(count, 3, 8)).astype(np.float32))) for count in (2, 5))
    assert one.shape == (2, 3, 4) and len(np.unique(one[0], axis=0)) == 3
    for found in (one[1], *other):
        np.testing.assert_array_equal(found, one[0])
