"""Which crystals are the same structure up to scale, and which have the same environments of particles.

Crystals are compared by the surroundings of their particles: sorted distances to the nearest ones, and sorted distances
among the neighbours in the shells that are complete. Neither knows left from right, so both hands are one structure.
"""
import dataclasses
import itertools

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist, pdist

# Neighbours of a cloud, and those that whole structures are compared by.
NEIGHBORS, FAR = 20, 60
# How much lengths may differ, in mean distances of particles or mean bonds. Coordinates have five decimals.
TOLERANCE = 2e-3


@dataclasses.dataclass(frozen=True, eq=False)
class Surroundings:
    """The surroundings of a crystal's particles, m different ones.

    Attributes:
        far: (m, 60) distances to the nearest particles, in units of (V / n)^(1/3).
        among: (m, 190) distances among the first 20 as far as their shells are complete, in the same unit, 0 where
            there are fewer.
        alike: (m, 60) distances to those of the nearest that are of the particle's own type, 0 for the others.
        clouds: (m, 210) `far` and `among` of the first 20, in mean bonds of each cloud.
        shares: (m,) fraction of the particles.
    """

    far: np.ndarray
    among: np.ndarray
    alike: np.ndarray
    clouds: np.ndarray
    shares: np.ndarray


def surroundings(vectors, points, types=None):
    """The Surroundings of a crystal.

    Args:
        vectors: (3, 3), as rows. points: (n, 3) fractional coordinates in [0, 1). types: (n,), or None.
    """
    vectors, points = np.asarray(vectors, float), np.asarray(points, float)
    types = np.zeros(len(points), int) if types is None else np.asarray(types)
    unit = (abs(np.linalg.det(vectors)) / len(points)) ** (1 / 3)
    centres = points @ vectors
    reach = 3.5 * unit
    while True:
        number = np.ceil(reach * np.linalg.norm(np.linalg.inv(vectors), axis=0)).astype(int)
        images = np.array(list(itertools.product(*(range(-n, n + 1) for n in number))))
        around = (images[:, None] + points).reshape(-1, 3) @ vectors
        distances, found = cKDTree(around).query(centres, FAR + 2, distance_upper_bound=reach)
        if np.isfinite(distances).all():
            break
        reach *= 1.3
    rows = []
    for kind, far, nearest in zip(types, distances[:, 1:] / unit, found[:, 1:]):
        complete = np.flatnonzero(np.diff(far[:NEIGHBORS + 1]) > TOLERANCE)
        size = complete[-1] + 1 if len(complete) else 0
        among = np.zeros(NEIGHBORS * (NEIGHBORS - 1) // 2)
        pairs = np.sort(pdist(around[nearest[:size]]))[::-1] / unit if size > 1 else among[:0]
        among[:len(pairs)] = pairs
        far = far[:FAR]
        own = np.tile(types, len(images))[nearest[:FAR]] == kind
        alike = np.zeros(FAR)
        alike[:own.sum()] = far[own]
        bond = far[:NEIGHBORS].mean()
        rows.append((far, among, alike, np.concatenate([far[:NEIGHBORS], among]) / bond))
    far, among, alike, clouds = map(np.array, zip(*rows))
    whole = np.hstack([far, among, alike])
    first = _first(whole)
    kept, counts = np.unique(first, return_counts=True)
    return Surroundings(far[kept], among[kept], alike[kept], clouds[kept], counts / len(points))


def _first(rows):
    """For each row, the number of the first that differs from it by less than the tolerance."""
    return (cdist(rows, rows, "chebyshev") < TOLERANCE).argmax(axis=1)


def same_places(one, other):
    """Whether two Surroundings are of one structure up to scale, whatever the types of its particles."""
    return _same(*(np.hstack([each.far, each.among]) for each in (one, other)), one.shares, other.shares)


def same_structure(one, other):
    """Whether two Surroundings are of one structure up to scale and the names of its types."""
    return _same(*(np.hstack([each.far, each.among, each.alike]) for each in (one, other)), one.shares, other.shares)


def same_environments(one, other, tolerance=TOLERANCE):
    """Whether each cloud of 20 neighbours of one is found in the other, in mean bonds, and the other way round.

    The clouds are without types; which of equally far neighbours are in a cloud is by chance, and not compared.
    """
    near = cdist(one.clouds, other.clouds, "chebyshev") < tolerance
    return bool(near.any(axis=0).all() and near.any(axis=1).all())


def _same(rows, others, shares, other_shares):
    """Whether two sets of rows are the same, in the same shares."""
    near = cdist(rows, others, "chebyshev") < TOLERANCE
    if not (near.any(axis=0).all() and near.any(axis=1).all()):
        return False
    own = (cdist(rows, rows, "chebyshev") < TOLERANCE) @ shares
    return bool(np.allclose(near @ other_shares, own, atol=1e-6))
