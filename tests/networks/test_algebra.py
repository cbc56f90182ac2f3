"""Geometric algebra against the Pauli matrices, the cross product, rotations and the published functions."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from gala_ssl.networks.layers import algebra
from tests.gradients import gradient
from tests.strategies import SEEDS, rotations

pytestmark = pytest.mark.any_backend

SCALAR, E1, E2, E3, E12, E13, E23, E123 = np.eye(8, dtype=np.float32)
PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def multivectors(*shape, seed):
    return np.random.default_rng(seed).normal(size=(*shape, 8)).astype(np.float32)


def product(a, b):
    return np.asarray(algebra.mvecmvec(a, b))


def pauli(m):
    """The complex matrices of multivectors, (..., 2, 2): the Pauli matrices multiply as e1, e2 and e3 do."""
    x, y, z = PAULI
    return np.einsum("...a,aij->...ij", m, np.stack([np.eye(2), x, y, z, x @ y, x @ z, y @ z, x @ y @ z]))


@given(seed=SEEDS)
def test_products_are_those_of_pauli_matrices(seed):
    a, b = multivectors(2, 5, seed=seed)
    np.testing.assert_allclose(pauli(product(a, b)), pauli(a) @ pauli(b), atol=1e-5)


def test_basis_vectors_square_to_one_and_anticommute():
    for a in (E1, E2, E3):
        np.testing.assert_array_equal(product(a, a), SCALAR)
    np.testing.assert_array_equal(product(E1, E2), E12)
    np.testing.assert_array_equal(product(E2, E1), -E12)
    np.testing.assert_array_equal(product(product(E1, E2), E3), E123)


@given(seed=SEEDS)
def test_product_of_vectors_is_dot_and_cross(seed):
    u, v = np.random.default_rng(seed).normal(size=(2, 3)).astype(np.float32)
    found = product(np.pad(u, (1, 4)), np.pad(v, (1, 4)))
    x, y, z = np.cross(u, v)
    np.testing.assert_allclose(found, [u @ v, 0, 0, 0, z, -y, x, 0], atol=1e-5)


@given(rotation=rotations(), seed=SEEDS)
def test_invariants_do_not_turn_but_notice_the_handedness(rotation, seed):
    vectors = np.random.default_rng(seed).normal(size=(3, 3))

    def invariants(vectors):
        a, b, c = np.pad(vectors.astype(np.float32), ((0, 0), (1, 4)))
        return np.asarray(algebra.mvecmvec_invariants(product(product(a, b), c)))

    before = invariants(vectors)
    np.testing.assert_allclose(invariants(vectors @ rotation.T), before, atol=1e-4)
    mirrored = invariants(-vectors)
    np.testing.assert_allclose(mirrored[:3], before[:3], atol=1e-5)
    np.testing.assert_allclose(mirrored[3], -before[3], atol=1e-5)


@given(seed=SEEDS)
def test_right_multiplication_is_the_product_as_a_matrix(seed):
    a, b = multivectors(2, 4, seed=seed)
    matrices = np.asarray(algebra.right_multiplication(b))
    np.testing.assert_allclose(np.einsum("na,nac->nc", a, matrices), product(a, b), atol=1e-5)


@given(seed=SEEDS)
def test_leading_axes_broadcast(seed):
    a, b = multivectors(2, 4, seed=seed)
    np.testing.assert_allclose(product(a[:, None], b[None])[1, 2], product(a[1], b[2]), atol=1e-6)


def test_dual_is_the_product_with_the_pseudoscalar():
    m = multivectors(10, seed=1)
    np.testing.assert_array_equal(np.asarray(algebra.mvec_dual(m)), product(m, E123))


@given(st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=3))
def test_norm(x):
    x = np.array(x, np.float32)
    expected = np.linalg.norm(x.astype(np.float64))
    assert np.asarray(algebra.custom_norm(x)) == pytest.approx([expected], rel=1e-6, abs=1e-18)


def test_gradient_of_the_norm_is_the_direction_and_zero_at_zero():
    x = np.array([[3, 0, 4], [0, 0, 0], [0, -2, 0]], np.float32)
    found = gradient(lambda t: ops.sum(algebra.custom_norm(t)), x)
    np.testing.assert_allclose(found, [[0.6, 0, 0.8], [0, 0, 0], [0, -1, 0]], atol=1e-7)


@pytest.mark.tensorflow
def test_every_function_is_that_of_the_published_package():
    from geometric_algebra_attention.tensorflow import geometric_algebra as package
    a, b = multivectors(2, 50, seed=2)
    np.testing.assert_allclose(product(a, b), package.mvecmvec(a, b), atol=1e-5)
    for name in ("custom_norm", "mvecmvec_invariants", "mvec_dual"):
        ours, theirs = getattr(algebra, name)(a), getattr(package, name)(a)
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-6, err_msg=name)
