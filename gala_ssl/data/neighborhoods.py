"""Point clouds: the bonds of each particle to its neighbours, what every task and network works on."""
import dataclasses

import freud
import numpy as np

from gala_ssl.errors import InputError


@dataclasses.dataclass(frozen=True, eq=False)
class PointClouds:
    """Neighbourhoods of n particles, each of up to k bonds, shorter ones filled up with all-zero rows.

    Attributes:
        bonds: (n, k, 3) float32, r_ij = r_j - r_i from the centre i to its neighbour j, nearest first.
        types: (n, k, 2 T) float32 for T particle types: one-hot(j) - one-hot(i), then one-hot(j) + one-hot(i)
            (the paper's type encoding). Only padding has a row of zeros here, whatever becomes of its bond.

    The arrays are read-only: augmentation makes new clouds and leaves the stored ones as they were. An array
    that is still writeable is copied, so that nobody else holds the writeable one.
    """

    bonds: np.ndarray
    types: np.ndarray

    def __post_init__(self):
        for name in ("bonds", "types"):
            array = np.asarray(getattr(self, name), np.float32)
            object.__setattr__(self, name, _read_only(array.copy() if array.flags.writeable else array))
        if self.bonds.ndim != 3 or self.bonds.shape[2] != 3 or self.types.shape[:-1] != self.bonds.shape[:-1]:
            raise InputError(f"Point clouds need bonds of shape (n, k, 3) and types of shape (n, k, 2 T), "
                             f"not {self.bonds.shape} and {self.types.shape}.")

    def __len__(self):
        return len(self.bonds)

    def __getitem__(self, index):
        """The clouds at `index`: an integer (one cloud), a slice, an array of indices or a mask."""
        if isinstance(index, (int, np.integer)):
            index = [index]
        return PointClouds(_read_only(self.bonds[index]), _read_only(self.types[index]))

    @property
    def mask(self):
        """(n, k) bool: true for a bond, false for padding."""
        return self.types.any(axis=-1)

    def scaled(self, length):
        """The clouds with bonds divided by `length`: one number, or (n,) numbers, one a cloud."""
        length = np.reshape(np.asarray(length, np.float32), (-1, 1, 1))
        if not np.all(np.isfinite(length) & (length > 0)):
            raise InputError("Point clouds can be scaled by positive finite lengths only.")
        return PointClouds(_read_only(self.bonds / length), self.types)

    def in_shortest_bonds(self):
        """The clouds in units of the shortest of all their bonds, as the paper's authors scaled simulated frames.

        It is the extreme of one moment: two moments of one liquid differ in it by about two percent, which an
        embedding sees. `in_contact_distances` differs ten times less.
        """
        lengths = np.linalg.norm(self.bonds, axis=-1)[self.mask]
        return self.scaled(lengths.min()) if len(lengths) else self

    def in_contact_distances(self):
        """The clouds in units of the distance within which one particle in a hundred has its nearest neighbour.

        A shortest bond without its chance: how near the cores of particles come in this frame.
        """
        nearest = np.where(self.mask, np.linalg.norm(self.bonds, axis=-1), np.inf).min(axis=1, initial=np.inf)
        nearest = nearest[np.isfinite(nearest)]
        return self.scaled(np.quantile(nearest, 0.01)) if len(nearest) else self

    @property
    def mean_bonds(self):
        """(n,) mean bond length of each cloud; 0 of one without bonds."""
        mask = self.mask
        lengths = np.linalg.norm(self.bonds, axis=-1)
        return np.where(mask, lengths, 0).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)

    def in_mean_bonds(self):
        """The clouds, each in units of its own mean bond length: density is taken away."""
        mean = self.mean_bonds
        return self.scaled(np.where(mean > 0, mean, 1))

    @classmethod
    def concatenate(cls, clouds):
        """One PointClouds of all those in the sequence `clouds`; k and T must be the same in each."""
        clouds = list(clouds)
        shapes = {(c.bonds.shape[1], c.types.shape[2]) for c in clouds}
        if len(shapes) != 1:
            raise InputError(f"Point clouds can be joined if all have as many neighbours and types; these "
                             f"{len(clouds)} have (neighbours, type columns) {sorted(shapes)}.")
        return cls(_read_only(np.concatenate([c.bonds for c in clouds])),
                   _read_only(np.concatenate([c.types for c in clouds])))


# How the bonds of a simulated frame become lengths that networks know, by name.
LENGTH_SCALES = {
    "contact": PointClouds.in_contact_distances,
    "shortest": PointClouds.in_shortest_bonds,
    "mean_bond": PointClouds.in_mean_bonds,
}


def point_clouds(frame, k=20, neighbors="nearest"):
    """The point cloud of every particle of `frame`, in the frame's order and unit of length.

    Args:
        frame: a `Frame` of N particles of T types.
        k: bonds a cloud.
        neighbors: "nearest", the k nearest particles by minimum image.

    Returns:
        PointClouds: bonds (N, k, 3), types (N, k, 2 T), float32; the bonds of a cloud nearest first.

    Raises:
        InputError: fewer than k + 1 particles, a box too small for a neighbour to have one nearest image,
            or two particles at one place (their bond of length zero would be taken for padding).

    Example:
        >>> clouds = point_clouds(prototypes.build("cP1-Po"))
        >>> clouds.bonds.shape
        (4096, 20, 3)
    """
    return _packed(frame, neighbor_list(frame, k, neighbors), int(k))


def neighbor_list(frame, k=20, neighbors="nearest"):
    """The neighbours of every particle of `frame` as freud's NeighborList, by centre and then by distance.

    Arguments and errors are those of `point_clouds`. With "nearest" every centre has exactly k.
    """
    if neighbors not in _FINDERS:
        raise InputError(f"Neighbours are chosen by {', '.join(map(repr, _FINDERS))}, not by {neighbors!r}.")
    if int(k) != k or k < 1:
        raise InputError(f"A point cloud needs a whole number of neighbours, at least 1, not {k!r}.")
    box = freud.box.Box(*frame.box)
    found = _FINDERS[neighbors](frame, freud.locality.AABBQuery(box, box.wrap(frame.positions)), int(k))
    _check_images(frame, found)
    return _exact(frame, found)


def _nearest(frame, query, k):
    # freud gives fewer than k without a word where the frame has too few particles.
    if len(frame) < k + 1:
        raise InputError(f"Point clouds of {k} neighbours need at least {k + 1} particles, but {frame.where} "
                         f"has {len(frame)}; give a larger frame or fewer neighbours.")
    found = query.query(query.points, {"num_neighbors": k, "exclude_ii": True})
    found = found.toNeighborList(sort_by_distance=True)
    short = int((found.neighbor_counts < k).sum())
    if short:
        raise InputError(f"{short} particles of {frame.where} have fewer than {k} neighbours in reach of the "
                         f"minimum image; give a larger frame or fewer neighbours.")
    return found


# Each finder gives freud's neighbour list sorted by centre, then distance.
_FINDERS = {"nearest": _nearest}


def _check_images(frame, found):
    """Refuse neighbours beyond half the distance of opposite box faces: another image may be as near."""
    reach = 0.5 / np.linalg.norm(np.linalg.inv(frame.cell), axis=0).max()
    if len(found.distances) == 0:
        return
    if found.distances.max() >= reach:
        raise InputError(f"The box of {frame.where} is too small: a neighbour lies at "
                         f"{found.distances.max():.4g}, beyond half the box ({reach:.4g}); replicate the "
                         f"frame or ask for fewer neighbours.")
    closest = int(found.distances.argmin())
    if found.distances[closest] == 0:
        i, j = found.query_point_indices[closest], found.point_indices[closest]
        raise InputError(f"Particles {i} and {j} of {frame.where} are at the same place; remove one.")


def _exact(frame, found):
    """The list with bonds as exact as the positions: freud wraps in single precision, at 1e-7 box lengths."""
    centre, neighbor = np.asarray(found.query_point_indices), np.asarray(found.point_indices)
    bonds = frame.positions[neighbor].astype(np.float64) - frame.positions[centre]
    bonds -= np.rint(bonds @ np.linalg.inv(frame.cell)) @ frame.cell
    return freud.locality.NeighborList.from_arrays(len(frame), len(frame), centre, neighbor, bonds)


def _packed(frame, found, k):
    """A neighbour list as PointClouds: the k nearest of each centre, or all of them and padding."""
    centre, neighbor = np.asarray(found.query_point_indices), np.asarray(found.point_indices)
    rank = np.arange(len(centre)) - np.repeat(found.segments, found.neighbor_counts)
    kept = rank < k
    centre, neighbor, rank = centre[kept], neighbor[kept], rank[kept]
    one_hot = np.eye(len(frame.type_names), dtype=np.float32)[frame.types]
    bonds = np.zeros((len(frame), k, 3), np.float32)
    types = np.zeros((len(frame), k, 2 * len(frame.type_names)), np.float32)
    bonds[centre, rank] = found.vectors[kept]
    to, of = one_hot[neighbor], one_hot[centre]
    types[centre, rank] = np.hstack([to - of, to + of])
    return PointClouds(_read_only(bonds), _read_only(types))


def _read_only(array):
    array.flags.writeable = False
    return array
