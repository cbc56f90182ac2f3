"""Point clouds: the neighbours are the right ones, and nothing can change them."""
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gala_ssl.clouds import neighbors
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.neighbors import neighbor_list
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames import prototypes
from gala_ssl.frames.frame import Frame
from tests.refusals import refused


def random_frame(seed=0, count=60, length=9.0, tilts=(0, 0, 0), kinds=1):
    """Particles at random in a box that may be tilted."""
    rng = np.random.default_rng([seed])
    (xy, xz, yz), names = tilts, tuple("ABCD"[:kinds])
    cell = length * np.array([[1, 0, 0], [xy, 1, 0], [xz, yz, 1]])
    return Frame((rng.random((count, 3)) - 0.5) @ cell, (length, length, length, xy, xz, yz),
                 rng.integers(kinds, size=count), names, source="run.gsd, frame 3")


def cluster(seed=0, count=60, radius=2.0):
    """A droplet far from the walls of its box."""
    rng = np.random.default_rng([seed])
    positions = rng.normal(size=(count, 3))
    positions *= radius * rng.random((count, 1)) ** (1 / 3) / np.linalg.norm(positions, axis=1, keepdims=True)
    return Frame(positions, [30, 30, 30, 0, 0, 0], np.zeros(count))


def moved(frame, positions):
    return Frame(positions, frame.box, frame.types, frame.type_names)


def all_bonds(frame, centre):
    """Bonds from one particle to all others and to all images in the cells around, nearest first, float64."""
    shifts = np.array(list(itertools.product((-2, -1, 0, 1, 2), repeat=3))) @ frame.cell
    positions = frame.positions.astype(np.float64)
    bonds = (positions[:, None] + shifts - positions[centre]).reshape(-1, 3)
    lengths = np.linalg.norm(bonds, axis=1)
    return bonds[np.argsort(lengths)][1:], np.sort(lengths)[1:]


@given(seed=st.integers(0, 10_000), tilts=st.tuples(*[st.floats(-0.4, 0.4)] * 3))
def test_neighbours_are_those_of_a_direct_search(seed, tilts):
    frame = random_frame(seed, tilts=tilts)
    clouds = point_clouds(frame, Nearest(8))
    for centre in (0, 17, 59):
        bonds, lengths = all_bonds(frame, centre)
        np.testing.assert_allclose(np.linalg.norm(clouds.bonds[centre], axis=1), lengths[:8], atol=1e-5)
        if np.diff(lengths[:9]).min() > 1e-4:  # else the order is a matter of rounding
            np.testing.assert_allclose(clouds.bonds[centre], bonds[:8], atol=1e-5)


def test_a_bond_points_from_the_centre_to_its_neighbour():
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 2.5, 0], [0, 0, 4.5]])
    clouds = point_clouds(Frame(positions, [20, 20, 20, 0, 0, 0], np.zeros(4)), Nearest(3))
    np.testing.assert_allclose(clouds.bonds[0], [[1, 0, 0], [0, 2.5, 0], [0, 0, 4.5]])
    np.testing.assert_allclose(clouds.bonds[1], [[-1, 0, 0], [-1, 2.5, 0], [-1, 0, 4.5]])


def test_bonds_are_as_exact_as_the_positions_in_a_large_box():
    positions = np.array([[0, 0, 0], [1, 0, 0], [-499.75, 0, 0], [499.75, 0, 0]])
    bonds = point_clouds(Frame(positions, [1000, 1000, 1000, 0, 0, 0], np.zeros(4)), Nearest(1)).bonds
    np.testing.assert_array_equal(bonds[:, 0, 0], [1, -1, -0.5, 0.5])


def test_bonds_reach_across_the_boundary():
    positions = np.array([[-9.5, 0, 0], [9.75, 0, 0], [0, 0, 0]])
    clouds = point_clouds(Frame(positions, [20, 20, 20, 0, 0, 0], np.zeros(3)), Nearest(1))
    np.testing.assert_allclose(clouds.bonds[:2, 0], [[-0.75, 0, 0], [0.75, 0, 0]])


def test_types_are_encoded_as_difference_and_sum():
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 3, 0]])
    clouds = point_clouds(Frame(positions, [20, 20, 20, 0, 0, 0], [0, 1, 1], ("A", "B")), Nearest(2))
    np.testing.assert_array_equal(clouds.types[0], [[-1, 1, 1, 1], [-1, 1, 1, 1]])  # A sees B and B
    np.testing.assert_array_equal(clouds.types[1], [[1, -1, 1, 1], [0, 0, 0, 2]])  # B sees A and B


@pytest.mark.parametrize("kinds", [1, 2, 4])
def test_shapes_and_dtypes(kinds):
    clouds = point_clouds(random_frame(kinds=kinds), Nearest(10))
    assert (clouds.bonds.shape, clouds.types.shape) == ((60, 10, 3), (60, 10, 2 * kinds))
    assert clouds.bonds.dtype == clouds.types.dtype == np.float32
    assert len(clouds) == 60 and clouds.mask.all()


@pytest.mark.parametrize("name, shells", [
    ("cF4-Cu", [1] * 12 + [2 ** 0.5] * 6 + [3 ** 0.5] * 2),
    ("cI2-W", [1] * 8 + [(4 / 3) ** 0.5] * 6 + [(8 / 3) ** 0.5] * 6),
])
def test_shells_of_perfect_crystals(name, shells):
    lengths = np.linalg.norm(point_clouds(prototypes.build(name, 500), Nearest(20)).bonds, axis=-1)
    np.testing.assert_allclose(lengths, np.broadcast_to(shells, lengths.shape), rtol=1e-5)


@given(seed=st.integers(0, 10_000), vector=st.tuples(*[st.floats(-3, 3)] * 3))
def test_a_turned_droplet_has_turned_clouds(seed, vector):
    frame, turn = cluster(seed), Rotation.from_rotvec(vector)
    turned = point_clouds(moved(frame, turn.apply(frame.positions)), Nearest(6)).bonds
    bonds = point_clouds(frame, Nearest(6)).bonds
    clear = (np.diff(np.linalg.norm(bonds, axis=-1), axis=1) > 1e-4).all(axis=1)  # no near ties in the order
    expected = turn.apply(bonds.reshape(-1, 3)).reshape(bonds.shape)
    np.testing.assert_allclose(turned[clear][:, :5], expected[clear][:, :5], atol=1e-5)


@given(seed=st.integers(0, 10_000), shift=st.tuples(*[st.floats(-40, 40)] * 3))
def test_a_shifted_frame_has_the_same_clouds_wherever_its_origin(seed, shift):
    frame = random_frame(seed, tilts=(0.2, -0.1, 0.3))
    lengths = np.linalg.norm(point_clouds(moved(frame, frame.positions + shift), Nearest(8)).bonds, axis=-1)
    np.testing.assert_allclose(lengths, np.linalg.norm(point_clouds(frame, Nearest(8)).bonds, axis=-1), atol=5e-5)


@given(seed=st.integers(0, 10_000))
def test_clouds_are_in_the_order_of_the_particles(seed):
    frame = random_frame(seed, kinds=2)
    order = np.random.default_rng([seed, 1]).permutation(len(frame))
    clouds = point_clouds(frame, Nearest(8))
    shuffled = point_clouds(Frame(frame.positions[order], frame.box, frame.types[order], frame.type_names), Nearest(8))
    np.testing.assert_array_equal(shuffled.bonds, clouds.bonds[order])
    np.testing.assert_array_equal(shuffled.types, clouds.types[order])


def test_the_list_of_freud_has_the_same_bonds():
    frame = random_frame()
    found = neighbor_list(frame, Nearest(8))
    np.testing.assert_array_equal(found.vectors.reshape(60, 8, 3), point_clouds(frame, Nearest(8)).bonds)


def images_around(frame, k, reach=4):
    """The k shortest bonds of each particle to all images in so many boxes around, by brute force, (N, k, 3)."""
    shifts = (np.indices([2 * reach + 1] * 3).reshape(3, -1).T - reach) @ frame.cell
    positions = frame.positions.astype(float)
    found = []
    for centre in positions:
        bonds = (positions + shifts[:, None] - centre).reshape(-1, 3)
        lengths = np.linalg.norm(bonds, axis=1)
        found.append(bonds[np.argsort(lengths)[1:k + 1]])
    return np.array(found)


@pytest.mark.parametrize("count", [1, 2, 5, 20, 30])
def test_of_few_particles_images_are_neighbours(count):
    frame = random_frame(count=count, length=3.0)
    np.testing.assert_allclose(np.linalg.norm(point_clouds(frame, Nearest(12)).bonds, axis=-1),
                               np.linalg.norm(images_around(frame, 12), axis=-1), atol=1e-5)


@pytest.mark.parametrize("name", ["cP1-Po", "cI2-W", "hP2-Mg", "hR105-B", "mC16-C", "tI8-C"])
def test_a_unit_cell_has_the_clouds_of_the_crystal(name):
    cell, crystal = prototypes.build(name, 1), prototypes.build(name, 1500)
    # As many as make full shells differ from crystal to crystal; lengths do not depend on which of a shell is taken.
    found, expected = (np.linalg.norm(point_clouds(frame).bonds, axis=-1) for frame in (cell, crystal))
    np.testing.assert_allclose(found.mean(axis=0), expected.mean(axis=0), rtol=1e-4)


def test_a_lone_particle_beside_a_droplet_has_neighbours_beyond_half_the_box():
    droplet = np.random.default_rng([0]).uniform(-1.5, 1.5, (400, 3))
    frame = Frame([[8.0, 8, 8], *droplet], [20, 20, 20, 0, 0, 0])
    apart = droplet - [8, 8, 8]
    expected = np.sort(np.linalg.norm(apart - 20 * np.rint(apart / 20), axis=1))[:12]
    np.testing.assert_allclose(np.linalg.norm(point_clouds(frame, Nearest(12)).bonds[0], axis=1), expected, rtol=1e-5)


def test_more_images_than_memory_holds_are_refused(monkeypatch):
    monkeypatch.setattr(neighbors, "_MOST_IMAGES", 100)
    with refused(frame="run.gsd, frame 3"):
        point_clouds(random_frame(count=2, length=3.0), Nearest(200))


def test_particles_at_one_place_are_refused():
    positions = random_frame().positions.copy()
    positions[41] = positions[7]
    with refused(frame="the frame"):
        point_clouds(moved(random_frame(), positions), Nearest(8))


@pytest.mark.parametrize("k", [0, -1, 2.5])
def test_a_wrong_number_of_neighbours_is_refused(k):
    with refused(option="most", value=k):
        Nearest(k)


@pytest.mark.parametrize("wrong", [20, "nearest", Nearest, None])
def test_what_is_no_rule_is_refused(wrong):
    with refused(option="neighbors", value=wrong):
        point_clouds(random_frame(), wrong)


def test_the_repr_of_clouds_is_one_line():
    assert repr(point_clouds(random_frame(kinds=2), Nearest(5))) == "PointClouds(60 clouds of up to 5 bonds, 2 types)"
