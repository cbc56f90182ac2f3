"""Find the neighbours of particles by one of four rules, with freud, for all particles or for some at a time."""
import freud
import numpy as np

from gala_ssl.base.errors import InputError

# Particles and images that a search takes into memory at most.
_MOST_IMAGES = 2**24
# Neighbours among which the first solid angles are looked for; doubled where they do not suffice.
_SANN_START = 32
# Lengths that differ by this part of them are equal but for rounding.
_EQUAL = 1e-5
# Part of the mean bond that rounding may move a bond by.
_PRECISION = 0.01


class NeighborSearch:
    """The neighbours of each particle of a frame by one rule, among all periodic images.

    - "nearest": the k nearest particles.
    - "cutoff": all particles nearer than `r_max`, less than half the box; they may be none.
    - "voronoi": the particles whose Voronoi cells share a face with the centre's, however small (Voro++). They may be
      farther than half the box, images of one particle or of the centre itself.
    - "sann": the nearest particles whose solid angles fill the sphere, the fewest n >= 3 of which sum_j r_j / (n - 2)
      is at most the distance of the next (van Meel et al., J. Chem. Phys. 136, 234107 (2012)).

    Args:
        frame: a `Frame` of N particles.
        k: neighbours a particle; of the last three rules the largest number: where a rule gives more, the k nearest
            of them are kept.
        neighbors: the rule.
        r_max: of the rule "cutoff", in the frame's unit of length.

    Call with (start, stop): freud's NeighborList of the centres start ... stop - 1, which it numbers from 0, by
    centre and then by distance. Its vectors are as exact as the positions. Where the neighbours of a particle by
    number or solid angle lie beyond half the box, as in a unit cell or far from a droplet, they are searched among
    more images, so that one particle may be a neighbour several times, and its own.

    Raises:
        InputError: an unknown rule, a wrong k or r_max; when called, two particles at one place, a box so thin that
            the images would not fit in memory, particles so far outside the box, or a box so much larger than their
            distances, that single precision cannot decide which particles are neighbours.
    """

    def __init__(self, frame, k=20, neighbors="nearest", r_max=None):
        check_rule(k, neighbors, r_max)
        self.frame, self.k, self.rule, self.r_max = frame, int(k), neighbors, r_max
        self._inverse = np.linalg.inv(frame.cell)
        # A neighbour nearer than half the distance of opposite faces has no other image as near.
        self._halves = 0.5 / np.linalg.norm(self._inverse, axis=0)
        self.reach = self._halves.min()
        box = freud.box.Box(*frame.box)
        self.query = freud.locality.AABBQuery(box, box.wrap(frame.positions))
        if neighbors == "cutoff" and r_max >= self.reach:
            nx, ny, nz = (int(r_max / half) + 1 for half in self._halves)
            raise InputError(f"The cutoff {r_max:.4g} is too large for the box of {frame.where}: from half the box "
                             f"({self.reach:.4g}) on a particle meets images; lower it, or take frame.replicated({nx}, "
                             f"{ny}, {nz}) if you mean it.", frame=frame.where, option="r_max", value=r_max)
        self._voronoi = self._tessellated() if neighbors == "voronoi" else None
        self._larger = None

    def __call__(self, start=0, stop=None):
        stop = len(self.frame) if stop is None else min(stop, len(self.frame))
        found, complete = getattr(self, f"_{_RULES[self.rule]}")(start, stop)
        rank = np.arange(len(found)) - np.repeat(found.segments, found.neighbor_counts)
        found.filter(rank < self.k)
        farthest = found.distances.max() if len(found) else 0
        if not complete or (self.rule != "voronoi" and farthest >= self.reach):
            self._check_distinct(found, start)
            found = self._among_images(farthest)(start, stop)
        count = len(self.frame)
        centre, neighbor = np.asarray(found.query_point_indices), np.asarray(found.point_indices) % count
        # freud gives the image, but wraps in single precision, to 1e-7 box lengths.
        bonds = self.frame.positions[neighbor].astype(np.float64) - self.frame.positions[centre + start]
        bonds += np.rint((found.vectors - bonds) @ self._inverse) @ self.frame.cell
        self._check_precision(found, bonds, start)
        self._check_distinct(found, start)
        return freud.locality.NeighborList.from_arrays(stop - start, count, centre, neighbor, bonds)

    @property
    def searched(self):
        """The frame that was searched, itself or, where neighbours lie beyond half its box, repeated."""
        return self.frame if self._larger is None else self._larger.searched

    def _among_images(self, distance):
        """The search in a box made twice as large along the vectors that are too short for the distance.

        Its first particles are those of the frame, in order, and the others their images.
        """
        if self._larger is None:
            short = (self._halves <= distance) | (self._halves < 2 * self.reach)
            if len(self.frame) * 2**short.sum() > _MOST_IMAGES:
                raise InputError(f"The box of {self.frame.where} is too thin for its neighbours: the distance of "
                                 f"opposite faces is {2 * self.reach:.4g} at its least, and they lie {distance:.4g} "
                                 f"away or more.", frame=self.frame.where)
            self._larger = NeighborSearch(self.frame.replicated(*np.where(short, 2, 1)), self.k, self.rule)
        return self._larger

    def _others(self, start, stop, **arguments):
        """Of a query of freud the neighbours that are not the centre itself: `num_neighbors` or within `r_max`."""
        # freud knows the centre by its number among the centres, which is its number only where they start at 0.
        if start == 0:
            arguments["exclude_ii"] = True
        elif "num_neighbors" in arguments:
            arguments["num_neighbors"] += 1
        query = self.query.query(self.query.points[start:stop], arguments)
        found = query.toNeighborList(sort_by_distance=True)
        if start > 0:
            found.filter(np.asarray(found.point_indices) != np.asarray(found.query_point_indices) + start)
        return found

    def _by_number(self, start, stop):
        found = self._others(start, stop, num_neighbors=self.k)
        # freud gives fewer without a word where the frame has too few particles or they are too far.
        return found, (found.neighbor_counts == self.k).all()

    def _by_cutoff(self, start, stop):
        return self._others(start, stop, r_max=self.r_max), True

    def _by_solid_angle(self, start, stop):
        count = _SANN_START
        while True:
            found = self._others(start, stop, num_neighbors=count)
            try:
                system = self.query.box, self.query.points
                filtered = freud.locality.FilterSANN().compute(system, found, self.query.points[start:stop])
                return filtered.filtered_nlist.copy(), True
            except RuntimeError:  # some sphere is not full
                if found.neighbor_counts.max(initial=0) < count:
                    return found, False
                count *= 2

    def _by_face(self, start, stop):
        centre = np.asarray(self._voronoi.query_point_indices)
        first, last = np.searchsorted(centre, (start, stop))
        part = slice(first, last)
        return freud.locality.NeighborList.from_arrays(
            stop - start, len(self.frame), centre[part] - start, self._voronoi.point_indices[part],
            self._voronoi.vectors[part]), True

    def _tessellated(self):
        """The list of the whole tessellation, by centre and distance."""
        # Voro++ leaves out one of two particles at one place without a word.
        self._check_distinct(self._others(0, len(self.frame), num_neighbors=1), 0)
        found = freud.locality.Voronoi().compute((self.query.box, self.query.points)).nlist.copy()
        found.sort(by_distance=True)
        return found

    def _check_precision(self, found, bonds, start):
        # Far outside the box, or in a box far larger than the distances, freud's positions are wrong.
        wrong = abs(found.vectors - bonds).max(axis=1, initial=0)
        if len(found) and wrong.max() > _PRECISION * found.distances.mean():
            i = found.query_point_indices[wrong.argmax()] + start
            raise InputError(f"In single precision the place of particle {i} of {self.frame.where} is known to "
                             f"{wrong.max():.2g} only, where neighbours are {found.distances.mean():.2g} apart; wrap "
                             f"the particles into the box, or give a box nearer to their size.", frame=self.frame.where)

    def _check_distinct(self, found, start):
        closest = int(found.distances.argmin()) if len(found) else None
        if closest is not None and found.distances[closest] == 0:
            i, j = found.query_point_indices[closest] + start, found.point_indices[closest]
            raise InputError(f"Particles {i} and {j} of {self.frame.where} are at the same place; remove one.",
                             frame=self.frame.where)


_RULES = {"nearest": "by_number", "cutoff": "by_cutoff", "voronoi": "by_face", "sann": "by_solid_angle"}


def check_rule(k, neighbors, r_max=None):
    """InputError unless these are what `NeighborSearch` can search by."""
    if neighbors not in _RULES:
        raise InputError(f"Neighbours are chosen by {', '.join(map(repr, _RULES))}, not by {neighbors!r}.",
                         option="neighbors", value=neighbors)
    if int(k) != k or k < 1:
        raise InputError(f"A point cloud needs a whole number of neighbours, at least 1, not {k!r}.",
                         option="k", value=k)
    if neighbors == "cutoff" and (r_max is None or not 0 < r_max < np.inf):
        raise InputError(f"Neighbours within a cutoff need r_max, a positive length, not {r_max!r}; "
                         f"on the command line, give --r-max.", option="r_max", value=r_max)
    if neighbors != "cutoff" and r_max is not None:
        raise InputError(f"r_max is of neighbours by 'cutoff'; by {neighbors!r} leave it out.",
                         option="r_max", value=r_max)


def undecided(frame, k, among=64):
    """Of how many particles, as a part of the first `among`, neighbours k and k + 1 are equally far, to rounding.

    In a perfect crystal a shell may not fit: which of its particles are among the k nearest is arbitrary.
    """
    found = NeighborSearch(frame, k + 1)(0, among)
    last, next_ = found.distances.reshape(-1, k + 1)[:, -2:].T
    return float(np.mean(next_ < (1 + _EQUAL) * last))


def neighbor_list(frame, k=20, neighbors="nearest", r_max=None):
    """The neighbours of every particle of `frame` as freud's NeighborList, by centre and then by distance.

    Arguments and errors are those of `NeighborSearch`. With "nearest" every centre has exactly k.
    """
    return NeighborSearch(frame, k, neighbors, r_max)()
