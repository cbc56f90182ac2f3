"""Types by their role in a cloud: the names of types do not count, only which particles are of one type."""
import numpy as np

from gala_ssl.clouds.neighborhoods import PointClouds


def by_role(clouds: PointClouds, count: int) -> PointClouds:
    """The clouds with types in the order of their role: the centre's own first, then the others by nearness.

    Exchanging the names of types changes nothing. Of equally near particles that of the first row counts.

    Args:
        clouds: PointClouds, nearest bonds first. count: number of types that the result has, at least as many as are
            in a cloud.
    """
    difference, both = np.split(clouds.types, 2, axis=-1)
    to, of = (both + difference) / 2, (both - difference) / 2
    lacking = max(0, count - to.shape[-1])
    to, of = (np.pad(half, ((0, 0), (0, 0), (0, lacking))) for half in (to, of))
    present = to > 0.5
    rank = np.where(present.any(axis=1), present.argmax(axis=1), clouds.bonds.shape[1])  # (n, T)
    rank = np.where((of > 0.5).any(axis=1), -1, rank)
    order = np.argsort(rank, axis=1, kind="stable")[:, None, :count]
    to, of = (np.take_along_axis(half, order, axis=-1) for half in (to, of))
    return PointClouds(clouds.bonds, np.concatenate([to - of, to + of], axis=-1))
