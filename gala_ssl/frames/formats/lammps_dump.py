"""Dumps of LAMMPS in text, of any columns."""
import re

import numpy as np

from gala_ssl.frames.cells import frame_of, telling
from gala_ssl.frames.formats.base import register_reader
from gala_ssl.frames.formats.text import TextReader, integers, lacking, numbers, spans, table

_ITEM = b"ITEM:"
_FIRST = b"ITEM: TIMESTEP"
# Columns of positions by their ending: as they are, unwrapped, in parts of the box, and both.
_KINDS = ("", "u", "s", "su")


@register_reader
class LAMMPSDump(TextReader):
    """Frames of items that have names, the time step among the first."""

    name, patterns = "LAMMPS dump", ("*.dump", "*.lammpstrj", "dump.*")

    @staticmethod
    def recognises(head):
        return re.match(rb"\s*(#[^\n]*\n\s*)*ITEM:", head) is not None

    def find(self, file):
        began = False
        for start, content in spans(file, _FIRST):
            if not content.startswith(_FIRST):
                if not re.fullmatch(rb"(\s*|#.*|ITEM: (UNITS|TIME)\s*\n.*)*", content):
                    raise ValueError("it does not start with ITEM: TIMESTEP")
                continue
            began = True
            yield start, start + len(content), _missing(content)
        if not began:
            raise ValueError("it does not start with ITEM: TIMESTEP")

    def parse(self, text, number):
        items = _items(text)
        count, columns = int(items["NUMBER OF ATOMS"][1][0]), items["ATOMS"][0]
        rows = items["ATOMS"][1]
        if len(rows) > count or (len(rows) < count and not self.partial):
            raise ValueError(f"{len(rows)} of {count} particles are there")
        cell, origin, periodic = _box(*items["BOX BOUNDS"])
        found = dict(zip(columns, table(rows, len(columns))))
        names = telling([found.get(name) for name in ("typelabel", "element", "type")])
        ids = integers(found["id"]) if "id" in found else None
        frame = {"names": names, "ids": ids, "step": _step(items), "origin": origin, "periodic": periodic}
        places = _positions(found, cell, origin)
        if "id" in found and ids is not None:
            order = np.argsort(ids)
            places, frame["ids"] = places[order], ids[order]
            frame["names"] = None if names is None else np.array(names)[order]
        return frame_of(places, cell, source=self.source(number), **frame, **self.given(number))


def _missing(content):
    """What a frame lacks of the particles that it says it has, in bytes; None where that cannot be told from here."""
    said = re.search(rb"^ITEM: NUMBER OF ATOMS[^\n]*\n\s*(\d+)[ \t\r]*\n", content[:4096], re.MULTILINE)
    head = re.search(rb"^ITEM: ATOMS[^\n]*\n", content[:65536], re.MULTILINE)
    if not said or not head:
        return None if re.search(rb"^ITEM: (?!TIMESTEP|NUMBER|BOX|ATOMS|UNITS|TIME)", content,
                                 re.MULTILINE) else "its head is not whole" if len(content) < 4096 else None
    count, start = int(said[1]), head.end()
    if content.count(b"\n", start) == count:
        return lacking(count, count)
    return lacking(len(_lines(content[start:].partition(_ITEM)[0].split(b"\n"), b"#")), count)


def _lines(lines, hash_):
    """The lines that say something: neither blank nor a comment."""
    return [line for line in lines if (stripped := line.strip()) and not stripped.startswith(hash_)]


def _items(text):
    """{name: (words beside it, lines under it)} of the items of a frame; those of the next frame are left out."""
    items = {}
    for part in text.split("ITEM:")[1:]:
        head, *lines = part.split("\n")
        name = next((name for name in ("NUMBER OF ATOMS", "BOX BOUNDS") if head.strip().startswith(name)), None)
        name = name or head.split(maxsplit=1)[0]
        items.setdefault(name, (head.strip()[len(name):].split(), _lines(lines, "#")))
    for name in ("NUMBER OF ATOMS", "BOX BOUNDS", "ATOMS"):
        if name not in items:
            raise ValueError(f"there is no ITEM: {name}")
    return items


def _step(items):
    try:
        return int(items["TIMESTEP"][1][0])
    except (ValueError, IndexError):
        return None


def _box(words, lines):
    """The vectors of the cell (3, 3), its corner, and whether it repeats along each."""
    bounds = [_leading_numbers(line) for line in lines[:3]]
    flags = [word for word in words if re.fullmatch("[pfsm]{2}", word)]
    periodic = [flag == "pp" for flag in flags] if len(flags) == 3 else [True] * 3
    widths = {len(row) for row in bounds}
    if len(bounds) != 3 or len(widths) != 1 or not widths <= {2, 3, 4}:
        raise ValueError("the bounds of the box are not three lines of numbers")
    bounds = np.array(bounds)
    if widths == {4}:  # a general triclinic box: vectors, and in the last column the origin
        return bounds[:, :3], bounds[:, 3], periodic
    low, high = bounds[:, 0], bounds[:, 1]
    xy, xz, yz = bounds[:, 2] if widths == {3} else (0, 0, 0)
    corners = [0, xy, xz, xy + xz]
    origin = low - [min(corners), min(0, yz), 0]
    lx, ly, lz = high - low - [max(corners) - min(corners), abs(yz), 0]
    return np.array([[lx, 0, 0], [xy, ly, 0], [xz, yz, lz]]), origin, periodic


def _leading_numbers(line):
    found = []
    for word in line.split():
        try:
            found.append(float(word))
        except ValueError:
            break
    return found


def _positions(found, cell, origin):
    """Positions (N, 3) of the columns: of each axis the first kind that is there; scaled ones in parts of the cell."""
    for kinds in (_KINDS[:2], _KINDS[2:]):
        named = [next((axis + kind for kind in kinds if axis + kind in found), None) for axis in "xyz"]
        if all(named):
            places = np.stack([numbers(found[name]) for name in named], axis=-1)
            return places if kinds == _KINDS[:2] else origin + places @ cell
    raise ValueError(f"there are no columns of positions, such as x y z or xs ys zs, among {' '.join(found)}")
