"""Open boundaries: no images along open vectors, and what neighbours there are at a surface."""
import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gala_ssl.clouds.lengths import LENGTH_SCALES, nearest_distances
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.neighbors import fraction_of_ties, neighbor_list
from gala_ssl.clouds.rules import SANN, Cutoff, Nearest, Voronoi
from gala_ssl.frames.frame import Frame
from tests.refusals import refused
from tests.strategies import SEEDS, examples

OPEN = [(True, True, False), (False, True, True), (True, False, False), (False, False, False), (True, False, True)]


def some(seed, periodic, count=40, edge=4.0, wide=1.0):
    """Particles in a tilted box that they fill, or along open vectors a part of it, far from its middle."""
    rng = np.random.default_rng(seed)
    box = np.r_[rng.uniform(0.9, 1.2, 3) * edge * np.where(periodic, 1, wide), rng.uniform(-0.4, 0.4, 3)]
    empty = Frame([[0, 0, 0]], box)
    places = rng.uniform(-0.5, 0.5, (count, 3)) / np.where(periodic, 1, wide) + np.where(periodic, 0, 0.7)
    return Frame(places @ empty.cell, box, periodic=periodic)


def all_bonds(frame, reach=3):
    """(N, m) lengths of the bonds to all particles, among images along periodic vectors, in ascending order."""
    shifts = np.stack(np.meshgrid(*(np.arange(-reach, reach + 1) * each for each in frame.periodic)), axis=-1)
    shifts = np.unique(shifts.reshape(-1, 3), axis=0) @ frame.cell
    positions = frame.positions.astype(float)
    bonds = positions[None, :, None] - positions[:, None, None] + shifts
    lengths = np.sort(np.linalg.norm(bonds, axis=-1).reshape(len(frame), -1), axis=1)
    return lengths[:, 1:]  # without itself


@pytest.mark.parametrize("periodic", OPEN, ids=str)
@examples(60)
@given(seed=SEEDS, wide=st.sampled_from([0.5, 1.0, 10.0, 1000.0]), count=st.sampled_from([8, 40]))
def test_the_nearest_are_those_of_brute_force(periodic, seed, wide, count):
    frame = some(seed, periodic, count, 2.0 if count == 8 else 4.0, wide)
    k = min(12, len(frame) - 1) if not any(periodic) else 12
    found = np.linalg.norm(point_clouds(frame, Nearest(k)).bonds, axis=-1)
    np.testing.assert_allclose(found, all_bonds(frame)[:, :k], atol=1e-5 * max(1, wide / 100))


@pytest.mark.parametrize("periodic", OPEN, ids=str)
def test_other_rules_take_no_images_along_open_vectors(periodic):
    frame = some(3, periodic)
    lengths = all_bonds(frame)
    reach = 0.9 * 0.5 / np.linalg.norm(np.linalg.inv(frame.cell), axis=0).max()
    counts = neighbor_list(frame, Cutoff(reach)).neighbor_counts
    np.testing.assert_array_equal(counts, (lengths < reach).sum(axis=1))
    solid = point_clouds(frame, SANN())
    for bonds, row in zip(solid.bonds, lengths):
        n = np.flatnonzero(np.cumsum(row)[2:-1] / (np.arange(3, len(row)) - 2) <= row[3:])[0] + 3
        np.testing.assert_allclose(np.linalg.norm(bonds, axis=-1)[:min(n, 20)], row[:min(n, 20)], atol=1e-5)
    cells = neighbor_list(frame, Voronoi(most=200))
    bonds = frame.positions[cells.point_indices] - frame.positions[cells.query_point_indices]
    crossed = np.rint((cells.vectors - bonds) @ np.linalg.inv(frame.cell))[:, ~np.array(periodic)]
    assert not crossed.any() and (cells.neighbor_counts > 2).all()
    np.testing.assert_allclose(nearest_distances(frame), lengths[:, 0], atol=1e-5)


def test_faces_inside_a_slab_are_those_of_the_crystal():
    """In the middle of a thick slab, cells are what they are without surfaces."""
    places = np.indices((5, 5, 7)).reshape(3, -1).T + np.random.default_rng(0).normal(scale=0.08, size=(175, 3))
    slab = Frame(places, [5, 5, 40, 0, 0, 0], periodic=(True, True, False))
    crystal = Frame(places, [5, 5, 7, 0, 0, 0])
    inside = np.abs(places[:, 2] - 3) < 0.5
    counts = [neighbor_list(frame, Voronoi(most=99)).neighbor_counts[inside] for frame in (slab, crystal)]
    np.testing.assert_array_equal(*counts)


def test_a_box_that_is_wide_along_an_open_vector_changes_nothing():
    frame = some(5, (True, True, False))
    wide = dataclasses.replace(frame, box=frame.box * [1, 1, 500, 1, 1, 1])
    for rule in (Nearest(20), SANN(), Voronoi(), Cutoff(1.2)):
        np.testing.assert_allclose(point_clouds(frame, rule).bonds, point_clouds(wide, rule).bonds, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_fewer_than_k_particles_are_padded(count):
    frame = Frame(np.random.default_rng(0).normal(size=(count, 3)), [9, 9, 9, 0, 0, 0], periodic=(False,) * 3)
    clouds = point_clouds(frame, Nearest(6))
    assert clouds.bonds.shape == (count, 6, 3)
    np.testing.assert_array_equal(clouds.mask.sum(axis=1), count - 1)
    lengths = np.sort(np.linalg.norm(clouds.bonds, axis=-1)[:, :count - 1])
    np.testing.assert_allclose(lengths, all_bonds(frame), atol=1e-6)
    assert fraction_of_ties(frame, 6) == 0
    assert point_clouds(frame, SANN()).mask.sum() == count * (count - 1)
    assert np.isfinite(LENGTH_SCALES["contact"](frame))
    if count > 1:
        assert 0 < LENGTH_SCALES["bulk"](frame) < 10


def test_a_slab_is_repeated_along_its_periodic_vectors_only():
    frame = some(2, (True, True, False))
    assert len(frame.replicated(2, 3, 1)) == 240
    with refused(frame="the frame"):
        frame.replicated(1, 1, 2)


def test_a_cutoff_larger_than_a_cluster_takes_all():
    frame = some(1, (False,) * 3, wide=0.3)
    assert (neighbor_list(frame, Cutoff(500.0, most=100)).neighbor_counts == len(frame) - 1).all()
