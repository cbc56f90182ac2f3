"""Distances to the neighbours."""
import numpy as np

from gala_ssl.clouds.neighbors import neighbor_list
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.objects import FrameLike, as_frame
from gala_ssl.order.classical.base import register_baseline
from gala_ssl.order.featurizer import Featurizer


@register_baseline
class RadialDistances(Featurizer):
    """Distances of the nearest n neighbours, sorted and divided by the first, so that column 0 is always 1.

    In a cluster of n particles or fewer, in open space, the columns of neighbours that are not there are NaN.

    Args:
        neighbors: n.

    Raises when called:
        InputError: what `point_clouds` refuses.

    Example:
        >>> RadialDistances()(frame).shape
        (4096, 20)
    """

    name = "radial_distances"
    order = 3
    of_paper = True

    def __init__(self, neighbors: int = 20):
        self.dimension = int(neighbors)

    def __call__(self, frame: FrameLike) -> np.ndarray:
        frame = as_frame(frame)
        found = np.reshape(neighbor_list(frame, Nearest(self.dimension)).distances, (len(frame), -1))
        distances = np.pad(found, ((0, 0), (0, self.dimension - found.shape[1])), constant_values=np.nan)
        return (distances / distances[:, :1]).astype(np.float32)
