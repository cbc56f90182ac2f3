"""Signs of an icosahedral quasicrystal: on a model cut from six dimensions, on crystals and on a gas."""
import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gala_ssl import prototypes
from gala_ssl.simulation.identify import quasicrystal as qc
from tests.refusals import refused

LENGTH = 60.0


def cut_and_projected(radius=6.0, reach=4):
    """Vertices of the three-dimensional Penrose tiling around the origin, edges of length 1.

    Lattice points of six dimensions within a window of the three that are not seen; nothing of the code under test.
    """
    tau = (1 + np.sqrt(5)) / 2
    seen = np.array([(1, tau, 0), (-1, tau, 0), (0, 1, tau), (0, -1, tau), (tau, 0, 1), (tau, 0, -1)])
    hidden = np.array([(-tau, 1, 0), (tau, 1, 0), (0, -tau, 1), (0, tau, 1), (1, 0, -tau), (1, 0, tau)])
    seen, hidden = (vectors / np.sqrt(1 + tau**2) for vectors in (seen, hidden))
    np.testing.assert_allclose(seen.T @ hidden, 0, atol=1e-12)  # the two spaces are at right angles
    integers = np.array(list(itertools.product(range(-reach, reach + 1), repeat=6)))
    integers = integers[np.linalg.norm(integers @ seen, axis=1) < radius]
    # The window: a ball of the volume of the triacontahedron, moved off the origin.
    inside = np.linalg.norm(integers @ hidden - [0.021, 0.013, 0.032], axis=1) < 1.2
    return integers[inside] @ seen


@pytest.fixture(scope="module")
def model():
    """The model in a random orientation, and the orientation."""
    turn = Rotation.random(rng=np.random.default_rng(3)).as_matrix()
    return cut_and_projected() @ turn.T, turn


def bonds(positions, low=0.9, high=1.8):
    return qc.bonds_of_shell(positions, LENGTH, low, high)


def droplet(name):
    frame = prototypes.build(name, 3000, noise=0.05, seed=1)
    return frame.positions[np.linalg.norm(frame.positions, axis=1) < 6]


def test_the_axes_of_an_icosahedron():
    axes = qc.icosahedron()
    assert {fold: len(of) for fold, of in axes.items()} == {5: 6, 3: 10, 2: 15}
    np.testing.assert_allclose(qc.angles_between(axes[5]), 63.4349, atol=1e-3)
    assert set(np.round(qc.angles_between(axes[2]))) == {36, 60, 72, 90}
    assert set(np.round(qc.angles_between(axes[3]), 1)) == {41.8, 70.5}
    # A turn by a fold of each axis brings all axes onto themselves.
    for fold, of in axes.items():
        turn = Rotation.from_rotvec(2 * np.pi / fold * of[0]).as_matrix()
        for others in axes.values():
            overlap = np.abs(others @ turn.T @ others.T)
            np.testing.assert_allclose(overlap.max(axis=1), 1, atol=1e-9)


def test_bond_order_of_the_model_is_icosahedral(model):
    order = qc.bond_order(bonds(model[0]))
    assert min(order[degree] for degree in (6, 10, 12)) > 2.5 * max(order[degree] for degree in (2, 4, 8))
    assert max(order[6], order[10], order[12]) > 10


def test_bond_order_of_crystals_and_of_random_directions_is_not():
    assert qc.bond_order(bonds(droplet("cF4-Cu"), 0.8, 1.2))[4] > 5  # no cubic crystal is without l = 4
    assert qc.bond_order(bonds(droplet("cI2-W"), 0.8, 1.08))[4] > 5
    directions = np.random.default_rng(0).normal(size=(4000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    both = np.concatenate([directions, -directions])
    assert all(0.4 < value < 1.6 for value in qc.bond_order(both).values())


@pytest.mark.slow
def test_an_icosahedron_is_laid_where_the_model_has_it(model):
    positions, turn = model
    found = qc.orient(bonds(positions))
    assert found.score > 20
    expected = qc.icosahedron()
    # The model's edges are five-fold axes (1, tau, 0) and so on, which the icosahedron has in another order.
    five = np.array([(1, qc.GOLDEN, 0), (0, 1, qc.GOLDEN), (qc.GOLDEN, 0, 1)]) @ turn.T / np.sqrt(2 + qc.GOLDEN)
    overlap = np.abs(five @ (expected[5] @ found.rotation.T).T).max(axis=1)
    assert np.degrees(np.arccos(np.clip(overlap, -1, 1))).max() < 1


def test_the_strongest_axes_make_the_angles_of_an_icosahedron(model):
    edges = bonds(model[0], 0.95, 1.07)
    angles = qc.angles_between(qc.strongest_axes(edges, 6))
    np.testing.assert_allclose(angles, 63.43, atol=4)
    cubic = qc.angles_between(qc.strongest_axes(bonds(droplet("cF4-Cu"), 0.8, 1.2), 6))
    assert np.abs(cubic - 60).min() < 4 and np.abs(cubic - 90).min() < 4


@pytest.mark.slow
def test_peaks_along_an_axis_grow_by_the_golden_ratio(model):
    """Where a crystal's are at whole multiples."""
    positions, _ = model
    q = np.linspace(2, 30, 2000)
    factors = qc.mean_structure_factors(positions, qc.orient(bonds(positions)), q)
    assert set(factors) == {5, 3, 2}
    along = factors[2]
    strongest = q[np.argsort(-along)[0]]
    for ratio in (qc.GOLDEN, 1 / qc.GOLDEN):
        near = (np.abs(q - ratio * strongest) < 0.15)
        if near.any():
            assert along[near].max() > 5 * np.median(along)
    assert along.max() > 0.15 * len(positions)


def test_the_structure_factor_is_the_sum_it_says():
    positions = np.random.default_rng(1).normal(size=(7, 3))
    axis, q = np.array([0.6, 0, 0.8]), np.array([0.0, 1.3])
    expected = [abs(sum(np.exp(1j * k * (axis @ r)) for r in positions)) ** 2 / 7 for k in q]
    np.testing.assert_allclose(qc.structure_factor(positions, axis, q), expected)
    assert qc.structure_factor(positions, axis, q)[0] == pytest.approx(7)


@pytest.mark.slow
def test_the_strongest_peaks_of_the_model_are_on_its_two_fold_axes_and_a_crystals_are_not(model):
    positions, _ = model
    q = np.linspace(2, 30, 2000)
    orientation = qc.orient(bonds(positions))
    along = qc.mean_structure_factors(positions, orientation, q)[2]
    peaks = qc.bragg_peaks(q, along, 0.05 * len(positions))
    assert len(peaks) > 2 and all(np.diff(peaks) > 0.1)
    assert along[np.isin(q, peaks)].min() >= 0.05 * len(positions)
    axes, heights = qc.bragg_axes(positions, q[along.argmax()])
    assert axes.shape == (15, 3) and heights.min() > 0.1 * len(positions)
    overlap = np.abs(axes @ orientation.rotation @ qc.icosahedron()[2].T)
    assert sorted(overlap.argmax(axis=1)) == list(range(15)) and overlap.max(axis=1).min() > np.cos(0.06)
    crystal = droplet("cI2-W")
    factor = qc.structure_factor(crystal, [1, 1, 0] / np.sqrt(2), q)
    found = qc.bragg_axes(crystal, q[factor.argmax()])[1]
    assert found[5] > 0.1 * len(crystal) and found[6] < 0.05 * len(crystal)  # {110}: six axes


@pytest.mark.long
def test_a_grain_has_one_orientation_a_twin_two_and_a_crystal_none(model):
    positions, turn = model
    q = np.linspace(2, 30, 2000)
    orientation = qc.orient(bonds(positions))
    strongest = q[qc.mean_structure_factors(positions, orientation, q)[2].argmax()]
    two = qc.icosahedron()[2]

    def overlap(grain, other):
        return np.abs(two @ grain.T @ other @ two.T).max(axis=1).min()

    found, = qc.grains(positions, strongest, starts=2000)
    assert overlap(found.rotation, orientation.rotation) > np.cos(0.02)
    assert found.score > 0.1 * len(positions)
    other = Rotation.from_rotvec([0.3, 0.2, -0.1]).as_matrix()
    twin = np.concatenate([positions, positions @ other.T + [14, 0, 0]])
    both = qc.grains(twin, strongest, starts=4000)
    assert len(both) == 2
    for rotation in (orientation.rotation, other @ orientation.rotation):
        assert max(overlap(grain.rotation, rotation) for grain in both) > np.cos(0.03)
    crystal = droplet("cI2-W")
    factor = qc.structure_factor(crystal, [1, 1, 0] / np.sqrt(2), q)
    assert qc.grains(crystal, q[factor.argmax()], starts=2000) == []


def test_particles_outside_the_box_are_where_they_would_be_inside():
    inside = droplet("cF4-Cu") + [LENGTH / 2 - 1, 0, 0]
    wrapped = inside - [LENGTH, 0, 0] * (inside[:, :1] > LENGTH / 2)
    assert len(qc.droplet(inside, LENGTH)) == len(qc.droplet(wrapped, LENGTH)) == len(inside)
    found, expected = (qc.bonds_of_shell(positions, LENGTH, 0.5, 1.3) for positions in (inside, wrapped))
    assert len(found) == len(expected) > len(inside)


def test_no_bonds_are_said():
    with refused(option="directions"):
        qc.orient(np.zeros((0, 3)))


def test_a_droplet_across_a_face_is_made_whole():
    rng = np.random.default_rng(2)
    whole = droplet("cF4-Cu")
    wrapped = np.mod(whole + [LENGTH / 2, 0, -LENGTH / 2 + 1] + LENGTH / 2, LENGTH) - LENGTH / 2
    vapour = np.stack(np.meshgrid(*[np.arange(-24, 25, 12.0)] * 3), axis=-1).reshape(-1, 3)
    vapour = vapour[np.abs(vapour[:, 1]) > 8]  # none within reach of the droplet
    order = rng.permutation(len(whole) + len(vapour))
    found = qc.droplet(np.concatenate([wrapped, vapour])[order], LENGTH)
    assert len(found) == len(whole)
    expected = whole - whole.mean(axis=0)
    distances = np.linalg.norm(found[:, None] - expected, axis=-1)
    assert distances.min(axis=1).max() < 0.01
