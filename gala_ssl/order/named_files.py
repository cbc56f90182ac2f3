"""The names of particles in files: a table, and copies of the frames by whose names OVITO can colour."""
import contextlib
import dataclasses

import gsd.hoomd
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import errors_name
from gala_ssl.base.tables import PARQUET, ParquetFile, check_parquet
from gala_ssl.frames.formats import writer_of
from gala_ssl.order.component_copies import copied

LOG = "particles/gala_ssl/"


class TableOfNames:
    """CSV, a row a particle: frame, step, particle, id, structure, probability (and what else `found.table()` has)."""

    def __init__(self, path, frames, names):
        self._numbers, self._header = iter(frames.numbers), True
        self._open(path)

    def add(self, frame, found):
        table = found.table().reset_index()
        table.insert(0, "frame", next(self._numbers))
        table.insert(1, "step", -1 if frame.step is None else frame.step)
        table.insert(3, "id", -1 if frame.ids is None else frame.ids)
        self._write(table)

    def _open(self, path):
        self._file = open(path, "w", newline="", encoding="utf-8")

    def _write(self, table):
        table.to_csv(self._file, header=self._header, index=False, float_format="%.4f", na_rep="nan")
        self._header = False

    def close(self):
        self._file.close()


class ParquetOfNames(TableOfNames):
    """The same in Parquet."""

    def _open(self, path):
        self._file = ParquetFile(path)

    def _write(self, table):
        self._file.add(table)


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
    """Extended XYZ with the columns structure (a name), structure_id (its number in this file) and probability."""

    def __init__(self, path, frames, names):
        self._writer, self._names = writer_of(path)(path), tuple(names)

    def add(self, frame, found):
        self._writer.write(frame, {"structure": found.structure, "probability": _rounded(found)})

    def close(self):
        self._writer.close()


class NamedDump(NamedXYZ):
    """LAMMPS dump whose types are structures, numbered from 1, with their names as elements, which OVITO colours by.

    OVITO reads names in no other column of a dump, and of a type one name. The particles' own types, from 1, are in
    the column original_type; probability is the last.
    """

    def add(self, frame, found):
        types = [self._names.index(name) for name in found.structure]
        named = dataclasses.replace(frame, types=types, type_names=self._names)
        self._writer.write(named, {"original_type": frame.types + 1, "probability": _rounded(found)})


_WRITERS = {".csv": TableOfNames, PARQUET: ParquetOfNames, ".gsd": NamedGSD, ".xyz": NamedXYZ, ".extxyz": NamedXYZ,
            ".dump": NamedDump, ".lammpstrj": NamedDump}


def check_named(path):
    """InputError unless names can be written to a file of this ending, and what writes it is installed."""
    if path.suffix.lower() not in _WRITERS:
        raise InputError(f"Names cannot be written to {path}; give a file that ends in {', '.join(_WRITERS)}.",
                         path=path, option="--output", value=str(path))
    check_parquet(path)


@contextlib.contextmanager
def named_file(path, aside, frames, names):
    """A writer with `add(frame, found)`, for each of the frames in their order.

    Args:
        path: what the file is called; its ending says the format. aside: where it is written.
        frames: of `gala_ssl.read_frames`. names: all names there may be.
    """
    with errors_name(path), contextlib.closing(_WRITERS[path.suffix.lower()](aside, frames, names)) as writer:
        yield writer


def _rounded(found):
    """Probabilities (N,) with four digits, as many as mean something."""
    return np.round(found.probability.astype(float), 4)
