"""Values averaged over a particle and its nearest neighbours."""
import numpy as np
from scipy.sparse import csr_array

from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest

# Neighbours whose evidence is pooled with a particle's own.
POOLED = 12
_ROWS = 65536


def pooled(values, frame, neighbors=POOLED):
    """Values (N, d) averaged over each particle and its nearest neighbours.

    Args:
        values: (N, d), a row a particle of `frame`; a row with NaN stays so and counts for no other.
        neighbors: how many.
    """
    bare = np.isnan(values).any(axis=1)
    values = np.where(bare[:, None], 0, values) if bare.any() else values
    counted, total = (~bare).astype(values.dtype), np.array(values)
    for start, found in NeighborSearch(frame, Nearest(neighbors)).parts():
        rows = slice(start, start + found.num_query_points)
        ends = np.append(0, np.cumsum(found.neighbor_counts, dtype=int))
        of_neighbors = csr_array((np.ones(ends[-1], values.dtype), np.asarray(found.point_indices), ends),
                                 shape=(found.num_query_points, len(frame)))
        total[rows] += of_neighbors @ values
        total[rows] /= (of_neighbors @ counted)[:, None] + 1
    total[bare] = np.nan
    return total


def in_parts(compute, *arrays):
    """What a function makes of the rows of arrays, some at a time, so that little more than that is in memory."""
    parts = [compute(*(array[i:i + _ROWS] for array in arrays)) for i in range(0, len(arrays[0]), _ROWS)]
    return [np.concatenate(each) for each in zip(*parts)]
