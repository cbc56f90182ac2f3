"""Connected particles of one name: the largest of these clusters is the nucleus of a frame that freezes."""
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gala_ssl.clouds.tree import wrapped
from gala_ssl.frames.crystals import face_distances
from gala_ssl.order.names import DISORDERED, UNKNOWN

# Particles touch within so many of their nearest distances: about the first minimum of g(r) of dense phases.
_TOUCHING = 1.4


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
    # A ball may not reach beyond half the smallest thickness of the box, where freud stops.
    reach, count = 0.499 * face_distances(frame.cell).min(), 0
    for name in np.unique(names):
        members = np.flatnonzero(names == name)
        found, own = _connected(frame.box, reach, frame.positions[members])
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
    wanted = ~np.isin(names, (*DISORDERED, UNKNOWN)) if among is None else np.isin(names, among)
    if not wanted.any():
        return "", np.empty(0, int)
    numbers = clusters(frame, np.where(wanted, names, ""))
    largest = np.bincount(numbers[wanted]).argmax()
    members = np.flatnonzero(wanted & (numbers == largest))
    return str(names[members[0]]), members


def _connected(box, reach, positions):
    """How many clusters there are among these particles, which touch within `reach` at most, and that of each."""
    if len(positions) == 1:
        return 1, np.zeros(1, int)
    nearest, pairs_within = (_by_freud if np.any(box[3:]) else _by_tree)(box, positions)
    if not len(nearest):  # farther than freud searches, beyond half the box
        return len(positions), np.arange(len(positions))
    pairs = pairs_within(min(_TOUCHING * float(np.median(nearest)), reach))
    graph = coo_array((np.ones(len(pairs[0]), bool), pairs), (len(positions),) * 2)
    return connected_components(graph, directed=False)


def _by_tree(box, positions):
    """Nearest distances, and a function that gives the pairs (2, n) within a distance."""
    tree = cKDTree(wrapped(positions, box[:3]), boxsize=box[:3])
    return tree.query(tree.data, 2)[0][:, 1], lambda within: tree.query_pairs(within, output_type="ndarray").T


def _by_freud(box, positions):
    """The same in a sheared box."""
    import freud  # which takes a second that frames with right angles do without

    box = freud.box.Box(*box)
    query = freud.locality.AABBQuery(box, box.wrap(positions))

    def pairs_within(distance):
        found = query.query(positions, {"r_max": distance, "exclude_ii": True}).toNeighborList()
        return np.array([found.query_point_indices, found.point_indices])

    return query.query(positions, {"num_neighbors": 1, "exclude_ii": True}).toNeighborList().distances, pairs_within
