"""Writing frames, with columns of results, to files of any format that can be written."""
import os
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from gala_ssl.base.files import written_whole
from gala_ssl.frames.formats import writer_of
from gala_ssl.frames.frame import Frame


def write_frames(path: str | os.PathLike, frames: Iterable[Frame],
                 columns: Sequence[Mapping[str, np.ndarray]] | None = None) -> None:
    """Write frames to a file, which appears whole.

    Args:
        path: whose name decides the format: .gsd, .xyz and .extxyz (extended XYZ), .dump and .lammpstrj (LAMMPS).
        frames: a sequence of Frame, such as a Trajectory or a list.
        columns: of each frame {name: (N,)}, numbers or names that the particles get, as OVITO's user properties; or
            None. Names, such as those of structures, are written as numbers from 0, as the column NAME_id.

    Positions are written as a Frame has them, the box centred on 0. Ids, time steps, types, and which vectors are
    open are kept. A frame that was read from a GSD file and is unchanged keeps all it has, such as velocities, bonds
    and logs.

    Raises:
        InputError: the name is of no format that can be written. NotWritten: the disk is full.

    Example:
        >>> write_frames("named.xyz", frames, [{"structure": identify(frame).structure} for frame in frames])
    """
    writer = writer_of(path)
    with written_whole(path) as temporary, writer(temporary) as file:
        for number, frame in enumerate(frames):
            file.write(frame, columns[number] if columns is not None else {})
