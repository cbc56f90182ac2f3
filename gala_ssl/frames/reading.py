"""Reading frames from files of any format."""
import glob
import os
import pathlib
import re
from collections.abc import Iterable

import numpy as np

from gala_ssl.base.errors import InputError, pluralize
from gala_ssl.base.files import check_file
from gala_ssl.frames.formats import reader_of
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.trajectory import Trajectory

Paths = str | os.PathLike | Iterable[str | os.PathLike]


def read_frame(path: Paths, index: int = -1, *, partial: bool = False) -> Frame:
    """One frame of a file, its last by default.

    Args:
        path: a file, or several, see `read_frames`. index: number of the frame, a negative one from the end.
        partial: see `read_frames`.

    Raises:
        FileNotFoundError, InputError: see `read_frames`.

    Example:
        >>> last = read_frame("run.gsd")
    """
    return read_frames(path, index, partial=partial)[0]


def read_frames(path: Paths, frames: slice | int | Iterable[int] = slice(None), *, partial: bool = False) -> Trajectory:
    """The frames of a file or of several, read one by one as they are asked for.

    GSD, LAMMPS dumps and data files, extended XYZ, CIF, POSCAR, XDATCAR and ASE's trajectories, plain or compressed
    (gzip, bzip2, xz, Zstandard). The content of a file decides its format, or its name where the content does not.
    A cell of any orientation becomes a box of GSD's convention, centred on 0, with the particles turned along and
    wrapped into it along its periodic vectors. Types are the chemical symbols, or the names or LAMMPS types in the
    file, in alphabetical or numerical order; where two columns tell types, the first that tells some of them apart.
    Ids and time steps are kept. LAMMPS's particles are ordered by their ids.

    Args:
        path: a file, a pattern such as "dump.*.lammpstrj", or a list of these. Several files are one trajectory: those
            of a pattern in natural order (2 before 10), those of a list in its order.
        frames: which of the frames: a slice, one number or a list of numbers, negative ones from the end.
        partial: read also what is there of frames that are incomplete, and sites of a CIF that are not full.

    Returns:
        Trajectory: a sequence of `Frame`; `path` and `index` of each name its file and its number in it.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: a file is of no known format, damaged, or has no complete frame; there is no frame of this number,
            or it is incomplete; and, when a frame is taken from the sequence, what `Frame` refuses, a frame that is
            two-dimensional or has no box.

    Warns (InputWarning) of frames that are incomplete, as at the end of a file that is still written; they are left
    out.

    Example:
        >>> last = read_frames("run.gsd", -1)[0]
        >>> frames = read_frames("dump.*.lammpstrj", slice(None, None, 10))
    """
    readers = [_opened(each, partial) for each in files(path)]
    lengths = [len(reader) for reader in readers]
    places = [(reader, number) for reader, length in zip(readers, lengths) for number in range(length)]
    where = readers[0].path if len(readers) == 1 else f"{readers[0].path} to {readers[-1].path}"
    return Trajectory(places, _chosen(frames, len(places), where, places))


def files(path):
    """The files, a list of pathlib.Path, that a path, a pattern or a list of these means."""
    if not isinstance(path, (str, os.PathLike)):
        if not isinstance(path, Iterable) or not (paths := list(path)):
            raise InputError(f"{path!r} names no file; give a path, a pattern such as \"dump.*\", or a list of these.",
                             option="path", value=path)
        return [each for some in paths for each in files(some)]
    text = os.fspath(path)
    if re.search(r"[*?[]", text) and not os.path.lexists(text):
        if found := sorted(glob.glob(text), key=natural):
            return [pathlib.Path(each) for each in found]
        raise FileNotFoundError(f"There is no file {text}, nor any that this pattern fits; check the path.")
    check_file(pathlib.Path(text))
    return [pathlib.Path(text)]


def natural(text):
    """By what names of files are sorted so that 2 comes before 10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", str(text))]


def _opened(path, partial):
    kind = reader_of(path)
    return kind(path, partial=True) if partial else kind(path)


def _chosen(frames, count, path, places=()):
    """The frame numbers, 0 ... count - 1, that a slice, a number or a list of numbers means."""
    missing = {number: reader.missing[inner] for number, (reader, inner) in enumerate(places)
               if inner in reader.missing}
    if isinstance(frames, slice):
        return [number for number in range(count)[frames] if number not in missing]
    if not count:
        raise InputError(f"There are no frames in {path}; give a file that has some.", path=path)
    numbers = np.ravel(frames)
    if not np.issubdtype(numbers.dtype, np.integer):
        raise InputError(f"Frames of {path} are chosen by a slice or by whole numbers, not by {frames!r}.", path=path,
                         option="frames", value=frames)
    chosen = [int(number) for number in numbers]
    for number in chosen:
        if not -count <= number < count:
            raise InputError(f"{path} has {pluralize(count, 'frame')}, so there is no frame {number}; "
                             + ("choose 0." if count == 1 else f"choose from 0 to {count - 1}."),
                             path=path, option="frames", value=number)
        if number % count in missing:
            raise InputError(f"Frame {number} of {path} cannot be read, because {missing[number % count]}; choose "
                             f"another.", path=path, option="frames", value=number)
    return [number % count for number in chosen]
