"""The starting gas: random points that do not overlap."""
import numpy as np
import scipy.spatial

from gala_ssl.base.errors import InputError


def random_points(count, length, smallest, rng):
    """Random points in a periodic cube, no two closer than `smallest`.

    Points are drawn uniformly; those too close to an earlier one are drawn again until none are. At number
    density 0.1 and `smallest` = 1 a few rounds are enough.

    Args:
        count: number of points N.
        length: edge of the cube.
        smallest: least distance, in the units of `length`.
        rng: a `numpy.random.Generator`.
    Returns:
        (N, 3) float64 in [-length/2, length/2).
    Raises:
        InputError: the points do not fit at random (100 rounds were not enough).
    """
    points = rng.uniform(0, length, (count, 3))
    for _ in range(100):
        pairs = scipy.spatial.cKDTree(points, boxsize=length).query_pairs(smallest, output_type="ndarray")
        if not len(pairs):
            return points - length / 2
        later = np.unique(pairs.max(axis=1))
        points[later] = rng.uniform(0, length, (len(later), 3))
    raise InputError(f"{count} particles at distances of at least {smallest} do not fit at random into a "
                     f"cube of edge {length:.2f}; lower the density.", option="count", value=count)
