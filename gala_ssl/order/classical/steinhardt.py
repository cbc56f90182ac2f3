"""Steinhardt's order parameters."""
from collections.abc import Sequence

import freud
import numpy as np

from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.objects import FrameLike, as_frame
from gala_ssl.order.classical.base import NEIGHBORS, freud_system, register_baseline
from gala_ssl.order.featurizer import Featurizer


@register_baseline
class Steinhardt(Featurizer):
    r"""Steinhardt order parameters of the nearest n neighbours, for a range of n.

    .. math::
        Q_l(i) = \sqrt{\frac{4 \pi}{2 l + 1} \sum_{m=-l}^{l}
                 \Big|\frac{1}{n} \sum_{j=1}^n Y_{lm}(r_{ij})\Big|^2}

    Steinhardt, Nelson and Ronchetti, Phys. Rev. B 28, 784 (1983); computed by freud.

    Args:
        degrees: the l.
        neighbors: the n. The columns are all degrees for the first n, then for the next. In a cluster of n particles
            or fewer, in open space, they are NaN.

    Raises when called:
        InputError: what `point_clouds` refuses, for the largest n.

    Example:
        >>> Steinhardt()(frame).shape
        (4096, 102)
    """

    name = "steinhardt"
    order = 1
    of_paper = True
    averaged = False

    def __init__(self, degrees: Sequence[int] = (2, 4, 6, 8, 10, 12), neighbors: Sequence[int] = NEIGHBORS):
        self.degrees, self.neighbors = tuple(degrees), tuple(neighbors)
        self.dimension = len(self.degrees) * len(self.neighbors)

    def __call__(self, frame: FrameLike) -> np.ndarray:
        frame = as_frame(frame)
        search = NeighborSearch(frame, Nearest(max(self.neighbors)))
        found = search()
        if search.searched is not frame:
            # freud takes the nearest images of the neighbours, which need not be those that were found.
            return self(search.searched)[:len(frame)]
        count = len(found) // len(frame)  # the largest n, or fewer in a cluster of fewer
        rank = np.arange(len(found)) % max(count, 1)
        order = freud.order.Steinhardt(l=list(self.degrees), average=self.averaged)
        columns = []
        for n in self.neighbors:
            if n > count:
                columns.append(np.full((len(frame), len(self.degrees)), np.nan))
                continue
            nearest = found.copy().filter(rank < n)
            found_order = order.compute(freud_system(search), neighbors=nearest).particle_order
            # Of a single degree freud returns (N,).
            columns.append(found_order.reshape(len(frame), -1).copy())
        return np.hstack(columns).astype(np.float32)
