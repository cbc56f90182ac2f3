"""Neighbours within a distance."""
import dataclasses
import math

from gala_ssl.base.errors import InputError
from gala_ssl.clouds.rules.base import NeighborRule, register_rule


@register_rule
@dataclasses.dataclass(frozen=True)
class Cutoff(NeighborRule):
    """The particles nearer than `r_max`, of more than `most` (20) the nearest; they may be none.

    Args:
        r_max: in the frame's unit of length, less than half the box. most: see `NeighborRule`.

    Raises:
        InputError: a distance that is not positive; in a search, one of half the box or more.

    Example:
        >>> point_clouds(frame, Cutoff(1.6, most=100)).mask.sum(axis=1)   # how many each particle has
    """

    r_max: float = dataclasses.field(metadata={"help": "in the file's unit of length"})

    name, order = "cutoff", 2

    def __post_init__(self):
        super().__post_init__()
        if self.r_max is None or not 0 < self.r_max < math.inf:
            raise InputError(f"Neighbours within a cutoff need r_max, a positive length, not {self.r_max!r}; "
                             f"on the command line, give --r-max.", option="r_max", value=self.r_max)

    def prepare(self, search):
        if self.r_max >= search.reach:
            where = search.frame.where
            nx, ny, nz = (int(self.r_max / half) + 1 for half in search.halves)
            raise InputError(f"The cutoff {self.r_max:.4g} is too large for the box of {where}: from half the box "
                             f"({search.reach:.4g}) on a particle meets images; lower it, or take frame.replicated"
                             f"({nx}, {ny}, {nz}) if you mean it.", frame=where, option="r_max", value=self.r_max)

    def find(self, search, start, stop):
        return search.others(start, stop, r_max=self.r_max), True
