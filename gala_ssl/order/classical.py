"""Classical order parameters that the learned embeddings are compared with (paper, Appendix F).

Each is a featurizer: a callable `frame -> (N, dimension)` float32 with a `name`. All three are free of scale,
so a frame may be in any unit of length, and rotation-invariant. In a perfect crystal several neighbours are
equally far, and wherever n does not complete a shell it is arbitrary which of them are "the nearest n": there
rounding decides.
"""
import freud
import numpy as np

from gala_ssl.clouds.neighbors import NeighborSearch, neighbor_list

NEIGHBORS = tuple(range(4, 21))


class Steinhardt:
    r"""Steinhardt order parameters of the nearest n neighbours, for a range of n.

    .. math::
        Q_l(i) = \sqrt{\frac{4 \pi}{2 l + 1} \sum_{m=-l}^{l}
                 \Big|\frac{1}{n} \sum_{j=1}^n Y_{lm}(r_{ij})\Big|^2}

    Steinhardt, Nelson and Ronchetti, Phys. Rev. B 28, 784 (1983); computed by freud.

    Args:
        degrees: the l.
        neighbors: the n. The columns are all degrees for the first n, then for the next.

    Raises when called:
        InputError: what `point_clouds` refuses, for the largest n.

    Example:
        >>> Steinhardt()(frame).shape
        (4096, 102)
    """

    name = "steinhardt"

    def __init__(self, degrees=(2, 4, 6, 8, 10, 12), neighbors=NEIGHBORS):
        self.degrees, self.neighbors = tuple(degrees), tuple(neighbors)
        self.dimension = len(self.degrees) * len(self.neighbors)

    def __call__(self, frame):
        search = NeighborSearch(frame, max(self.neighbors))
        found = search()
        if search.searched is not frame:
            # freud takes the nearest images of the neighbours, which need not be those that were found.
            return self(search.searched)[:len(frame)]
        rank = np.arange(len(found)) % max(self.neighbors)
        order = freud.order.Steinhardt(l=list(self.degrees))
        columns = []
        for n in self.neighbors:
            nearest = found.copy().filter(rank < n)
            columns.append(order.compute(_system(frame), neighbors=nearest).particle_order.copy())
        return np.hstack(columns).astype(np.float32)


class SphericalHarmonics:
    r"""Spherical harmonics averaged over the nearest n neighbours in their own axes, for a range of n.

    .. math:: \Big|\frac{1}{n} \sum_{j=1}^n Y_{lm}(R_i\, r_{ij})\Big|, \quad 0 \le m \le l \le l_\mathrm{max}

    R_i turns the bonds into the principal axes of their inertia tensor, moments ascending along x, y, z. The
    sign of an axis is arbitrary and cancels in the modulus. Where two moments are equal (highly symmetric
    neighbourhoods) the axes are arbitrary and the numbers with them. Descriptors of this kind: Spellings and
    Glotzer, AIChE J. 64, 2198 (2018); computed by freud.

    Args:
        max_degree: the largest l.
        neighbors: the n. The columns are all (l, m), l outer, for the first n, then for the next.

    Raises when called:
        InputError: what `point_clouds` refuses, for the largest n.

    Example:
        >>> SphericalHarmonics()(frame).shape
        (4096, 1547)
    """

    name = "spherical_harmonics"

    def __init__(self, max_degree=12, neighbors=NEIGHBORS):
        self.max_degree, self.neighbors = int(max_degree), tuple(neighbors)
        self.dimension = (self.max_degree + 1) * (self.max_degree + 2) // 2 * len(self.neighbors)

    def __call__(self, frame):
        k = max(self.neighbors)
        found = neighbor_list(frame, k)
        harmonics = freud.environment.LocalDescriptors(self.max_degree, negative_m=False, mode="neighborhood")
        columns = []
        for n in self.neighbors:
            # With max_num_neighbors freud takes both the axes and the harmonics from the first n bonds only.
            sph = harmonics.compute(_system(frame), neighbors=found, max_num_neighbors=n).sph
            columns.append(np.abs(sph.reshape(len(frame), k, -1)[:, :n].mean(axis=1)))
        return np.hstack(columns).astype(np.float32)


class RadialDistances:
    """Distances of the nearest n neighbours, sorted and divided by the first, so that column 0 is always 1.

    Args:
        neighbors: n.

    Raises when called:
        InputError: what `point_clouds` refuses.

    Example:
        >>> RadialDistances()(frame).shape
        (4096, 20)
    """

    name = "radial_distances"

    def __init__(self, neighbors=20):
        self.dimension = int(neighbors)

    def __call__(self, frame):
        distances = np.reshape(neighbor_list(frame, self.dimension).distances, (len(frame), self.dimension))
        return (distances / distances[:, :1]).astype(np.float32)


def baselines():
    """The three featurizers as the paper has them: 102, 1547 and 20 numbers a particle."""
    return Steinhardt(), SphericalHarmonics(), RadialDistances()


def _system(frame):
    box = freud.box.Box(*frame.box)
    return box, box.wrap(frame.positions)
