"""The unit of length of a frame: what its bonds are divided by before a network sees them."""
import numpy as np

from gala_ssl.clouds.neighbors import NeighborSearch


def nearest_distances(frame, size=65536):
    """(N,) float32: the distance of each particle to the one nearest to it, `size` particles searched at a time."""
    search = NeighborSearch(frame, 1)
    found = [search(start, start + size).vectors for start in range(0, len(frame), size)]
    return np.linalg.norm(np.concatenate(found).astype(np.float32), axis=-1)


def contact_distance(nearest):
    """The distance within which one particle in a hundred has its nearest neighbour, of those distances (N,)."""
    return np.quantile(nearest, 0.01)


# Length scales by name: the length of a frame from its particles' nearest distances (N,), or None where each cloud is
# divided by its own mean bond.
LENGTH_SCALES = {"contact": contact_distance, "shortest": np.min, "mean_bond": None}
