"""The search by a k-d tree finds what freud's search finds."""
import numpy as np
import pytest

from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest
from gala_ssl.clouds.tree import NearestTree, Neighbors
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


def test_what_the_tree_does_not_decide_is_left_to_freud():
    """A sheared box, too few particles, neighbours beyond half the box, two particles at one place, far positions."""
    assert not NearestTree.fits(Frame(np.eye(3), [5, 5, 5, 0.1, 0, 0]), 1)
    assert not NearestTree.fits(random_frame(12), 12) and NearestTree.fits(random_frame(13), 12)
    assert NearestTree(random_frame(20), 19)(0, 20) is None
    twice = np.repeat(random_frame(50).positions, 2, axis=0)
    assert NearestTree(Frame(twice, [5, 6, 7, 0, 0, 0]), 1)(0, 100) is None
    far = Frame(random_frame().positions + np.float32(3e4), [5, 6, 7, 0, 0, 0])
    assert NearestTree(far, 12)(0, 300) is None
