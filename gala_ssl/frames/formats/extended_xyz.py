"""Extended XYZ, keys and columns in any case."""
import itertools
import re

import numpy as np

from gala_ssl.frames.cells import frame_of, telling
from gala_ssl.frames.formats.base import register_reader
from gala_ssl.frames.formats.text import TextReader, integers, lacking, numbers, table

# A key and what it says, plain or in quotes, brackets or braces.
_PAIR = re.compile(r"""([\w:.-]+)\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*'|\{[^}]*\}|\[[^\]]*\]|[^\s"'{\[]\S*)""")
# What columns of types, positions, ids and time steps are called.
_TYPES = ("species", "element", "name", "type", "symbol", "types", "atom_types", "elements", "symbols", "z", "numbers")
_POSITIONS = ("pos", "position", "positions", "coord", "coords")
_IDS, _STEPS = ("id", "ids", "atom_id", "particle_id"), ("timestep", "step", "md_step")
_PLAIN = "species:S:1:pos:R:3"


@register_reader
class ExtendedXYZ(TextReader):
    """A frame is a number of particles, a line with the box, and a line a particle."""

    name, patterns = "extended XYZ", ("*.xyz", "*.extxyz")

    @staticmethod
    def recognises(head):
        lines = head.splitlines()
        if len(lines) < 2 or not re.fullmatch(rb"\s*\d+\s*", lines[0]):
            return False
        return True if re.search(rb"(?i)\b(lattice|properties|pbc)\s*=", lines[1]) else None

    def find(self, file):
        number = 0
        while True:
            start = file.tell()
            line = file.readline()
            if not line:
                return
            if not line.strip():
                continue
            if not line.strip().isdigit():
                raise ValueError(f"there is no number of particles where frame {number} starts")
            count, rows, size = int(line), 0, len(line) + len(file.readline())
            for row in itertools.islice(file, count):
                rows, size = rows + bool(row.strip()), size + len(row)
            yield start, start + size, lacking(rows, count)
            number += 1

    def parse(self, text, number):
        head, comment, *rows = text.split("\n")
        rows, count = [row for row in rows if row.strip()], int(head)
        if len(rows) > count or (len(rows) < count and not self.partial):
            raise ValueError(f"{len(rows)} of {count} particles are there")
        said = {key.lower(): value.strip("\"'{}[]") for key, value in _PAIR.findall(comment)}
        found = _columns(said.get("properties"), rows)
        names = telling([found.get(name, [None])[0] for name in _TYPES])
        if names is None:
            raise ValueError("there is no column species, type or name")
        positions = next((found[name] for name in _POSITIONS if name in found), None)
        if positions is None or len(positions) != 3:
            raise ValueError("there are no three columns pos")
        ids = next((integers(found[name][0]) for name in _IDS if name in found), None)
        return frame_of(
            np.stack([numbers(words) for words in positions], axis=-1), _lattice(said), names, ids=ids,
            step=_step(said), periodic=_periodic(said), origin=_values(said, "origin", 3) or (0, 0, 0),
            source=self.source(number), **self.given(number))


def _columns(properties, rows):
    """{name in small letters: columns of words} of the rows of a frame."""
    parts = (properties or _PLAIN).split(":")
    if len(parts) % 3:
        raise ValueError(f"Properties={properties} is not made of name, kind and number")
    described = [(name.lower(), int(width)) for name, width in zip(parts[::3], parts[2::3])]
    total = sum(width for _, width in described)
    if any(not 0 < width < 1000 for _, width in described):
        raise ValueError("a property has no column, or more than 999 columns")
    words, found = iter(table(rows, total, None if properties else total)), {}
    for name, width in described:
        found.setdefault(name, list(itertools.islice(words, width)))
    return found


def _values(said, key, count):
    """The numbers that a key says, a list, or None where it is not there."""
    if key not in said:
        return None
    values = [float(word) for word in re.split(r"[\s,]+", said[key].strip())]
    if len(values) != count:
        raise ValueError(f"{key.capitalize()} has {len(values)} numbers in place of {count}")
    return values


def _lattice(said):
    if "lattice" in said and len(said["lattice"].replace(",", " ").split()) == 3:
        return np.diag(_values(said, "lattice", 3))
    return np.reshape(_values(said, "lattice", 9) or np.zeros(9), (3, 3))


def _periodic(said):
    words = re.findall("true|false|[tf10]", said.get("pbc", "t t t").lower())
    if len(words) not in (1, 3):
        raise ValueError(f"pbc={said['pbc']} does not say three times T or F")
    found = [word in ("true", "t", "1") for word in words]
    return found * (3 // len(found))


def _step(said):
    word = next((said[key] for key in _STEPS if key in said), "")
    return int(float(word)) if re.fullmatch(r"\d+(\.0*)?", word) else None
