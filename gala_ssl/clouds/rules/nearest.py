"""Neighbours by number."""
import dataclasses

from gala_ssl.clouds.rules.base import NeighborRule, register_rule


@register_rule
@dataclasses.dataclass(frozen=True)
class Nearest(NeighborRule):
    """The nearest particles, exactly `most` of them, or all others of a cluster of fewer in open space.

    Example:
        >>> point_clouds(frame, Nearest(12)).bonds.shape
        (4096, 12, 3)
    """

    most: int | None = None

    name, order, fixed = "nearest", 1, True

    def find(self, search, start, stop):
        found = search.others(start, stop, num_neighbors=self.most)
        # freud gives fewer without a word where the frame has too few particles or they are too far.
        return found, (found.neighbor_counts == self.most).all()
