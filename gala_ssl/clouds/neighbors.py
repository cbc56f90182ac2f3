"""Find the neighbours of particles by a rule, for all particles or for some at a time."""
import functools
import typing

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.clouds.rules import DEFAULT, Nearest, NeighborRule, check_rule
from gala_ssl.clouds.tree import MOST_IMAGES, Neighbors, tree_of
from gala_ssl.frames.objects import FrameLike, as_frame

if typing.TYPE_CHECKING:
    import freud

# Lengths that differ by this part of them are equal but for rounding.
_EQUAL = 1e-5
# Part of the mean bond that rounding may move a bond by.
_PRECISION = 0.01
# By how much more than the particles and their reach a box is wide along an open vector, so that no image is near.
_WIDER = 1.01


class NeighborSearch:
    """The neighbours of each particle of a frame by a rule, among all images along its periodic vectors.

    Along open vectors there are no images: a particle at a surface has what neighbours there are, and one of a cluster
    of N particles has N - 1 at most. (freud searches in periodic boxes only, so the box is made wide enough there that
    no image is near.)

    Args:
        frame: a `Frame` of N particles, or what `gala_ssl.as_frame` makes one of.
        neighbors: the rule, such as `Nearest(20)`, see `gala_ssl.clouds.rules`; one without a number takes 20 at most.

    Attributes:
        frame. rule: with its number. query: freud's of the particles, wrapped into the box, made when it is needed.
        halves: (3,) float64, half the distances of opposite faces of the box, infinite along open vectors. reach: the
            smallest of them.
        prepared: what the rule keeps of the frame.

    Call with (start, stop): freud's NeighborList of the centres start ... stop - 1, which it numbers from 0, by
    centre and then by distance. Its vectors are as exact as the positions. Where the neighbours of a particle by
    number or solid angle lie beyond half the box, as in a unit cell or far from a droplet, they are searched among
    more images, so that one particle may be a neighbour several times, and its own. `find` gives the same with the same
    attributes, but where it can by a k-d tree, without freud, in a tenth of the time.

    Raises:
        InputError: what is no rule, and what the rule refuses; when called, two particles at one place, a box so thin
            that the images would not fit in memory, particles so far outside the box, or a box so much larger than
            their distances, that single precision cannot decide which particles are neighbours.
    """

    def __init__(self, frame: FrameLike, neighbors: NeighborRule = DEFAULT):
        check_rule(neighbors)
        self.frame, self.rule = as_frame(frame), neighbors.limited(DEFAULT.most)
        self._open = ~np.array(self.frame.periodic)
        self.prepared = self.rule.prepare(self)
        self._larger, self._repeats = None, (1, 1, 1)
        self._tree = tree_of(self.frame) if type(self.rule) is Nearest else None

    # What the k-d tree does without is made when it is needed: of small frames it would take longer than their search.

    @functools.cached_property
    def halves(self):
        # A neighbour nearer than half the distance of opposite faces has no other image as near.
        return np.where(self._open, np.inf, 0.5 / np.linalg.norm(np.linalg.inv(self.frame.cell), axis=0))

    @functools.cached_property
    def reach(self):
        return self.halves.min()

    @functools.cached_property
    def _widened(self):
        return self._widen()

    @functools.cached_property
    def _cell(self):
        return self.frame.cell * self._widened[0][:, None]

    @functools.cached_property
    def _inverse(self):
        return np.linalg.inv(self._cell)

    @functools.cached_property
    def query(self):
        import freud  # which takes a second that a k-d tree does without

        wider, placed, _ = self._widened
        box = freud.box.Box(*self.frame.box * [*wider, 1, 1, 1])
        return freud.locality.AABBQuery(box, box.wrap(placed))

    def __call__(self, start=0, stop=None):
        found = self.find(start, stop)
        if not isinstance(found, Neighbors):
            return found
        import freud

        return freud.locality.NeighborList.from_arrays(
            found.num_query_points, len(self.frame), found.query_point_indices, found.point_indices, found.vectors)

    def find(self, start=0, stop=None):
        """The neighbours of the centres start ... stop - 1, as freud's NeighborList has them or as Neighbors."""
        stop = len(self.frame) if stop is None else min(stop, len(self.frame))
        found = self._tree(start, stop, self.rule.most) if self._tree is not None and stop > start else None
        if found is None:
            return self._by_rule(start, stop)
        self._repeats = found.repeats
        return found

    def parts(self, size=65536):
        """Yield (start, what `find` gives of the `size` centres from it on), so that few lists are in memory."""
        for start in range(0, len(self.frame), size):
            yield start, self.find(start, start + size)

    def _by_rule(self, start, stop):
        import freud

        found, complete = self.rule.find(self, start, stop)
        rank = np.arange(len(found)) - np.repeat(found.segments, found.neighbor_counts)
        found.filter(rank < self.rule.most)
        farthest = found.distances.max() if len(found) else 0
        if (not complete or (not self.rule.finds_images and farthest >= self.reach)) and any(self.frame.periodic):
            self.check_distinct(found, start)
            found = self._among_images(farthest)(start, stop)
        count = len(self.frame)
        centre, neighbor = np.asarray(found.query_point_indices), np.asarray(found.point_indices) % count
        # freud gives the image, but wraps in single precision, to 1e-7 box lengths.
        bonds = self.frame.positions[neighbor].astype(np.float64) - self.frame.positions[centre + start]
        bonds += self._images(found, start) @ self._cell
        self._check_precision(found, bonds, start)
        self.check_distinct(found, start)
        return freud.locality.NeighborList.from_arrays(stop - start, count, centre, neighbor, bonds)

    def _widen(self):
        """By how much (3,) the box is made longer along its vectors; the positions, in its middle along open ones; how
        far neighbours are searched at most, infinite where freud's own limit is that of the frame.
        """
        frame, positions = self.frame, self.frame.positions
        if not self._open.any():
            return np.ones(3), positions, np.inf
        inverse = np.linalg.inv(frame.cell)
        places = positions.astype(np.float64) @ inverse
        low, high = places.min(axis=0), places.max(axis=0)
        extent = np.where(self._open, (high - low) / np.linalg.norm(inverse, axis=0), 0)
        reach = self.reach
        if not np.isfinite(reach):  # no two particles are farther from each other
            reach = _WIDER * np.linalg.norm(np.ptp(positions, axis=0)) or 1.0
        wider = np.where(self._open, _WIDER * (extent + 2 * reach) * np.linalg.norm(inverse, axis=0), 1)
        middle = np.where(self._open, (low + high) / 2, 0) @ frame.cell
        return wider, (positions - middle).astype(np.float32), reach

    def _images(self, found, start):
        """By which images (n, 3), in vectors of the box, the bonds of a list of the centres from `start` on end."""
        centre = np.asarray(found.query_point_indices) + start
        neighbor = np.asarray(found.point_indices) % len(self.frame)
        # freud gives the image, but wraps in single precision, to 1e-7 box lengths.
        bonds = self.frame.positions[neighbor].astype(np.float64) - self.frame.positions[centre]
        return np.rint((found.vectors - bonds) @ self._inverse)

    def without_images(self, found, start):
        """A list of the centres from `start` on without the images along open vectors."""
        if self._open.any():
            found.filter(~self._images(found, start)[:, self._open].any(axis=1))
        return found

    @property
    def searched(self):
        """The frame that was searched, itself or, where neighbours lie beyond half its box, repeated."""
        if self._larger is not None:
            return self._larger.searched
        return self.frame if np.all(np.equal(self._repeats, 1)) else self.frame.replicated(*self._repeats)

    def _among_images(self, distance):
        """The search in a box made twice as large along the vectors that are too short for the distance.

        Its first particles are those of the frame, in order, and the others their images.
        """
        if self._larger is None:
            short = (self.halves <= distance) | (self.halves < 2 * self.reach)
            if len(self.frame) * 2**short.sum() > MOST_IMAGES:
                raise InputError(f"The box of {self.frame.where} is too thin for its neighbours: the distance of "
                                 f"opposite faces is {2 * self.reach:.4g} at its least, and they lie {distance:.4g} "
                                 f"away or more.", frame=self.frame.where)
            self._larger = NeighborSearch(self.frame.replicated(*np.where(short, 2, 1)), self.rule)
        return self._larger

    def others(self, start, stop, **arguments):
        """Of a query of freud the neighbours that are not the centre itself: `num_neighbors` or within `r_max`."""
        # freud knows the centre by its number among the centres, which is its number only where they start at 0.
        if start == 0:
            arguments["exclude_ii"] = True
        elif "num_neighbors" in arguments:
            arguments["num_neighbors"] += 1
        if "r_max" in arguments:
            arguments["r_max"] = min(arguments["r_max"], self._widened[2])
        query = self.query.query(self.query.points[start:stop], arguments)
        found = query.toNeighborList(sort_by_distance=True)
        if start > 0:
            found.filter(np.asarray(found.point_indices) != np.asarray(found.query_point_indices) + start)
        return self.without_images(found, start)

    def _check_precision(self, found, bonds, start):
        # Far outside the box, or in a box far larger than the distances, freud's positions are wrong.
        wrong = abs(found.vectors - bonds).max(axis=1, initial=0)
        if len(found) and wrong.max() > _PRECISION * found.distances.mean():
            i = found.query_point_indices[wrong.argmax()] + start
            raise InputError(f"In single precision the place of particle {i} of {self.frame.where} is known to "
                             f"{wrong.max():.2g} only, where neighbours are {found.distances.mean():.2g} apart; wrap "
                             f"the particles into the box, or give a box nearer to their size.", frame=self.frame.where)

    def check_distinct(self, found, start):
        """InputError if two particles in a list of the centres from `start` on are at one place."""
        closest = int(found.distances.argmin()) if len(found) else None
        if closest is not None and found.distances[closest] == 0:
            i, j = found.query_point_indices[closest] + start, found.point_indices[closest]
            raise InputError(f"Particles {i} and {j} of {self.frame.where} are at the same place; remove one.",
                             frame=self.frame.where)


def fraction_of_ties(frame, k, among=64):
    """The fraction of the first `among` particles whose neighbours k and k + 1 are equally far, to rounding.

    In a perfect crystal a shell may not fit: which of its particles are among the k nearest is arbitrary.
    """
    found = NeighborSearch(frame, Nearest(k + 1)).find(0, among)
    if (found.neighbor_counts < k + 1).any():  # a cluster of k particles or fewer
        return 0.0
    last, next_ = found.distances.reshape(-1, k + 1)[:, -2:].T
    return float(np.mean(next_ < (1 + _EQUAL) * last))


def neighbor_list(frame: FrameLike, neighbors: NeighborRule = DEFAULT) -> "freud.locality.NeighborList":
    """The neighbours of every particle of `frame` as freud's NeighborList, by centre and then by distance.

    Arguments and errors are those of `NeighborSearch`. With `Nearest(k)` every centre has exactly k, or all others of a
    cluster of fewer; with any other rule the nearest 20 at most, unless it is given another `most`.
    """
    return NeighborSearch(frame, neighbors)()
