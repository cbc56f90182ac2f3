"""GSD files, HOOMD-blue's own, as frames and back; damaged ones end in a sentence."""
import contextlib
import pathlib
import struct

import gsd.hoomd
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import check_file, written_whole
from gala_ssl.frames.compressed import plain
from gala_ssl.frames.formats.base import Reader, Writer, register_reader, register_writer
from gala_ssl.frames.formats.text_writers import numeric
from gala_ssl.frames.frame import Frame

# What a particle or a bond of a GSD file takes at least, in bytes, and what a frame has of either.
_LEAST, _COUNTED = 8, ("particles", "bonds", "angles", "dihedrals", "impropers", "constraints", "pairs")
# Where columns of results are logged; and what GSD has no place for: the particles' ids, -1 where they have none, and
# along which vectors the box repeats.
LOG = "particles/gala_ssl/"
_IDS, _PERIODIC, _NO_ID = f"{LOG}id", "gala_ssl/periodic", -1
# Half the edge of the box that a GSD file without one means, and some rounding.
_HALF_EDGE = 0.5 + 1e-6


@register_reader
class GSDReader(Reader):
    """Frames of HOOMD-blue, as they are."""

    name, patterns = "GSD", ("*.gsd",)

    def __init__(self, path, partial=False):
        super().__init__(path, partial)
        with opened(self.path, self.file) as trajectory:
            self._count = len(trajectory)

    @staticmethod
    def recognises(head):
        return head.startswith(b"\xdf\x65\xdf\x65\xdf\x65\xdf\x65")

    def __len__(self):
        return self._count

    def read(self, number):
        source = self.source(number)
        # Opened for every frame: no handle stays open, and the sequence can be pickled and shared.
        with opened(self.path, self.file) as trajectory:
            _check_counts(trajectory, number, source)
            read = trajectory[number]
            boxed = any(trajectory.file.chunk_exists(frame=i, name="configuration/box") for i in (0, number))
        if read.configuration.dimensions == 2:
            raise InputError(f"{source} is two-dimensional; only frames in three dimensions are supported.",
                             frame=source)
        particles = read.particles
        with np.errstate(invalid="ignore"):  # of a signalling NaN, which is refused as any other
            _check_places(particles.position, boxed, source)
            ids = read.log.get(_IDS)
            ids = None if np.shape(ids) != (particles.N,) or (ids == _NO_ID).all() else ids
            return Frame(particles.position, read.configuration.box, particles.typeid, tuple(particles.types),
                         ids, read.log.get(_PERIODIC, (True,) * 3),
                         int(read.configuration.step), source=source, **self.given(number))


def logged(frames, names):
    """The numbers that a GSD file logs with each frame, {name: (n,) float64}.

    Args:
        frames: n frames, of `read_frames`. names: of the log, such as "kT".

    Returns:
        None where a file is not GSD, or a frame has no single number of one of these names.
    """
    logs = []
    for reader, numbers in frames.by_file():
        if not isinstance(reader, GSDReader):
            return None
        with opened(reader.path, reader.file) as trajectory:
            logs += [trajectory[number].log for number in numbers]
    if any(np.size(log.get(name, ())) != 1 for log in logs for name in names):
        return None
    return {name: np.array([np.ravel(log[name])[0] for log in logs], np.float64) for name in names}


def write_frames(path, frames):
    """Write a sequence of frames to `path` as GSD, a whole file; labels and sources are not kept.

    Ids, and which vectors are open, are written as logs, because GSD has no place for them.
    """
    with written_whole(path) as temporary, GSDWriter(temporary) as file:
        for frame in frames:
            file.write(frame, {})


@register_writer
class GSDWriter(Writer):
    """Columns are logs of the particles, as OVITO shows them; those of an earlier writing go.

    A frame that was read from a GSD file and is unchanged keeps all that it has there.
    """

    name, patterns = "GSD", ("*.gsd",)

    def __init__(self, path):
        self._file, self._first = gsd.hoomd.open(path, "w"), None
        self._names = {}

    def write(self, frame, columns):
        made = original(frame) or snapshot(frame)
        columns = numeric(columns, self._names)
        if columns:
            made.log = {name: value for name, value in made.log.items()
                        if name in (_IDS, _PERIODIC) or not name.startswith((LOG, "gala_ssl/"))}
        made.log |= {f"{LOG}{name}": column for name, column in columns.items()}
        made.log |= {f"gala_ssl/{name}": np.frombuffer("\n".join(known).encode(), np.uint8)
                     for name, known in self._names.items()}
        self._complete(made, frame)
        self._file.append(made)

    def close(self):
        self._file.close()

    def _complete(self, made, frame):
        """What a frame leaves out is that of the first, and gsd cannot read what the first leaves out alone."""
        said = {name for name in (_IDS, _PERIODIC) if name in made.log}
        self._first = said if self._first is None else self._first
        if said - self._first:
            raise InputError(f"{frame.where} has ids or open boundaries, but the first frame has none; write it into a "
                             f"file of its own, or as extended XYZ.", frame=frame.where)
        unsaid = {_IDS: np.full(len(frame), _NO_ID), _PERIODIC: np.ones(3, np.uint8)}
        made.log |= {name: unsaid[name] for name in self._first - said}


def original(frame):
    """The gsd.hoomd.Frame that a Frame was read from, if it was from GSD and has its particles unchanged; or None."""
    if frame.path is None or frame.index is None or not pathlib.Path(frame.path).is_file():
        return None
    file = plain(frame.path)
    with open(file, "rb") as head:
        if not GSDReader.recognises(head.read(8)):
            return None
    with opened(frame.path, file) as trajectory:
        found = trajectory[frame.index]
    same = np.array_equal(found.particles.position, frame.positions) and np.array_equal(
        found.particles.typeid, frame.types)
    return found if same and tuple(found.particles.types) == frame.type_names else None


def snapshot(frame):
    """The frame as `gsd.hoomd.Frame`."""
    made = gsd.hoomd.Frame()
    made.configuration.box, made.configuration.step = frame.box, frame.step or 0
    made.particles.N = len(frame)
    made.particles.position = frame.positions
    made.particles.typeid = frame.types
    made.particles.types = list(frame.type_names)
    if frame.ids is not None:
        made.log[_IDS] = frame.ids
    if not all(frame.periodic):
        made.log[_PERIODIC] = np.array(frame.periodic, np.uint8)
    return made


@contextlib.contextmanager
def opened(path, file=None):
    """The trajectory in a GSD file; what the reader says of a broken one becomes a sentence.

    Args:
        path: what the file is called. file: where it is, if that is elsewhere.
    """
    check_file(path)
    file = file or path
    try:
        _check_header(file)
        with gsd.hoomd.open(file, "r") as trajectory:
            yield trajectory
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError(f"{path} has a name that is not UTF-8, {error.object!r}; give its particle types names in "
                         f"UTF-8, or, if it is damaged, copy or write it again.", path=path) from error
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError, MemoryError, OSError) as error:
        raise InputError(f"{path} cannot be read as GSD ({error}); it may be truncated or of another format, "
                         f"so copy or write it again.", path=path) from error


def _check_header(path):
    """ValueError unless index and names lie within the file; gsd's own check overflows, and the process dies."""
    with open(path, "rb") as file:
        head = file.read(40)
    lists = struct.unpack("<8x4Q", head) if len(head) == 40 else ()
    for location, entries, size in zip(lists[::2], lists[1::2], (32, 64)):
        if not entries or location + entries * size > path.stat().st_size:
            raise ValueError("its header points outside it")


def _check_places(positions, boxed, source):
    """Refuse a frame that lacks its box or positions.

    gsd leaves out what is its default, the box of edge 1 and positions of 0, so that some frames lack them by right.
    """
    if len(positions) > 1 and not positions.any():
        raise InputError(f"{source} has no positions, by which its {len(positions)} particles would all be at the same "
                         f"place; write particles/position into the file.", frame=source)
    if not boxed and (abs(positions) > _HALF_EDGE).any():
        raise InputError(f"{source} has no box, and its particles do not lie in the box of edge 1 that GSD means by "
                         f"none; write configuration/box into the file.", frame=source)


def _check_counts(trajectory, number, source):
    """Refuse numbers of particles and bonds that the file has no room for; gsd would make arrays of that many."""
    room = trajectory.file.nframes and pathlib.Path(trajectory.file.name).stat().st_size // _LEAST
    for frame in {0, number}:  # what a frame leaves out is that of the first
        for name in (f"{counted}/N" for counted in _COUNTED):
            if trajectory.file.chunk_exists(frame=frame, name=name):
                count = trajectory.file.read_chunk(frame=frame, name=name)[0]
                if np.size(count) != 1 or not 0 <= count <= room:
                    raise InputError(f"{source} is said to have {count} {name[:-2]}, more than the file has room for; "
                                     f"it is damaged, so copy or write it again.", frame=source)
