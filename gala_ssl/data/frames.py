"""Frames: the particles of one moment, and reading them from files."""
import collections.abc
import contextlib
import dataclasses
import pathlib
import struct

import gsd.hoomd
import numpy as np

from gala_ssl.errors import InputError
from gala_ssl.files import written_whole

# What freud can search in: the volume, and a particle's place in it, must be numbers of single precision.
_SMALL, _SHEARED = 1e-12, 1e4
# What a particle or a bond of a GSD file takes at least, in bytes, and what a frame has of either.
_LEAST, _COUNTED = 8, ("particles", "bonds", "angles", "dihedrals", "impropers", "constraints", "pairs")


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """Particles in a periodic box at one moment.

    Attributes:
        positions: (N, 3) float32, in the file's own unit of length; kept as a read-only copy.
        box: (6,) float64, `Lx, Ly, Lz, xy, xz, yz` in the convention of GSD and HOOMD-blue
            (lengths, then dimensionless tilt factors); the origin is the centre of the box.
        types: (N,) int32, index into `type_names`; where none are given, all particles are of the first.
        type_names: names of the particle types.
        label: what the frame is, for titles and tables, such as "cF4-Cu liquid".
        source: where it came from, for error messages, such as "run.gsd, frame 3".

    Raises:
        InputError: no particles, positions that are NaN or infinite, a box without volume or beyond single precision,
            an unnamed type.
    """

    positions: np.ndarray
    box: np.ndarray
    types: np.ndarray | None = None
    type_names: tuple = ("A",)
    label: str = ""
    source: str = ""

    def __post_init__(self):
        where = self.where
        if self.types is None:
            object.__setattr__(self, "types", np.zeros(len(self.positions)))
        for name, dtype in (("positions", np.float32), ("box", np.float64), ("types", np.int32)):
            array = np.array(getattr(self, name), dtype)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "type_names", tuple(self.type_names))
        if self.positions.shape[1:] != (3,) or self.types.shape != self.positions.shape[:1]:
            raise InputError(f"A frame needs positions of shape (N, 3) and types of shape (N,), but {where} "
                             f"has {self.positions.shape} and {self.types.shape}.")
        if not len(self.positions):
            raise InputError(f"There are no particles in {where}; give a frame that has some.")
        finite = np.isfinite(self.positions).all(axis=1)
        if not finite.all():
            raise InputError(f"{np.sum(~finite)} particles of {where} have positions that are NaN or "
                             f"infinite, the first of them particle {np.argmin(finite)}; give a frame from "
                             f"before the run blew up.")
        if self.box.shape != (6,) or not np.isfinite(self.box).all() or not (self.box[:3] > 0).all():
            raise InputError(f"The box of {where} is {self.box.tolist()}, but it needs Lx, Ly, Lz, xy, xz, "
                             f"yz with three lengths above zero; two-dimensional frames are not supported.")
        if not ((_SMALL < self.box[:3]) & (self.box[:3] < 1 / _SMALL)).all() or (abs(self.box[3:]) > _SHEARED).any():
            raise InputError(f"The box of {where} is {self.box.tolist()}, which is beyond single precision; give "
                             f"lengths between {_SMALL:g} and {1 / _SMALL:g}, and tilt factors up to {_SHEARED:g}.")
        if not (0 <= self.types.min() and self.types.max() < len(self.type_names)):
            raise InputError(f"The types of {where} run from {self.types.min()} to {self.types.max()}, but "
                             f"it names {len(self.type_names)} types.")

    def __len__(self):
        return len(self.positions)

    @property
    def cell(self):
        """(3, 3) float64: the box vectors, one a row."""
        lx, ly, lz, xy, xz, yz = self.box
        return np.array([[lx, 0, 0], [xy * ly, ly, 0], [xz * lz, yz * lz, lz]])

    def replicated(self, nx, ny, nz):
        """The frame repeated nx, ny and nz times along its box vectors.

        Returns:
            Frame: N nx ny nz particles, image after image, each in the order of this frame. Particle i of any image
            has the neighbours of particle i in the infinite crystal, so the first N rows of an embedding are enough.

        Raises:
            InputError: a number of repeats that is not whole or below 1.

        Example:
            >>> len(Frame([[0, 0, 0]], [1, 1, 1, 0, 0, 0]).replicated(5, 5, 5))
            125
        """
        repeats = np.array([nx, ny, nz])
        if not np.issubdtype(repeats.dtype, np.integer) or repeats.min() < 1:
            raise InputError(f"{self.where} can be repeated a whole number of times along each box vector, at least "
                             f"once, not {nx} x {ny} x {nz} times.")
        within = self.positions @ np.linalg.inv(self.cell)
        positions = (repeated(within, repeats) - (repeats - 1) / 2) @ self.cell
        return dataclasses.replace(self, positions=positions, box=self.box * [nx, ny, nz, 1, 1, 1],
                                   types=np.tile(self.types, repeats.prod()))

    @property
    def where(self):
        """What error messages call this frame."""
        return self.source or self.label or "the frame"


def repeated(points, repeats):
    """Fractional points (n, 3) of a cell in `repeats` (3,) cells along its vectors, cell after cell, in cell units."""
    return (np.indices(repeats).reshape(3, -1).T[:, None] + points).reshape(-1, 3)


class Frames(collections.abc.Sequence):
    """Frames of one file as a sequence, each read when it is asked for (see `read_frames`).

    Args:
        reader: what has `path`, a length and `read(number)`. numbers: of the frames in the sequence.
    """

    def __init__(self, reader, numbers):
        self._reader, self.path, self.numbers = reader, reader.path, numbers

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return Frames(self._reader, self.numbers[index])
        return self._reader.read(self.numbers[index])


class GSDReader:
    """The frames of a GSD file by number: `len(reader)` and `reader.read(number)`."""

    def __init__(self, path):
        self.path = path
        with opened(path) as trajectory:
            self._count = len(trajectory)

    def __len__(self):
        return self._count

    def read(self, number):
        source = f"{self.path}, frame {number}"
        # Opened for every frame: no handle stays open, and the sequence can be pickled and shared.
        with opened(self.path) as trajectory:
            _check_counts(trajectory, number, source)
            read = trajectory[number]
        if read.configuration.dimensions == 2:
            raise InputError(f"{source} is two-dimensional; only frames in three dimensions are supported.")
        particles = read.particles
        return Frame(particles.position, read.configuration.box, particles.typeid, tuple(particles.types),
                     label=self.path.stem.replace("_", " "), source=source)


def read_frames(path, frames=slice(None)):
    """The frames of a file, read one by one as they are asked for.

    GSD files are read as they are. The other formats are read by ASE (see `gala_ssl.data.formats`): extended XYZ and
    LAMMPS dumps one frame at a time; CIF, POSCAR, XDATCAR, LAMMPS data and ASE's own trajectories, which are short,
    at once. The file's name tells the format. A cell in any orientation becomes a box of GSD's convention, centred
    on 0, with the particles turned along and wrapped into it. Types are the chemical symbols, or the names or
    LAMMPS types in the file, in alphabetical or numerical order.

    Args:
        path: a file.
        frames: which of its frames: a slice, one number or a list of numbers, negative ones from the end.

    Returns:
        A sequence of `Frame`; `source` names file and frame, `label` is the file's stem.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: the name tells no format, the file is truncated or of another format, or has no such frame;
            and, when a frame is taken from the sequence, what `Frame` refuses, a frame that is two-dimensional,
            has no box or is not periodic in three directions.

    Example:
        >>> last = read_frames("run.gsd", -1)[0]
        >>> frames = read_frames("dump.lammpstrj", slice(None, None, 10))
    """
    path = pathlib.Path(path)
    _check_file(path)
    if path.suffix.lower() == ".gsd":
        reader = GSDReader(path)
    else:
        from gala_ssl.data.formats import ASEReader  # which imports from here
        reader = ASEReader(path)
    return Frames(reader, _chosen(frames, len(reader), path))


def logged(frames, names):
    """The numbers that a GSD file logs with each frame, {name: (n,) float64}.

    Args:
        frames: n frames of one file, of `read_frames`. names: of the log, such as "kT".

    Returns:
        None where the file is not GSD, or a frame has no single number of one of these names.
    """
    if frames.path.suffix.lower() != ".gsd":
        return None
    with opened(frames.path) as trajectory:
        logs = [trajectory[number].log for number in frames.numbers]
    if any(np.size(log.get(name, ())) != 1 for log in logs for name in names):
        return None
    return {name: np.array([np.ravel(log[name])[0] for log in logs], np.float64) for name in names}


def write_frames(path, frames):
    """Write a sequence of frames to `path` as GSD, a whole file; labels and sources are not kept."""
    with written_whole(path) as temporary, gsd.hoomd.open(temporary, "w") as trajectory:
        for frame in frames:
            trajectory.append(snapshot(frame))


def snapshot(frame):
    """The frame as `gsd.hoomd.Frame`."""
    made = gsd.hoomd.Frame()
    made.configuration.box = frame.box
    made.particles.N = len(frame)
    made.particles.position = frame.positions
    made.particles.typeid = frame.types
    made.particles.types = list(frame.type_names)
    return made


@contextlib.contextmanager
def opened(path):
    """The trajectory in a GSD file; what the reader says of a broken one becomes a sentence."""
    _check_file(path)
    try:
        _check_header(path)
        with gsd.hoomd.open(path, "r") as trajectory:
            yield trajectory
    except InputError:
        raise
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError, MemoryError, OSError) as error:
        raise InputError(f"{path} cannot be read as GSD ({error}); it may be truncated or of another format, "
                         f"so copy or write it again.") from error


def _check_header(path):
    """ValueError unless index and names lie within the file; gsd's own check overflows, and the process dies."""
    with open(path, "rb") as file:
        head = file.read(40)
    lists = struct.unpack("<8x4Q", head) if len(head) == 40 else ()
    for location, entries, size in zip(lists[::2], lists[1::2], (32, 64)):
        if not entries or location + entries * size > path.stat().st_size:
            raise ValueError("its header points outside it")


def _check_counts(trajectory, number, source):
    """Refuse numbers of particles and bonds that the file has no room for; gsd would make arrays of that many."""
    room = trajectory.file.nframes and pathlib.Path(trajectory.file.name).stat().st_size // _LEAST
    for frame in {0, number}:  # what a frame leaves out is that of the first
        for name in (f"{counted}/N" for counted in _COUNTED):
            if trajectory.file.chunk_exists(frame=frame, name=name):
                count = trajectory.file.read_chunk(frame=frame, name=name)[0]
                if np.size(count) != 1 or not 0 <= count <= room:
                    raise InputError(f"{source} is said to have {count} {name[:-2]}, more than the file has room for; "
                                     f"it is damaged, so copy or write it again.")


def _check_file(path):
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}; check the path.")
    if path.is_dir():
        raise InputError(f"{path} is a folder; give a file in it.")
    if not path.is_file():  # a pipe would be waited on for ever
        raise InputError(f"{path} is no ordinary file; copy what it holds into one.")


def _chosen(frames, count, path):
    """The frame numbers, 0 ... count - 1, that a slice, a number or a list of numbers means."""
    if isinstance(frames, slice):
        return list(range(count)[frames])
    if not count:
        raise InputError(f"There are no frames in {path}; give a file that has some.")
    numbers = np.ravel(frames)
    if not np.issubdtype(numbers.dtype, np.integer):
        raise InputError(f"Frames of {path} are chosen by a slice or by whole numbers, not by {frames!r}.")
    chosen = [int(number) for number in numbers]
    for number in chosen:
        if not -count <= number < count:
            raise InputError(f"{path} has {count} frames, so there is no frame {number}; "
                             f"choose from 0 to {count - 1}.")
    return [number % count for number in chosen]
