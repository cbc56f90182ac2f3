"""Point clouds: the bonds of each particle to its neighbours, what every task and network works on."""
import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from gala_ssl.base.errors import InputError, pluralize
from gala_ssl.clouds.lengths import contact_distance
from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import DEFAULT, NeighborRule
from gala_ssl.frames.objects import FrameLike, as_frame


@dataclasses.dataclass(frozen=True, eq=False)
class PointClouds:
    """Neighbourhoods of n particles, each of up to k bonds, shorter ones filled up with all-zero rows.

    Attributes:
        bonds: (n, k, 3) float32, r_ij = r_j - r_i from the centre i to its neighbour j, nearest first.
        types: (n, k, 2 T) float32 for T particle types: one-hot(j) - one-hot(i), then one-hot(j) + one-hot(i)
            (the paper's type encoding). Only padding has a row of zeros here, whatever becomes of its bond.

    The arrays are read-only: augmentation makes new clouds and leaves the stored ones as they were. An array
    that is still writeable is copied, so that no other code can change it.
    """

    bonds: np.ndarray
    types: np.ndarray

    def __post_init__(self):
        for name in ("bonds", "types"):
            array = np.asarray(getattr(self, name), np.float32)
            object.__setattr__(self, name, _read_only(array.copy() if array.flags.writeable else array))
        if self.bonds.ndim != 3 or self.bonds.shape[2] != 3 or self.types.shape[:-1] != self.bonds.shape[:-1]:
            raise InputError(f"Point clouds need bonds of shape (n, k, 3) and types of shape (n, k, 2 T), "
                             f"not {self.bonds.shape} and {self.types.shape}.",
                             option="bonds", value=(self.bonds.shape, self.types.shape))

    def __len__(self):
        return len(self.bonds)

    def __repr__(self):
        return (f"PointClouds({pluralize(len(self), 'cloud')} of up to {pluralize(self.bonds.shape[1], 'bond')}, "
                f"{pluralize(self.types.shape[2] // 2, 'type')})")

    def __getitem__(self, index):
        """The clouds at `index`: an integer (one cloud), a slice, an array of indices or a mask."""
        if isinstance(index, (int, np.integer)):
            index = [index]
        return PointClouds(_read_only(self.bonds[index]), _read_only(self.types[index]))

    @property
    def mask(self) -> np.ndarray:
        """(n, k) bool: true for a bond, false for padding."""
        return np.any(self.types, axis=-1)

    def scaled(self, length: float | np.ndarray) -> "PointClouds":
        """The clouds with bonds divided by `length`: one number, or (n,) numbers, one a cloud."""
        length = np.reshape(np.asarray(length, np.float32), (-1, 1, 1))
        if not np.all(np.isfinite(length) & (length > 0)):
            raise InputError("Point clouds can be scaled by positive finite lengths only.", option="length")
        return PointClouds(_read_only(self.bonds / length), self.types)

    def in_shortest_bonds(self) -> "PointClouds":
        """The clouds in units of the shortest of all their bonds, as the paper's authors scaled simulated frames.

        It is the extreme of one moment: two moments of one liquid differ in it by about two percent, which an
        embedding sees. `in_contact_distances` differs ten times less.
        """
        lengths = np.linalg.norm(self.bonds, axis=-1)[self.mask]
        return self.scaled(lengths.min()) if len(lengths) else self

    def in_contact_distances(self) -> "PointClouds":
        """The clouds in units of the distance within which one particle in a hundred has its nearest neighbour.

        A shortest bond without its chance: how near the cores of particles come in this frame.
        """
        contact = self.contact
        return self if contact is None else self.scaled(contact)

    @property
    def contact(self) -> float | None:
        """The distance within which one cloud in a hundred has its nearest bond; None where there are no bonds."""
        nearest = np.where(self.mask, np.linalg.norm(self.bonds, axis=-1), np.inf).min(axis=1, initial=np.inf)
        nearest = nearest[np.isfinite(nearest)]
        return contact_distance(nearest) if len(nearest) else None

    @property
    def mean_bonds(self) -> np.ndarray:
        """(n,) mean bond length of each cloud; 0 of one without bonds."""
        mask = self.mask
        lengths = np.linalg.norm(self.bonds, axis=-1)
        return np.where(mask, lengths, 0).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)

    def in_mean_bonds(self) -> "PointClouds":
        """The clouds, each in units of its own mean bond length: density is taken away."""
        mean = self.mean_bonds
        return self.scaled(np.where(mean > 0, mean, 1))

    @classmethod
    def concatenate(cls, clouds: Iterable["PointClouds"]) -> "PointClouds":
        """One PointClouds of all those in the sequence `clouds`; k and T must be the same in each."""
        clouds = list(clouds)
        shapes = {(c.bonds.shape[1], c.types.shape[2]) for c in clouds}
        if len(shapes) != 1:
            raise InputError(f"Point clouds can be joined if all have as many neighbours and types; these "
                             f"{len(clouds)} have (neighbours, type columns) {sorted(shapes)}.",
                             option="clouds", value=sorted(shapes))
        return cls(_read_only(np.concatenate([c.bonds for c in clouds])),
                   _read_only(np.concatenate([c.types for c in clouds])))


def point_clouds(frame: FrameLike, neighbors: NeighborRule = DEFAULT) -> PointClouds:
    """The point cloud of every particle of `frame`, in the frame's order and unit of length.

    Args:
        frame: a `Frame` of N particles of T types, or what `gala_ssl.as_frame` makes one of.
        neighbors: the rule, one of `gala_ssl.Nearest`, `Cutoff`, `Voronoi` and `SANN`; one without a number of bonds
            takes 20 at most.

    Returns:
        PointClouds: bonds (N, w, 3), types (N, w, 2 T), float32; the bonds of a cloud nearest first. The width w is
        k for `Nearest(k)`, else the number of bonds in the longest cloud, and 1 where no particle has a neighbour.
        Shorter clouds are filled up with padding; a particle without a neighbour has padding only.

    Raises:
        InputError: two particles at one place (their bond of length zero would be taken for padding), and what
            `NeighborSearch` refuses.

    Example:
        >>> clouds = point_clouds(prototypes.build("cP1-Po"))
        >>> clouds.bonds.shape
        (4096, 20, 3)
        >>> point_clouds(frame, Voronoi()).mask.sum(axis=1)   # how many faces each cell has
    """
    frame = as_frame(frame)
    search = NeighborSearch(frame, neighbors)
    found = search.find()
    width = search.rule.most if search.rule.fixed else max(1, int(found.neighbor_counts.max()))
    return _packed(frame, found, 0, width)


def cloud_chunks(frame: FrameLike, size: int, neighbors: NeighborRule = DEFAULT) -> Iterator[PointClouds]:
    """Yield the PointClouds of `size` particles after the other, each as wide as the rule allows at most.

    They are what `point_clouds` would give at once. However many particles the frame has, only the clouds of one chunk
    are in memory.
    """
    frame = as_frame(frame)
    search = NeighborSearch(frame, neighbors)
    for start, found in search.parts(size):
        yield _packed(frame, found, start, search.rule.most)


def _packed(frame, found, start, width):
    """A neighbour list of the centres from `start` on as PointClouds that are `width` wide."""
    centre, neighbor = np.asarray(found.query_point_indices), np.asarray(found.point_indices)
    rank = np.arange(len(centre)) - np.repeat(found.segments, found.neighbor_counts)
    one_hot = np.eye(len(frame.type_names), dtype=np.float32)[frame.types]
    bonds = np.zeros((found.num_query_points, width, 3), np.float32)
    types = np.zeros((found.num_query_points, width, 2 * len(frame.type_names)), np.float32)
    bonds[centre, rank] = found.vectors
    to, of = one_hot[neighbor], one_hot[centre + start]
    types[centre, rank] = np.hstack([to - of, to + of])
    return PointClouds(_read_only(bonds), _read_only(types))


def _read_only(array):
    array.flags.writeable = False
    return array
