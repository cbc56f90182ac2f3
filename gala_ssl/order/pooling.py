"""Values averaged over a particle and its nearest neighbours."""
import numpy as np
from scipy.sparse import csr_array

from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest

# Neighbours whose evidence is pooled with a particle's own.
POOLED = 12
_ROWS = 65536


class Surroundings:
    """Averages values over each particle of a frame and its nearest neighbours, which are searched for once.

    Call on values (N, d), a row a particle; returns (N, d). A row with NaN stays so and counts for no other.

    Args:
        frame: a Frame of N particles. neighbors: how many of each.
    """

    def __init__(self, frame, neighbors=POOLED):
        found = [(np.asarray(some.point_indices), np.asarray(some.neighbor_counts))
                 for _, some in NeighborSearch(frame, Nearest(neighbors)).parts()]
        indices, counts = (np.concatenate(each) for each in zip(*found))
        ends = np.append(0, np.cumsum(counts, dtype=int))
        self._neighbors = csr_array((np.ones(ends[-1], np.float32), indices, ends), shape=(len(frame),) * 2)

    def __call__(self, values):
        bare = np.isnan(values).any(axis=1)
        values = np.where(bare[:, None], 0, values) if bare.any() else values
        total = self._neighbors @ values
        total += values
        total /= (self._neighbors @ (~bare).astype(values.dtype))[:, None] + 1
        total[bare] = np.nan
        return total


def pooled(values, frame, neighbors=POOLED):
    """What `Surroundings` of a frame makes of values (N, d)."""
    return Surroundings(frame, neighbors)(values)


def in_parts(compute, *arrays):
    """What a function makes of the rows of arrays, some at a time, so that little more than that is in memory."""
    parts = [compute(*(array[i:i + _ROWS] for array in arrays)) for i in range(0, len(arrays[0]), _ROWS)]
    return [np.concatenate(each) for each in zip(*parts)]
