"""Connected particles of one name: the largest of these clusters is the nucleus of a frame that freezes."""
import freud
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gala_ssl.order.transitions import GAS, LIQUID, UNKNOWN

# Particles touch within so many of their nearest distances: about the first minimum of g(r) of dense phases.
_TOUCHING = 1.4
_DISORDERED = (LIQUID, GAS, UNKNOWN)


def clusters(frame, names):
    """Divide the particles into clusters: particles of one name that touch each other, directly or through others.

    Two particles touch if they are nearer than 1.4 times the median of the nearest distances among the particles
    of their name.

    Args:
        frame: Frame of N particles. names: (N,) their names.

    Returns:
        (N,) int, the number of the cluster of each particle, from 0 on.
    """
    names, numbers = np.asarray(names), np.empty(len(frame), int)
    box, count = freud.box.Box(*frame.box), 0
    for name in np.unique(names):
        members = np.flatnonzero(names == name)
        found, own = _connected(box, frame.positions[members])
        numbers[members] = own + count
        count += found
    return numbers


def largest_cluster(frame, names, among=None):
    """Name and size of the largest cluster, see `clusters`.

    Args:
        frame: Frame of N particles. names: (N,) their names.
        among: names of which clusters are looked for; None for all but liquid, gas and unknown.

    Returns:
        (name, members): a string and (n,) int, the particles in it, in ascending order; ("", no particles) where no
        particle has one of the names.

    Example:
        >>> name, members = largest_cluster(frame, identify(frame).structure)
        >>> name, len(members)
        ('bcc', 1840)
    """
    names = np.asarray(names)
    wanted = ~np.isin(names, _DISORDERED) if among is None else np.isin(names, among)
    if not wanted.any():
        return "", np.empty(0, int)
    numbers = clusters(frame, np.where(wanted, names, ""))
    largest = np.bincount(numbers[wanted]).argmax()
    members = np.flatnonzero(wanted & (numbers == largest))
    return str(names[members[0]]), members


def _connected(box, positions):
    """How many clusters there are among these particles, and the cluster of each."""
    if len(positions) == 1:
        return 1, np.zeros(1, int)
    query = freud.locality.AABBQuery(box, box.wrap(positions))
    nearest = query.query(positions, {"num_neighbors": 1, "exclude_ii": True}).toNeighborList().distances
    if not len(nearest):  # farther than freud searches, beyond half the box
        return len(positions), np.arange(len(positions))
    # A ball may not reach beyond half the smallest thickness of the box, where freud stops.
    reach = 0.499 * box.volume / max(np.linalg.norm(np.cross(*pair)) for pair in _faces(box))
    touching = min(_TOUCHING * float(np.median(nearest)), reach)
    pairs = query.query(positions, {"r_max": touching, "exclude_ii": True}).toNeighborList()
    graph = coo_array((np.ones(len(pairs), bool), (pairs.query_point_indices, pairs.point_indices)),
                      (len(positions),) * 2)
    return connected_components(graph, directed=False)


def _faces(box):
    """The pairs of box vectors that span its faces."""
    vectors = box.to_matrix().T
    return [(vectors[i], vectors[j]) for i, j in ((0, 1), (1, 2), (2, 0))]
