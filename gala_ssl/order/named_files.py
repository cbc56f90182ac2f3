"""The names of particles in files: a table, and copies of the frames by whose names OVITO can colour."""
import contextlib

import gsd.hoomd
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import errors_name
from gala_ssl.order.component_copies import copied

LOG = "particles/gala_ssl/"


class TableOfNames:
    """CSV, a row a particle: frame, step, particle, id, structure, probability (and what else `found.table()` has)."""

    def __init__(self, path, frames, names):
        self._file, self._numbers = open(path, "w", newline="", encoding="utf-8"), iter(frames.numbers)
        self._header = True

    def add(self, frame, found):
        table = found.table().reset_index()
        table.insert(0, "frame", next(self._numbers))
        table.insert(1, "step", -1 if frame.step is None else frame.step)
        table.insert(3, "id", -1 if frame.ids is None else frame.ids)
        table.to_csv(self._file, header=self._header, index=False, float_format="%.4f", na_rep="nan")
        self._header = False

    def close(self):
        self._file.close()


class NamedGSD:
    """GSD: the frames as they are, with log/particles/gala_ssl/structure and log/particles/gala_ssl/probability.

    The structure is a number, float32 as OVITO wants it, the place of the name in log/gala_ssl/names of the first
    frame (UTF-8, a name a line).
    """

    def __init__(self, path, frames, names):
        self._file, self._frames, self._place = gsd.hoomd.open(path, "w"), frames, 0
        self._names = list(names)

    def add(self, frame, found):
        copy = copied(self._frames, self._place)
        codes = [self._names.index(name) for name in found.structure]
        copy.log = {**copy.log, f"{LOG}structure": np.array(codes, np.float32),
                    f"{LOG}probability": np.asarray(found.probability, np.float32)}
        if not self._place:
            copy.log["gala_ssl/names"] = np.frombuffer("\n".join(self._names).encode(), np.uint8)
        self._file.append(copy)
        self._place += 1

    def close(self):
        self._file.close()


class NamedXYZ:
    """Extended XYZ with the columns species, pos, id, structure (a name, spaces as underscores) and probability."""

    def __init__(self, path, frames, names):
        self._file = open(path, "w", encoding="utf-8")

    def add(self, frame, found):
        cell = " ".join(f"{value:.9g}" for value in frame.cell.ravel())
        self._file.write(f'{len(frame)}\nLattice="{cell}" pbc="{_flags(frame, "T", "F")}" '
                         + ("" if frame.step is None else f"Timestep={frame.step} ") +
                         "Properties=species:S:1:pos:R:3:id:I:1:structure:S:1:probability:R:1\n")
        species = np.array([_word(name) for name in frame.type_names])[frame.types]
        places = frame.positions + frame.cell.sum(axis=0) / 2  # the corner of the box is the origin here
        rows = zip(species, places.tolist(), _ids(frame), found.structure, found.probability)
        for kind, (x, y, z), i, name, chance in rows:
            self._file.write(f"{kind} {x:.9g} {y:.9g} {z:.9g} {i} {_word(name)} {chance:.4f}\n")

    def close(self):
        self._file.close()


class NamedDump:
    """LAMMPS dump with the columns id, type, element, x, y, z and probability; the name stands where elements do."""

    def __init__(self, path, frames, names):
        self._file, self._numbers = open(path, "w", encoding="utf-8"), iter(frames.numbers)

    def add(self, frame, found):
        number = next(self._numbers)
        step = getattr(frame, "step", None)
        (xx, _, _), (xy, yy, _), (xz, yz, zz) = frame.cell
        low, high = -frame.cell.sum(axis=0) / 2, frame.cell.diagonal() - frame.cell.sum(axis=0) / 2
        low_x, high_x = low[0] + min(0, xy, xz, xy + xz), high[0] + max(0, xy, xz, xy + xz)
        low_y, high_y = low[1] + min(0, yz), high[1] + max(0, yz)
        self._file.write(f"ITEM: TIMESTEP\n{number if step is None else step}\nITEM: NUMBER OF ATOMS\n{len(frame)}\n"
                         f"ITEM: BOX BOUNDS xy xz yz {_flags(frame, 'pp', 'ff')}\n{low_x:.9g} {high_x:.9g} {xy:.9g}\n"
                         f"{low_y:.9g} {high_y:.9g} {xz:.9g}\n{low[2]:.9g} {high[2]:.9g} {yz:.9g}\n"
                         "ITEM: ATOMS id type element x y z probability\n")
        rows = zip(_ids(frame), frame.types.tolist(), found.structure, frame.positions.tolist(), found.probability)
        for i, kind, name, (x, y, z), chance in rows:
            self._file.write(f"{i} {kind + 1} {_word(name)} {x:.9g} {y:.9g} {z:.9g} {chance:.4f}\n")

    def close(self):
        self._file.close()


_WRITERS = {".csv": TableOfNames, ".gsd": NamedGSD, ".xyz": NamedXYZ, ".extxyz": NamedXYZ,
            ".dump": NamedDump, ".lammpstrj": NamedDump}


def check_named(path):
    """InputError unless names can be written to a file of this ending."""
    if path.suffix.lower() not in _WRITERS:
        raise InputError(f"Names cannot be written to {path}; give a file that ends in {', '.join(_WRITERS)}.",
                         path=path, option="--output", value=str(path))


@contextlib.contextmanager
def named_file(path, aside, frames, names):
    """A writer with `add(frame, found)`, for each of the frames in their order.

    Args:
        path: what the file is called; its ending says the format. aside: where it is written.
        frames: of `gala_ssl.read_frames`. names: all names there may be.
    """
    with errors_name(path), contextlib.closing(_WRITERS[path.suffix.lower()](aside, frames, names)) as writer:
        yield writer


def _ids(frame):
    """The ids of the particles, or their numbers from 1."""
    return range(1, len(frame) + 1) if frame.ids is None else frame.ids.tolist()


def _flags(frame, periodic, open_):
    """What a format says of vectors that are periodic, and of open ones."""
    return " ".join(periodic if each else open_ for each in frame.periodic)


def _word(name):
    return "_".join(name.split()) or "X"
