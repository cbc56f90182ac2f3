"""Structures that the neighbours of a particle cannot tell apart count as one family."""
import numpy as np

# Two structures are alike where evidence prefers the wrong one of the two more often than this.
ALIKE = 0.1


def mistaken(evidence, truth):
    """How often each structure is mistaken for each other one, if only these two are asked about.

    Args:
        evidence: (n, C), logarithms of probabilities. truth: (n,) columns of the true structures.

    Returns:
        (C, C) float64: of the particles of structure i, the fraction for which the evidence prefers j; 0.5 where both
        are equal, NaN for a structure that has no particles.
    """
    evidence, truth = np.asarray(evidence), np.asarray(truth)
    found = np.full((evidence.shape[1],) * 2, np.nan)
    for i in np.unique(truth):
        rows = evidence[truth == i]
        found[i] = np.mean(rows > rows[:, [i]], axis=0) + np.mean(rows == rows[:, [i]], axis=0) / 2
    return found


def families(error, least=ALIKE):
    """Group structures so that in a family each is mistaken for each other one, on average in `least` of the cases.

    Hierarchical clustering with complete linkage: fcc and hcp stay apart, although both may be near to dhcp.

    Args:
        error: (C, C) of `mistaken`; the mean of both directions counts. least: fraction.

    Returns:
        List of lists of columns, families of two and more, in the order of their first members.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    near = 1 - (error + error.T) / 2
    np.fill_diagonal(near, 0)
    labels = fcluster(linkage(squareform(near), "complete"), 1 - least, "distance")
    groups = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    return sorted(group for group in groups if len(group) > 1)


def summed(evidence, groups):
    """(n, F): the logarithm of the summed probability of each of F groups of columns of `evidence` (n, C)."""
    return np.stack([np.logaddexp.reduce(evidence[:, group], axis=1) for group in groups], axis=1)
