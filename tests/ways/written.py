"""What is written in each way: a frame in a cell of any orientation; and the list of ways."""
import dataclasses

import numpy as np

WAYS = {}


@dataclasses.dataclass
class Written:
    """What is written: positions in parts of the cell (N, 3), the cell (3, 3) as rows, its corner, types and ids."""

    places: np.ndarray
    cell: np.ndarray
    corner: np.ndarray
    turn: np.ndarray
    types: np.ndarray
    ids: np.ndarray
    names: tuple
    rng: np.random.Generator

    def __post_init__(self):
        self.order = np.arange(len(self.places))

    @property
    def positions(self):
        return self.places @ self.cell + self.corner

    @property
    def turned(self):
        """The same with the cell turned."""
        return dataclasses.replace(self, cell=self.cell @ self.turn.T)

    def shuffled(self):
        self.order = self.rng.permutation(len(self.places))
        return self.order


def way(function):
    """Register a way of writing."""
    WAYS[function.__name__] = function
    return function


def words(*columns):
    return "".join(" ".join(row) + "\n" for row in zip(*([x if isinstance(x, str) else f"{x:.10g}" for x in column]
                                                         for column in columns)))
