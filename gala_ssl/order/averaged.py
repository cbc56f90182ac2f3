"""Order parameters averaged over neighbours, and the rows of a table of them."""
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.frames.objects import as_frame
from gala_ssl.order import embedding
from gala_ssl.order.featurizer import Featurizer
from gala_ssl.order.pooling import POOLED, pooled
from gala_ssl.order.regions import in_bulk


class Averaged(Featurizer):
    """An order parameter averaged over each particle and its nearest neighbours: less noise, and a wider view.

    Args:
        featurizer: a callable `frame -> (N, d)`, such as an `Embedding`. neighbors: how many.

    Raises:
        InputError: fewer than one neighbour; when called, what the featurizer refuses.

    Example:
        >>> averaged = Averaged(gala_ssl.Embedding.from_pretrained("noisy_bond"), 12)
        >>> averaged(frame)[in_bulk(frame)].shape
        (3120, 32)
    """

    def __init__(self, featurizer, neighbors: int = POOLED):
        if neighbors < 1:
            raise InputError(f"An average needs at least one neighbour, not {neighbors}.", option="neighbors",
                             value=neighbors)
        self.featurizer, self.neighbors = featurizer, int(neighbors)
        self.name, self.dimension = f"{featurizer.name}_average_{self.neighbors}", featurizer.dimension

    def __call__(self, frame) -> np.ndarray:
        frame = as_frame(frame)
        return pooled(self.featurizer(frame), frame, self.neighbors)


def particle_rows(frame, parts, average=0, bulk=False):
    """Yield numbers of particles (n,) and their embedding (n, d), part by part, in order.

    Args:
        frame, parts: of `Embedding.each`. average: neighbours to average over. bulk: leave out the particles that are
            not `in_bulk`.
    """
    keep = in_bulk(frame) if bulk else np.ones(len(frame), bool)
    start = 0
    for part in [pooled(np.concatenate(list(parts)), frame, average)] if average else parts:
        chosen = np.flatnonzero(keep[start:start + len(part)])
        yield start + chosen, part[chosen]
        start += len(part)


def bond_rows(embed, frame, parts):
    """Yield numbers of particles (n,), of their neighbours (n,), and the values (n, d) of these bonds.

    Args:
        embed: an Embedding of source "bonds". frame, parts: of its `each`.
    """
    for start, found in NeighborSearch(frame, embed.neighbors).parts(embedding.SEARCHED):
        values = []
        while sum(map(len, values)) < found.num_query_points:
            values.append(next(parts))
        centre = np.asarray(found.query_point_indices)
        rank = np.arange(len(centre)) - np.repeat(found.segments, found.neighbor_counts)
        yield centre + start, np.asarray(found.point_indices), np.concatenate(values)[centre, rank]
