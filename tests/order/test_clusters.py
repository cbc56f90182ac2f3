"""Clusters of particles of one name, on crystals in which they are known."""
import numpy as np
import pytest

from gala_ssl.frames import prototypes
from gala_ssl.frames.frame import Frame
from gala_ssl.order.clusters import clusters, largest_cluster


@pytest.fixture(scope="module")
def frame():
    return prototypes.build("cF4-Cu", 500, noise=0.03, seed=1)


def test_a_crystal_is_one_cluster_and_a_slab_of_another_name_divides_it_in_a_periodic_box_not_at_all(frame):
    assert len(np.unique(clusters(frame, np.full(len(frame), "fcc")))) == 1
    width = frame.box[2]
    # Named by height: two slabs of fcc, which meet through the periodic boundary, around one of hcp.
    names = np.where(abs(frame.positions[:, 2]) < 0.3 * width, "hcp", "fcc")
    assert len(np.unique(clusters(frame, names))) == 2
    name, members = largest_cluster(frame, names)
    assert name == "hcp" and np.array_equal(members, np.flatnonzero(names == "hcp"))


def test_two_slabs_that_do_not_touch_are_two_clusters(frame):
    height = frame.positions[:, 2] / frame.box[2]
    names = np.where((abs(height) < 0.1) | (abs(height) > 0.35), "fcc", "liquid")
    name, members = largest_cluster(frame, names)
    assert name == "fcc" and np.array_equal(members, np.flatnonzero(abs(height) > 0.35))
    assert largest_cluster(frame, names, among=("liquid",))[0] == "liquid"


def test_what_is_disordered_is_no_nucleus(frame):
    assert largest_cluster(frame, np.full(len(frame), "liquid")) == ("", pytest.approx([]))
    assert largest_cluster(frame, np.where(np.arange(len(frame)) == 7, "bcc", "gas")) == ("bcc", pytest.approx([7]))


def test_clusters_are_those_of_all_distances():
    """Of points at random, against the definition, in a sheared box."""
    rng = np.random.default_rng(0)
    cell = Frame([[0, 0, 0]], [9, 10, 11, 0.2, 0.1, -0.3]).cell
    fractions = rng.uniform(-0.5, 0.5, (60, 3))
    frame = Frame(fractions @ cell, [9, 10, 11, 0.2, 0.1, -0.3])
    apart = fractions[:, None] - fractions
    images = np.array(np.meshgrid(*[[-1, 0, 1]] * 3)).reshape(3, -1).T
    distances = np.linalg.norm((apart[:, :, None] + images) @ cell, axis=-1).min(axis=-1)
    nearest = np.where(np.eye(60), np.inf, distances).min(axis=1)
    together = np.linalg.matrix_power((distances < 1.4 * np.median(nearest)).astype(float), 60) > 0
    numbers = clusters(frame, np.full(60, "A"))
    np.testing.assert_array_equal(numbers[:, None] == numbers, together)
    assert 1 < len(np.unique(numbers)) < 60
