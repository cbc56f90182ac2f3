"""Frames written as extended XYZ and as dumps of LAMMPS, with columns that OVITO reads."""
import re

import numpy as np

from gala_ssl.frames.formats.base import Writer, register_writer

# What extended XYZ calls the kinds of columns.
_KINDS = {"U": "S", "i": "I", "u": "I", "b": "I"}


class TextWriter(Writer):
    """Writes frames as text, one after the other."""

    def __init__(self, path):
        self._file = open(path, "w", encoding="utf-8", newline="\n")
        self._names, self._count = {}, 0

    def close(self):
        self._file.close()


@register_writer
class ExtendedXYZWriter(TextWriter):
    """A column of names is written as it is, and as numbers of these names, which the second line lists.

    Of particles: species, pos, id where there are some, and the columns.
    """

    name, patterns = "extended XYZ", ("*.xyz", "*.extxyz")

    def write(self, frame, columns):
        lattice, origin = " ".join(map(_said, frame.cell.ravel())), " ".join(map(_said, corner(frame)))
        pbc = " ".join("FT"[periodic] for periodic in frame.periodic)
        columns = {key: value for name, column in columns.items()
                   for key, value in (words(name, column) | numeric({name: column}, self._names)).items()}
        kinds = "".join(f":{name}:{_KINDS.get(column.dtype.kind, 'R')}:1" for name, column in columns.items())
        said = [f'Lattice="{lattice}"', f'Origin="{origin}"', f'pbc="{pbc}"',
                *([] if frame.step is None else [f"Timestep={frame.step}"]),
                *(f'{name}="{" ".join(values)}"' for name, values in self._names.items()),
                "Properties=species:S:1:pos:R:3" + ":id:I:1" * (frame.ids is not None) + kinds]
        self._file.write(f"{len(frame)}\n{' '.join(said)}\n")
        ids = [] if frame.ids is None else [frame.ids]
        _write_rows(self._file, _species(frame), *frame.positions.T, *ids, *columns.values())


@register_writer
class LAMMPSDumpWriter(TextWriter):
    """Ids are the particles' numbers from 1 where they have none; types are numbers, their names elements.

    A column of names is written as numbers, because OVITO reads no others. A frame without a time step has its number.
    """

    name, patterns = "LAMMPS dump", ("*.dump", "*.lammpstrj")

    def write(self, frame, columns):
        (lx, _, _), (xy, ly, _), (xz, yz, lz) = frame.cell
        xs, ys = [0, xy, xz, xy + xz], [0, yz]
        low = corner(frame) + [min(xs), min(ys), 0]
        high = corner(frame) + [lx + max(xs), ly + max(ys), lz]
        tilted = any((xy, xz, yz))
        rows = zip(low, high, (xy, xz, yz)) if tilted else zip(low, high)
        bounds = "".join(" ".join(map(_said, row)) + "\n" for row in rows)
        flags = " ".join("pp" if periodic else "ff" for periodic in frame.periodic)
        columns = numeric(columns, self._names)
        step, self._count = self._count if frame.step is None else frame.step, self._count + 1
        numbered = all(name.isdecimal() for name in frame.type_names)
        types = np.array([int(name) for name in frame.type_names] if numbered else range(1, len(frame.type_names) + 1))
        named = [] if numbered else [_species(frame)]
        self._file.write(f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{len(frame)}\n"
                         f"ITEM: BOX BOUNDS {'xy xz yz ' * tilted}{flags}\n{bounds}"
                         f"ITEM: ATOMS {' '.join(['id type', *['element'] * (not numbered), 'x y z', *columns])}\n")
        ids = np.arange(1, len(frame) + 1) if frame.ids is None else frame.ids
        _write_rows(self._file, ids, types[frame.types], *named, *frame.positions.T, *columns.values())


def numeric(columns, known):
    """Columns as numbers.

    Args:
        columns: {name: (N,) numbers or names}.
        known: {"structure_names": list of str}, the names in a column "structure" of the frames before; new ones are
            added, so that a name has the same number in all frames of a file.

    Returns:
        dict: {name: (N,) array of numbers}; of a column "structure" of names, "structure_id" counts them from 0.
    """
    found = {}
    for name, column in columns.items():
        column, name = np.asarray(column), re.sub(r"\W", "_", name)
        if column.dtype.kind in "UO":
            here, places = np.unique(np.array([_word(each) for each in column]), return_inverse=True)
            names = known.setdefault(f"{name}_names", [])
            names += [each for each in here.tolist() if each not in names]
            column, name = np.array([names.index(each) for each in here])[places], f"{name}_id"
        found[name] = column
    return found


def words(name, column):
    """{name: (N,) names without blanks} of a column of names, {} of one of numbers."""
    column = np.asarray(column)
    return {re.sub(r"\W", "_", name): np.array([_word(each) for each in column])} if column.dtype.kind in "UO" else {}


def corner(frame):
    """The corner (3,) of a frame's box, from which its vectors start."""
    return -frame.cell.sum(axis=0) / 2


def _species(frame):
    """The names (N,) of the particles' types, without blanks."""
    return np.array([_word(name) for name in frame.type_names])[frame.types]


def _word(name):
    """A name without blanks and quotes, at which a word of a text file ends."""
    return re.sub(r"[\s\"]", "_", str(name)) or "X"


def _said(number):
    return f"{number:.12g}"


def _write_rows(file, *columns):
    formats = [("%s" if column.dtype.kind in "US" else "%d" if column.dtype.kind in "iub" else "%.9g")
               for column in columns]
    line = " ".join(formats) + "\n"
    file.writelines(line % row for row in zip(*(column.tolist() for column in columns)))
