"""The nearest particles by a k-d tree (SciPy), for boxes with right angles: ten times as fast as freud's search."""
import dataclasses
import functools
import weakref

import numpy as np
from scipy.spatial import cKDTree

# Particles and images that a search takes into memory at most.
MOST_IMAGES = 2**24
# Parts of the mean distance: what single precision may move a particle by, and a distance that may be zero to rounding.
_PRECISION, _ZERO = 1e-3, 1e-5
_SPHERE = 4 / 3 * np.pi


@dataclasses.dataclass(frozen=True, eq=False)
class Neighbors:
    """The k nearest neighbours of n centres, with the attributes of a list of freud, by centre and then by distance.

    Attributes:
        num_query_points: n. query_point_indices, point_indices: (n k,) int, centre, from 0, and neighbour.
        vectors: (n k, 3) float32, from the centre to the neighbour. distances: (n k,) float32.
        repeats: how many images of the frame stood along each vector of the box that was searched.
    """

    num_query_points: int
    query_point_indices: np.ndarray
    point_indices: np.ndarray
    vectors: np.ndarray
    distances: np.ndarray
    repeats: tuple[int, int, int] = (1, 1, 1)

    def __len__(self):
        return len(self.point_indices)

    @property
    def neighbor_counts(self):
        """(n,) int: k for each centre."""
        return np.full(self.num_query_points, len(self) // max(self.num_query_points, 1))

    @property
    def segments(self):
        """(n,) int: where the neighbours of each centre start."""
        return np.arange(self.num_query_points) * (len(self) // max(self.num_query_points, 1))


class NearestTree:
    """The search for the nearest particles of a frame whose box has right angles.

    Args:
        positions: (N, 3) float32. lengths: (3,) float64 of the box.
        repeats: how many images of the frame stand along each vector of the box that is searched. One of them finds
            itself where neighbours lie beyond half the box, and searches among more then.

    Call with (start, stop, k): the Neighbors of these centres, k of each, or None where something is not as it mostly
    is, which `gala_ssl.clouds.neighbors.NeighborSearch` finds out in its other way: two particles at one place,
    positions that single precision does not hold, or a box so thin that the images would not fit in memory.
    """

    def __init__(self, positions, lengths, repeats=(1, 1, 1)):
        self._positions, self._of_frame, self._repeats, self._larger = positions, lengths, np.array(repeats), None
        self._lengths = lengths * self._repeats
        # Image after image, first the frame itself.
        self._images = np.indices(repeats).reshape(3, -1).T * lengths

    @functools.cached_property
    def _tree(self):
        positions = (self._images[:, None] + self._positions.astype(np.float64)).reshape(-1, 3)
        return cKDTree(wrapped(positions, self._lengths), boxsize=self._lengths)

    @functools.cached_property
    def _resolution(self):
        return np.finfo(np.float32).eps * max(abs(self._positions).max(), self._of_frame.max())

    def __call__(self, start, stop, k):
        half, count = self._lengths.min() / 2, len(self._positions) * len(self._images)
        # Where a sphere that holds so many particles on average does not fit, there is no use in trying.
        if count <= k or (k * self._lengths.prod() / count / _SPHERE)**(1 / 3) >= half:
            return self._among_images(half, start, stop, k)
        distances, found = self._tree.query(self._tree.data[start:stop], k + 1)
        others = found != np.arange(start, stop)[:, None]
        if not np.all(others.sum(axis=1) == k):
            return None  # so many particles are at one place that the centre is not among them
        distances, found = distances[others], found[others]
        mean, farthest = distances.mean(), distances.max()
        if distances.min() < _ZERO * mean or self._resolution > _PRECISION * mean:
            return None
        if farthest >= half:
            return self._among_images(farthest, start, stop, k)
        image, neighbor = np.divmod(found, len(self._positions))
        centre = np.repeat(np.arange(stop - start), k)
        bonds = self._images[image] + self._positions[neighbor] - self._positions[centre + start].astype(np.float64)
        bonds -= self._lengths * np.rint(bonds / self._lengths)
        return Neighbors(stop - start, centre, neighbor, bonds.astype(np.float32), distances.astype(np.float32),
                         tuple(self._repeats))

    def _among_images(self, distance, start, stop, k):
        """The same in a box twice as large along the vectors that are too short for the distance."""
        if self._larger is None:
            repeats = np.where(self._lengths <= 2 * distance, 2, 1) * self._repeats
            if len(self._positions) * repeats.prod() > MOST_IMAGES:
                return None
            self._larger = NearestTree(self._positions, self._of_frame, repeats)
        return self._larger(start, stop, k)


def wrapped(positions, lengths):
    """(N, 3) float64: positions in a box with right angles, from 0 up to its lengths, which are not reached."""
    places = positions - lengths * np.floor(positions / lengths)
    places[places >= lengths] = 0  # as far as rounding can take them
    return places


# The tree of the frame that was searched last, while it is in use: an embedding asks for its neighbours thrice.
_LAST: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def tree_of(frame):
    """The NearestTree of a frame, or None if its box is sheared or open."""
    tree = _LAST.get(frame)
    if tree is None and not np.any(frame.box[3:]) and all(frame.periodic):
        _LAST.clear()
        tree = _LAST[frame] = NearestTree(frame.positions, frame.box[:3])
    return tree
