"""Neighbours by solid angle."""
import dataclasses

from gala_ssl.clouds.rules.base import NeighborRule, register_rule

# Neighbours among which the first solid angles are looked for; doubled where they do not suffice.
_START = 32


@register_rule
@dataclasses.dataclass(frozen=True)
class SANN(NeighborRule):
    """The nearest particles whose solid angles fill the sphere.

    They are the fewest n >= 3 of which sum_j r_j / (n - 2) is at most the distance of the next (van Meel et al.,
    J. Chem. Phys. 136, 234107 (2012)); of a cluster all particles, where there are not as many.

    Args:
        most: see `NeighborRule`.

    Example:
        >>> point_clouds(prototypes.build("cF4-Cu", noise=0.01), SANN()).mask.sum(axis=1)   # twelve
    """

    name, order = "sann", 4

    def find(self, search, start, stop):
        import freud  # which the help of the command line, where rules are named, does not wait for

        count = _START
        while True:
            found = search.others(start, stop, num_neighbors=count)
            if not len(found):  # freud would end the process
                return found, False
            try:
                system = search.query.box, search.query.points
                filtered = freud.locality.FilterSANN().compute(system, found, search.query.points[start:stop])
                return filtered.filtered_nlist.copy(), True
            except RuntimeError:  # some sphere is not full
                if found.neighbor_counts.max(initial=0) < count:
                    if not any(search.frame.periodic):  # all there are of a cluster
                        shell = freud.locality.FilterSANN(allow_incomplete_shell=True)
                        return shell.compute(system, found, search.query.points[start:stop]).filtered_nlist.copy(), True
                    return found, False
                count *= 2
