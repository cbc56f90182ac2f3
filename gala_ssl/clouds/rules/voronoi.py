"""Neighbours by the faces of Voronoi cells."""
import dataclasses

import numpy as np

from gala_ssl.clouds.rules.base import NeighborRule, register_rule


@register_rule
@dataclasses.dataclass(frozen=True)
class Voronoi(NeighborRule):
    """The particles whose Voronoi cells share a face with the centre's, however small (Voro++).

    They may be farther than half the box, images of one particle or of the centre itself. The tessellation of the whole
    frame is in memory during a search, two kilobytes or so a particle. At an open surface, cells reach into the open
    space: their faces count up to half the width of the box from it, along a vector that is periodic.

    Args:
        most: see `NeighborRule`.

    Example:
        >>> point_clouds(frame, Voronoi()).mask.sum(axis=1)   # how many faces each cell has
    """

    name, order, finds_images = "voronoi", 3, True

    def prepare(self, search):
        import freud  # which the help of the command line, where rules are named, does not wait for

        # Voro++ leaves out one of two particles at one place without a word.
        search.check_distinct(search.others(0, len(search.frame), num_neighbors=1), 0)
        cells = freud.locality.Voronoi().compute((search.query.box, search.query.points)).nlist.copy()
        cells.sort(by_distance=True)
        return search.without_images(cells, 0)

    def find(self, search, start, stop):
        import freud

        cells = search.prepared
        centre = np.asarray(cells.query_point_indices)
        part = slice(*np.searchsorted(centre, (start, stop)))
        return freud.locality.NeighborList.from_arrays(
            stop - start, len(search.frame), centre[part] - start, cells.point_indices[part], cells.vectors[part]), True
