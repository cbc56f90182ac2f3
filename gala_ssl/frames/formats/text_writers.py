"""Frames written as extended XYZ and as dumps of LAMMPS, with columns that OVITO reads."""
import re

import numpy as np

from gala_ssl.frames.formats.base import Writer, register_writer


class TextWriter(Writer):
    """Writes frames as text, one after the other."""

    def __init__(self, path):
        self._file = open(path, "w", encoding="utf-8", newline="\n")

    def close(self):
        self._file.close()


@register_writer
class ExtendedXYZWriter(TextWriter):
    """A column of names is written as it is, and as numbers of these names, which the second line lists."""

    name, patterns = "extended XYZ", ("*.xyz", "*.extxyz")

    def write(self, frame, columns):
        lattice, origin = " ".join(map(_said, frame.cell.ravel())), " ".join(map(_said, corner(frame)))
        pbc = " ".join("FT"[periodic] for periodic in frame.periodic)
        columns, names = numeric(columns)
        kinds = "".join(f":{name}:{'I' if column.dtype.kind in 'iub' else 'R'}:1" for name, column in columns.items())
        said = [f'Lattice="{lattice}"', f'Origin="{origin}"', f'pbc="{pbc}"',
                *([] if frame.step is None else [f"Timestep={frame.step}"]),
                *(f'{name}="{" ".join(values)}"' for name, values in names.items()),
                "Properties=species:S:1:pos:R:3" + ":id:I:1" * (frame.ids is not None) + kinds]
        self._file.write(f"{len(frame)}\n{' '.join(said)}\n")
        ids = [] if frame.ids is None else [frame.ids]
        _write_rows(self._file, _words(frame), *frame.positions.T, *ids, *columns.values())


@register_writer
class LAMMPSDumpWriter(TextWriter):
    """Ids are the particles' numbers from 1 where they have none; types are numbers, their names elements."""

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
        columns, _ = numeric(columns)
        numbered = all(name.isdecimal() for name in frame.type_names)
        types = np.array([int(name) for name in frame.type_names] if numbered else range(1, len(frame.type_names) + 1))
        named = [] if numbered else [_words(frame)]
        self._file.write(f"ITEM: TIMESTEP\n{frame.step or 0}\nITEM: NUMBER OF ATOMS\n{len(frame)}\n"
                         f"ITEM: BOX BOUNDS {'xy xz yz ' * tilted}{flags}\n{bounds}"
                         f"ITEM: ATOMS {' '.join(['id type', *['element'] * (not numbered), 'x y z', *columns])}\n")
        ids = np.arange(1, len(frame) + 1) if frame.ids is None else frame.ids
        _write_rows(self._file, ids, types[frame.types], *named, *frame.positions.T, *columns.values())


def numeric(columns):
    """Columns of numbers, and the names of those that were names.

    Returns:
        dict: {name: (N,) array of numbers}; of a column "structure" of names, "structure_id" counts them from 0.
        dict: {"structure_names": list of str}.
    """
    found, names = {}, {}
    for name, column in columns.items():
        column, name = np.asarray(column), re.sub(r"\W", "_", name)
        if column.dtype.kind in "UO":
            known, column = np.unique(column.astype(str), return_inverse=True)
            names[f"{name}_names"], name = [re.sub(r"\s", "_", each) for each in known], f"{name}_id"
        found[name] = column
    return found, names


def corner(frame):
    """The corner (3,) of a frame's box, from which its vectors start."""
    return -frame.cell.sum(axis=0) / 2


def _words(frame):
    """The names (N,) of the particles' types, without blanks."""
    return np.array([re.sub(r"\s", "_", name) or "X" for name in frame.type_names])[frame.types]


def _said(number):
    return f"{number:.12g}"


def _write_rows(file, *columns):
    formats = [("%s" if column.dtype.kind in "US" else "%d" if column.dtype.kind in "iub" else "%.9g")
               for column in columns]
    line = " ".join(formats) + "\n"
    file.writelines(line % row for row in zip(*(column.tolist() for column in columns)))
