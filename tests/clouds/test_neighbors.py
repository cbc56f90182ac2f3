"""Neighbours by cutoff, Voronoi and solid angle: known lattices, a direct search, and what cannot be searched."""
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import Voronoi as Diagram

from gala_ssl.base.errors import InputError
from gala_ssl.clouds.lengths import nearest_distances
from gala_ssl.clouds.neighborhoods import cloud_chunks, point_clouds
from gala_ssl.clouds.neighbors import NeighborSearch, neighbor_list
from gala_ssl.clouds.rules import RULES, SANN, Cutoff, Nearest, Voronoi, rule_named
from gala_ssl.frames import prototypes
from gala_ssl.frames.frame import Frame
from tests.clouds.test_neighborhoods import all_bonds, cluster, moved, random_frame
from tests.refusals import refused
from tests.strategies import examples

# What a rule needs to be told; the tests of all rules run those that register themselves as well.
ARGUMENTS = {"cutoff": {"r_max": 2.5}}


def crystal(name, noise):
    return prototypes.build(name, 500, noise=noise, seed=3)


def counts(frame, rule):
    return point_clouds(frame, rule).mask.sum(axis=1)


def rule_of(name, most):
    return rule_named(name, most, **ARGUMENTS.get(name, {}))


@pytest.mark.parametrize("name, r_max, expected", [
    ("cP1-Po", 1.1, 6), ("cP1-Po", 1.5, 18), ("cF4-Cu", 1.2, 12), ("cF4-Cu", 1.5, 18), ("cI2-W", 1.05, 8),
    ("cI2-W", 1.3, 14)])
def test_a_cutoff_between_two_shells_counts_the_shells(name, r_max, expected):
    found = point_clouds(crystal(name, 0.002), Cutoff(r_max, most=40))
    assert (found.mask.sum(axis=1) == expected).all()
    assert found.bonds.shape[1] == expected  # as wide as the longest


def test_the_voronoi_cell_of_bcc_is_a_truncated_octahedron():
    """Eight hexagons and six squares; three faces meet at each corner, so that noise adds none."""
    frame = crystal("cI2-W", 0.002)
    clouds = point_clouds(frame, Voronoi(most=40))
    assert clouds.mask.all() and clouds.bonds.shape[1] == 14
    # Bonds that are equally long to rounding may have another order.
    alike = [np.sort(each.bonds, axis=1) for each in (clouds, point_clouds(frame, Nearest(14)))]
    np.testing.assert_array_equal(*alike)


def test_voronoi_neighbours_may_be_images_of_one_particle():
    """A unit cell of body-centred cubic, of two particles, each with eight images of the other and six of itself."""
    frame = Frame([[0.01, 0, 0], [0.5, 0.5, 0.49]], [1, 1, 1, 0, 0, 0], [0, 0])
    lengths = np.linalg.norm(point_clouds(frame, Voronoi(most=40)).bonds, axis=-1)
    np.testing.assert_allclose(lengths, np.tile([3 ** 0.5 / 2] * 8 + [1] * 6, (2, 1)), atol=0.02)


def test_the_voronoi_cell_of_fcc_has_twelve_large_faces():
    """A rhombic dodecahedron; noise opens small faces, to second neighbours, where four faces met at a corner."""
    clouds = point_clouds(crystal("cF4-Cu", 0.002), Voronoi(most=40))
    lengths = np.linalg.norm(clouds.bonds, axis=-1)
    np.testing.assert_allclose(lengths[:, :12], 1, atol=0.02)
    np.testing.assert_allclose(lengths[:, 12:][clouds.mask[:, 12:]], 2 ** 0.5, atol=0.02)
    assert counts(crystal("cF4-Cu", 0.002), Voronoi(most=40)).max() <= 18


@pytest.mark.parametrize("name, expected", [("cF4-Cu", 12), ("hP2-Mg", 12), ("cI2-W", 14)])
def test_sann_of_dense_crystals(name, expected):
    assert (counts(crystal(name, 0.002), SANN(most=40)) == expected).all()


def rule_of_van_meel(lengths):
    """The number of neighbours by the definition, from the sorted distances to all particles."""
    n = 3
    while lengths[:n].sum() / (n - 2) > lengths[n]:
        n += 1
    return n


@examples(15)
@given(seed=st.integers(0, 10_000), tilts=st.tuples(*[st.floats(-0.4, 0.4)] * 3))
def test_cutoff_and_solid_angle_are_those_of_a_direct_search(seed, tilts):
    frame = random_frame(seed, tilts=tilts)
    by_cutoff = point_clouds(frame, Cutoff(2.5, most=59))
    by_angle = point_clouds(frame, SANN(most=59))
    for centre in (0, 31, 59):
        lengths = all_bonds(frame, centre)[1]
        for clouds, n in ((by_cutoff, np.sum(lengths < 2.5)), (by_angle, rule_of_van_meel(lengths))):
            found = np.linalg.norm(clouds.bonds[centre], axis=1)[clouds.mask[centre]]
            np.testing.assert_allclose(found, lengths[:n], atol=1e-5)


@examples(10)
@given(seed=st.integers(0, 10_000), tilts=st.tuples(*[st.floats(-0.3, 0.3)] * 3), count=st.sampled_from([40, 400]))
def test_voronoi_neighbours_are_those_of_qhull_among_the_images(seed, tilts, count):
    """Of 40 particles, some neighbours are farther than half the box."""
    frame = random_frame(seed, count=count, tilts=tilts)
    shifts = np.indices((3, 3, 3)).reshape(3, -1).T - 1
    order = np.argsort(np.abs(shifts).sum(axis=1), kind="stable")  # the frame itself first
    everything = (frame.positions.astype(float) + (shifts[order] @ frame.cell)[:, None]).reshape(-1, 3)
    diagram = Diagram(everything)
    ridges = np.concatenate([diagram.ridge_points, diagram.ridge_points[:, ::-1]])
    found = point_clouds(frame, Voronoi(most=60))
    for centre in range(0, count, count // 10):
        others = ridges[ridges[:, 0] == centre, 1]
        expected = np.sort(np.linalg.norm(everything[others] - everything[centre], axis=1))
        lengths = np.linalg.norm(found.bonds[centre], axis=1)[found.mask[centre]]
        # Of faces that are nearly points, one code may have some that another has not.
        common = np.isclose(expected[:, None], lengths, atol=1e-4).any(axis=1)
        assert abs(len(lengths) - len(expected)) <= 1 and (~common).sum() <= 1


@pytest.mark.parametrize("rule", RULES)
def test_neighbours_are_the_same_wherever_the_origin(rule):
    frame = random_frame(4, count=300, tilts=(0.2, -0.1, 0.3))
    shifted = moved(frame, frame.positions + np.float32([3.1, -17.5, 8.9]))
    found, expected = (point_clouds(some, rule_of(rule, 12)) for some in (shifted, frame))
    np.testing.assert_array_equal(found.mask, expected.mask)
    np.testing.assert_allclose(np.linalg.norm(found.bonds, axis=-1), np.linalg.norm(expected.bonds, axis=-1),
                               atol=5e-5)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("size", [64, 100, 300, 1000])
def test_chunks_have_the_clouds_of_the_whole(rule, size):
    frame = random_frame(5, count=300, kinds=2)
    whole = point_clouds(frame, rule_of(rule, 12))
    chunks = list(cloud_chunks(frame, size, rule_of(rule, 12)))
    assert [len(part) for part in chunks] == [min(size, 300 - start) for start in range(0, 300, size)]
    width = whole.bonds.shape[1]
    for name in ("bonds", "types"):
        joined = np.concatenate([getattr(part, name) for part in chunks])
        assert joined.shape[1] == 12
        np.testing.assert_array_equal(joined[:, :width], getattr(whole, name))
        assert not joined[:, width:].any()


def test_of_longer_neighbourhoods_the_nearest_are_kept():
    frame = random_frame(6, count=300)
    for rule in RULES:
        found, longer = (point_clouds(frame, rule_of(rule, k)) for k in (3, 40))
        assert found.bonds.shape[1] == 3 and longer.bonds.shape[1] > 12
        np.testing.assert_array_equal(found.bonds, longer.bonds[:, :3])
        np.testing.assert_array_equal(found.types, longer.types[:, :3])


def test_a_particle_without_neighbours_has_padding_only():
    positions = np.concatenate([cluster().positions, [[14, 14, 14]]])
    frame = Frame(positions, [60, 60, 60, 0, 0, 0], np.zeros(61))
    found = point_clouds(frame, Cutoff(1.5, most=20))
    assert not found.types[60].any() and not found.bonds[60].any() and found.mask[:60].any(axis=1).all()
    alone = point_clouds(frame, Cutoff(1e-3, most=20))
    assert alone.bonds.shape == (61, 1, 3) and not alone.types.any()


def test_lists_are_by_centre_and_distance():
    frame = random_frame(7, count=300)
    for rule in RULES:
        found = neighbor_list(frame, rule_of(rule, 12))
        centre, lengths = np.asarray(found.query_point_indices), np.asarray(found.distances)
        assert (np.diff(centre) >= 0).all()
        assert (np.diff(lengths)[np.diff(centre) == 0] >= -1e-6).all()
        assert not (centre == np.asarray(found.point_indices)).any()
        part = NeighborSearch(frame, rule_of(rule, 12))(100, 200)
        np.testing.assert_array_equal(part.vectors, found.vectors[(centre >= 100) & (centre < 200)])


def test_nearest_distances_in_chunks():
    frame = random_frame(8, count=300)
    expected = np.linalg.norm(point_clouds(frame, Nearest(1)).bonds[:, 0], axis=-1)
    np.testing.assert_array_equal(nearest_distances(frame), expected)
    np.testing.assert_array_equal(nearest_distances(frame, size=70), expected)


@pytest.mark.parametrize("name, most, r_max, fields", [
    ("cutoff", 20, None, {"frame": None, "option": "r_max", "value": None}),
    ("cutoff", 20, -1.0, {"frame": None, "option": "r_max", "value": -1.0}),
    ("cutoff", 20, np.nan, {"frame": None, "option": "r_max", "value": np.nan}),
    ("cutoff", 20, 4.6, {"frame": "run.gsd, frame 3", "option": "r_max", "value": 4.6}),
    ("nearest", 20, 2.0, {"frame": None, "option": "r_max", "value": 2.0}),
    ("sann", 0, None, {"option": "most", "value": 0}),
    ("farthest", 20, None, {"option": "neighbors", "value": "farthest"}),
])
def test_wrong_settings_are_refused(name, most, r_max, fields):
    with refused(**fields):
        point_clouds(random_frame(), rule_named(name, most, r_max=r_max))


def test_rules_are_values():
    """Equal by their parameters, and the same after a pickle; one without a number takes that of its user."""
    for name in RULES:
        rule = rule_of(name, None)
        assert pickle.loads(pickle.dumps(rule)) == rule == rule_of(name, None) != rule_of(name, 3)
        assert rule.limited(7) == rule_of(name, 7).limited(3) == rule_of(name, np.int64(7))
        assert rule.limited(7).card() == {"neighbors": name, "k": 7, "r_max": ARGUMENTS.get(name, {}).get("r_max")}
        assert NeighborSearch(random_frame(), rule).rule.most == 20


def test_of_few_particles_images_fill_the_solid_angle():
    """Four particles on a square lattice of their own have the neighbours of 4 x 27."""
    frame = random_frame(count=4, length=3.0)
    found, expected = (point_clouds(some, SANN(most=20)) for some in (frame, frame.replicated(3, 3, 3)))
    width = found.bonds.shape[1]
    np.testing.assert_allclose(found.bonds, expected.bonds[:4, :width], atol=1e-5)
    assert (found.mask.sum(axis=1) >= 3).all()


@pytest.mark.parametrize("rule", RULES)
def test_particles_at_one_place_are_refused(rule):
    positions = random_frame(count=300).positions.copy()
    positions[41] = positions[7]
    with refused(frame="the frame"):
        point_clouds(moved(random_frame(count=300), positions), rule_of(rule, 8))


@pytest.mark.parametrize("name", ["cP1-Po", "cI2-W", "mC16-C"])
def test_of_a_cutoff_beyond_half_the_box_the_error_names_the_frame_that_works(name):
    cell = prototypes.build(name, 1)
    with pytest.raises(InputError) as error:
        point_clouds(cell, Cutoff(1.7, most=20))
    advice = re.search(r"frame\.replicated\((\d+), (\d+), (\d+)\)", str(error.value))
    frame = cell.replicated(*map(int, advice.groups()))
    found, expected = (point_clouds(some, Cutoff(1.7, most=20)) for some in (frame, prototypes.build(name, 1500)))
    assert found.mask[:len(cell)].sum(axis=1).mean() == pytest.approx(expected.mask.sum(axis=1).mean())
