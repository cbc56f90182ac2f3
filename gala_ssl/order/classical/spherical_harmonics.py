"""Spherical harmonics of the bonds in their own axes."""
from collections.abc import Sequence

import freud
import numpy as np

from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.objects import FrameLike, as_frame
from gala_ssl.order.classical.base import NEIGHBORS, freud_system, register_baseline
from gala_ssl.order.featurizer import Featurizer


@register_baseline
class SphericalHarmonics(Featurizer):
    r"""Spherical harmonics averaged over the nearest n neighbours in their own axes, for a range of n.

    .. math:: \Big|\frac{1}{n} \sum_{j=1}^n Y_{lm}(R_i\, r_{ij})\Big|, \quad 0 \le m \le l \le l_\mathrm{max}

    R_i turns the bonds into the principal axes of their inertia tensor, moments ascending along x, y, z. The
    sign of an axis is arbitrary and cancels in the modulus. Where two moments are equal (highly symmetric
    neighbourhoods) the axes are arbitrary and the numbers with them. Descriptors of this kind: Spellings and
    Glotzer, AIChE J. 64, 2198 (2018); computed by freud.

    Args:
        max_degree: the largest l.
        neighbors: the n. The columns are all (l, m), l outer, for the first n, then for the next. In a cluster of n
            particles or fewer, in open space, they are NaN.

    Raises when called:
        InputError: what `point_clouds` refuses, for the largest n.

    Example:
        >>> SphericalHarmonics()(frame).shape
        (4096, 1547)
    """

    name = "spherical_harmonics"
    order = 2
    of_paper = True

    def __init__(self, max_degree: int = 12, neighbors: Sequence[int] = NEIGHBORS):
        self.max_degree, self.neighbors = int(max_degree), tuple(neighbors)
        self.dimension = (self.max_degree + 1) * (self.max_degree + 2) // 2 * len(self.neighbors)

    def __call__(self, frame: FrameLike) -> np.ndarray:
        k = max(self.neighbors)
        frame = as_frame(frame)
        search = NeighborSearch(frame, Nearest(k))
        found = search()
        harmonics = freud.environment.LocalDescriptors(self.max_degree, negative_m=False, mode="neighborhood")
        columns = []
        count = len(found) // len(frame)  # k, or fewer in a cluster of fewer
        for n in self.neighbors:
            if n > count:
                columns.append(np.full((len(frame), self.dimension // len(self.neighbors)), np.nan))
                continue
            # With max_num_neighbors freud takes both the axes and the harmonics from the first n bonds only.
            sph = harmonics.compute(freud_system(search), neighbors=found, max_num_neighbors=n).sph
            columns.append(np.abs(sph.reshape(len(frame), count, -1)[:, :n].mean(axis=1)))
        return np.hstack(columns).astype(np.float32)
