"""Frames: the particles of one moment, and reading them from files."""
import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Frame:
    """Particles in a periodic box at one moment.

    Attributes:
        positions: (N, 3) float32, in the file's own unit of length.
        box: (6,) float64, `Lx, Ly, Lz, xy, xz, yz` in the convention of GSD and HOOMD-blue
            (lengths, then dimensionless tilt factors); the origin is the centre of the box.
        types: (N,) int32, index into `type_names`.
        type_names: names of the particle types.
        label: what the frame is, for titles and tables, such as "cF4-Cu liquid".
        source: where it came from, for error messages, such as "run.gsd, frame 3".
    """

    positions: np.ndarray
    box: np.ndarray
    types: np.ndarray
    type_names: tuple = ("A",)
    label: str = ""
    source: str = ""

    def __len__(self):
        return len(self.positions)
