"""The unit of length of a frame: what its bonds are divided by before a network sees them."""
import warnings

import numpy as np

from gala_ssl.base.errors import InputWarning
from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest


def nearest_distances(frame, size=65536):
    """(N,) float32: the distance of each particle to the one nearest to it, `size` particles searched at a time.

    It is infinite for a particle that is alone in open space.
    """
    search, lengths = NeighborSearch(frame, Nearest(1)), np.full(len(frame), np.inf, np.float32)
    for start, found in search.parts(size):
        lengths[np.asarray(found.query_point_indices) + start] = np.linalg.norm(
            found.vectors.astype(np.float32), axis=-1)
    return lengths


def contact_distance(nearest):
    """The distance within which one particle in a hundred has its nearest neighbour, of those distances (N,).

    Infinite ones, of particles that are alone, do not count; it is 1 where there are no others.
    """
    finite = nearest[np.isfinite(nearest)]
    return np.quantile(finite, 0.01) if len(finite) else 1.0


# The part of the median nearest distance below which particles are close.
_CLOSE = 0.25
# The mean bond of a cloud in the unit of thermal environments: about that of a close packing with 20 neighbours, so
# that the unit is about the nearest distance.
MEAN_BOND = 1.2


def own_mean_bond(bonds):
    """(n,) lengths that the clouds with these bonds (n, k, 3) are divided by: the mean bond of each is then 1.2."""
    return np.linalg.norm(bonds, axis=-1).mean(axis=1) / MEAN_BOND


def bulk_mean_bond(frame, k=20, size=65536):
    """The length that all clouds of a frame are divided by: 1.2 of it are the mean bond in the dense part of the frame.

    That is the median over the particles whose own mean bond, to k neighbours, is less than 1.2 times that of the
    densest twentieth; so vapour and surfaces hardly move it.
    """
    means = np.concatenate([np.add.reduceat(found.distances, found.segments) / found.neighbor_counts
                            for _, found in NeighborSearch(frame, Nearest(k)).parts(size)])
    return float(np.median(means[means < 1.2 * np.quantile(means, 0.05)])) / MEAN_BOND


def of_nearest(frame, least):
    """The length that `least` makes of the nearest distances of a frame.

    Warns (InputWarning) where it is less than a quarter of their median, because it then comes from a few close pairs:
    cores and shells of a polarisable model, or sites of a disordered crystal that are not both there.
    """
    nearest = nearest_distances(frame)
    length, usual = float(least(nearest)), float(np.median(nearest))
    if np.isfinite(usual) and length < _CLOSE * usual:
        close = int(np.sum(nearest < _CLOSE * usual))
        warnings.warn(InputWarning(
            f"In {frame.where} the unit of length is {length:.3g}, which comes from {close} of its {len(nearest)} "
            f"particles; half of all have their nearest neighbour beyond {usual:.3g}. If these are pairs such as a "
            f"core and its shell, leave one of each out, or choose the length scale 'bulk' or 'mean_bond'.",
            frame=frame.where), stacklevel=2)
    return length


# Length scales by name: the length of a whole frame, or None where each cloud is divided by its own mean bond.
LENGTH_SCALES = {
    "contact": lambda frame: of_nearest(frame, contact_distance),
    "shortest": lambda frame: of_nearest(frame, np.min),
    "bulk": bulk_mean_bond,
    "mean_bond": None,
}


def cloud_lengths(scale, bonds, frame):
    """(n,) lengths by which a length scale divides the clouds with these bonds (n, k, 3) of a frame."""
    of_frame = LENGTH_SCALES[scale]
    return own_mean_bond(bonds) if of_frame is None else np.full(len(bonds), of_frame(frame))
