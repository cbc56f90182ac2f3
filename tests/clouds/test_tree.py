"""The search by a k-d tree finds what freud's search finds."""
import weakref

import numpy as np
import pytest

from gala_ssl.clouds import tree
from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest
from gala_ssl.clouds.tree import NearestTree, Neighbors, tree_of
from gala_ssl.frames.frame import Frame


def random_frame(count=300, box=(5, 6, 7), seed=0):
    """A gas, of which some particles are several boxes away from the box."""
    rng = np.random.default_rng(seed)
    places = rng.random((count, 3)) + rng.integers(-2, 3, size=(count, 3))
    return Frame(places * box, [*box, 0, 0, 0])


@pytest.mark.parametrize(("k", "part"), [(1, (0, 300)), (12, (0, 300)), (20, (100, 217))])
def test_neighbours_counts_and_vectors_are_those_of_freud(k, part):
    search = NeighborSearch(random_frame(), Nearest(k))
    found, expected = search.find(*part), search._by_rule(*part)
    assert isinstance(found, Neighbors) and len(found) == k * (part[1] - part[0]) == len(expected)
    for name in ("query_point_indices", "neighbor_counts", "segments"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    np.testing.assert_allclose(found.distances, expected.distances, atol=1e-5)
    # Neighbours that are equally far to rounding may have another order.
    order, same = (np.lexsort((each.point_indices, each.query_point_indices)) for each in (found, expected))
    np.testing.assert_array_equal(found.point_indices[order], np.asarray(expected.point_indices)[same])
    np.testing.assert_allclose(found.vectors[order], expected.vectors[same], atol=1e-5)


@pytest.mark.parametrize(("count", "box", "k"), [(20, (5, 6, 7), 19), (5, (5, 6, 7), 12), (1, (1, 1.1, 1.2), 20),
                                                (40, (2, 20, 20), 8)])
def test_neighbours_beyond_half_the_box_are_images(count, box, k):
    frame = random_frame(count, box)
    search = NeighborSearch(frame, Nearest(k))
    found, expected = search.find(), NeighborSearch(frame.replicated(7, 5, 5), Nearest(k))._by_rule(0, count)
    assert isinstance(found, Neighbors) and max(found.repeats) > 1
    assert len(search.searched) == count * np.prod(found.repeats)
    np.testing.assert_allclose(found.distances, expected.distances, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), found.distances, atol=1e-5)
    apart = frame.positions[found.point_indices] - frame.positions[found.query_point_indices] - found.vectors
    np.testing.assert_allclose(apart / box, np.rint(apart / box), atol=1e-5)
    order, same = (np.lexsort((*np.round(each.vectors, 3).T, each.query_point_indices)) for each in (found, expected))
    np.testing.assert_array_equal(found.point_indices[order], np.asarray(expected.point_indices)[same] % count)


def test_what_the_tree_does_not_decide_is_left_to_freud(monkeypatch):
    """A sheared or open box, two particles at one place, far positions, more images than memory holds."""
    assert tree_of(Frame(np.eye(3), [5, 5, 5, 0.1, 0, 0])) is None
    assert tree_of(Frame(np.eye(3), [5, 5, 5, 0, 0, 0], periodic=(True, True, False))) is None
    box = np.array([5.0, 6, 7])
    assert NearestTree(np.repeat(random_frame(50).positions, 2, axis=0), box)(0, 100, 1) is None
    assert NearestTree(random_frame().positions + np.float32(3e4), box)(0, 300, 12) is None
    monkeypatch.setattr(tree, "MOST_IMAGES", 100)
    assert NearestTree(random_frame(3).positions, box)(0, 3, 200) is None


def test_the_tree_of_a_frame_is_kept_as_long_as_the_frame():
    frame = random_frame()
    kept = weakref.ref(tree_of(frame))
    assert tree_of(frame) is kept()
    del frame
    assert kept() is None
