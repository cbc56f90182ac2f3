"""The unit of length of a frame: what its bonds are divided by before a network sees them."""
import numpy as np

from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest


def nearest_distances(frame, size=65536):
    """(N,) float32: the distance of each particle to the one nearest to it, `size` particles searched at a time."""
    search = NeighborSearch(frame, Nearest(1))
    found = [search.find(start, start + size).vectors for start in range(0, len(frame), size)]
    return np.linalg.norm(np.concatenate(found).astype(np.float32), axis=-1)


def contact_distance(nearest):
    """The distance within which one particle in a hundred has its nearest neighbour, of those distances (N,)."""
    return np.quantile(nearest, 0.01)


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
    search = NeighborSearch(frame, Nearest(k))
    means = np.concatenate([
        np.asarray(search.find(start, start + size).distances).reshape(-1, k).mean(axis=1)
        for start in range(0, len(frame), size)])
    return float(np.median(means[means < 1.2 * np.quantile(means, 0.05)])) / MEAN_BOND


# Length scales by name: the length of a whole frame, or None where each cloud is divided by its own mean bond.
LENGTH_SCALES = {
    "contact": lambda frame: contact_distance(nearest_distances(frame)),
    "shortest": lambda frame: nearest_distances(frame).min(),
    "bulk": bulk_mean_bond,
    "mean_bond": None,
}


def cloud_lengths(scale, bonds, frame):
    """(n,) lengths by which a length scale divides the clouds with these bonds (n, k, 3) of a frame."""
    of_frame = LENGTH_SCALES[scale]
    return own_mean_bond(bonds) if of_frame is None else np.full(len(bonds), of_frame(frame))
