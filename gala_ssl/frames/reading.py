"""Reading frames from a file of any format."""
import collections.abc
import pathlib

import numpy as np

from gala_ssl.base.errors import InputError, counted
from gala_ssl.base.files import check_file
from gala_ssl.frames.formats import reader_of


def read_frames(path, frames=slice(None)):
    """The frames of a file, read one by one as they are asked for.

    GSD files are read as they are. The other formats of this package are read by ASE: extended XYZ and LAMMPS dumps
    one frame at a time; CIF, POSCAR, XDATCAR, LAMMPS data and ASE's own trajectories, which are short, at once. The
    name of the file decides the format. A cell of any orientation becomes a box of GSD's convention, centred
    on 0, with the particles turned along and wrapped into it. Types are the chemical symbols, or the names or
    LAMMPS types in the file, in alphabetical or numerical order.

    Args:
        path: a file.
        frames: which of its frames: a slice, one number or a list of numbers, negative ones from the end.

    Returns:
        A sequence of `Frame`; `source` names file and frame, `label` is the file's stem.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: the name fits no format, the file is truncated or of another format, or has no such frame;
            and, when a frame is taken from the sequence, what `Frame` refuses, a frame that is two-dimensional,
            has no box or is not periodic in three directions.

    Example:
        >>> last = read_frames("run.gsd", -1)[0]
        >>> frames = read_frames("dump.lammpstrj", slice(None, None, 10))
    """
    path = pathlib.Path(path)
    check_file(path)
    reader = reader_of(path)(path)
    return Frames(reader, _chosen(frames, len(reader), path))


class Frames(collections.abc.Sequence):
    """Frames of one file as a sequence, each read when it is asked for (see `read_frames`).

    Args:
        reader: a `gala_ssl.frames.formats.Reader`. numbers: of the frames in the sequence.
    """

    def __init__(self, reader, numbers):
        self._reader, self.path, self.numbers = reader, reader.path, numbers

    def __len__(self):
        return len(self.numbers)

    def __repr__(self):
        return f"Trajectory({counted(len(self), 'frame')} of {self.path})"

    def __getitem__(self, index):
        if isinstance(index, slice):
            return Frames(self._reader, self.numbers[index])
        return self._reader.read(self.numbers[index])


def _chosen(frames, count, path):
    """The frame numbers, 0 ... count - 1, that a slice, a number or a list of numbers means."""
    if isinstance(frames, slice):
        return list(range(count)[frames])
    if not count:
        raise InputError(f"There are no frames in {path}; give a file that has some.", path=path)
    numbers = np.ravel(frames)
    if not np.issubdtype(numbers.dtype, np.integer):
        raise InputError(f"Frames of {path} are chosen by a slice or by whole numbers, not by {frames!r}.", path=path,
                         option="frames", value=frames)
    chosen = [int(number) for number in numbers]
    for number in chosen:
        if not -count <= number < count:
            raise InputError(f"{path} has {counted(count, 'frame')}, so there is no frame {number}; "
                             + ("choose 0." if count == 1 else f"choose from 0 to {count - 1}."),
                             path=path, option="frames", value=number)
    return [number % count for number in chosen]
