"""Structures of VASP, POSCAR and CONTCAR, and its trajectories, XDATCAR, of versions 4 to 6."""
import itertools
import re

import numpy as np

from gala_ssl.frames.cells import frame_of
from gala_ssl.frames.formats.base import register_reader
from gala_ssl.frames.formats.text import TextReader, lacking, numbers, table

# Lines of a cell: title, scale, three vectors.
_CELL = 5
_NUMBERS = rb"[ \t]*([-+.\deE]+[ \t]+){2}[-+.\deE]+[^\n]*\n"
_CONFIGURATION = re.compile(rb"\s*direct", re.IGNORECASE)


def _has_a_cell(head):
    return re.match(rb"[^\n]*\n[ \t]*([-+.\deE]+[ \t]*){1,3}\r?\n(" + _NUMBERS + rb"){3}", head) is not None


@register_reader
class POSCAR(TextReader):
    """One frame, of chemical elements or, of VASP 4, of types without names."""

    name, patterns = "POSCAR", ("poscar*", "contcar*", "*.poscar", "*.vasp")

    @staticmethod
    def recognises(head):
        return _has_a_cell(head) and not re.search(rb"(?i)\n\s*direct configuration", head)

    def find(self, file):
        lines = [file.readline() for _ in range(_CELL + 4)]
        if not lines[_CELL].strip():
            raise ValueError("it ends before the particles do")
        names, counts, rest = _kinds([line.decode("latin-1") for line in lines[_CELL:]])
        rows = sum(1 for line in itertools.islice(file, max(0, sum(counts) - len(rest))) if line.strip())
        yield 0, file.seek(0, 2), lacking(rows + sum(1 for line in rest if line.strip()), sum(counts))

    def parse(self, text, number):
        lines = text.split("\n")
        scale, cell = _cell(lines)
        names, counts, _ = _kinds(lines[_CELL:_CELL + 4])
        lines = lines[_CELL + 1 + (not _is_counts(lines[_CELL])):]
        if lines[0].strip()[:1].lower() == "s":  # selective dynamics
            del lines[0]
        cartesian = lines[0].strip()[:1].lower() in ("c", "k")
        rows = list(itertools.takewhile(str.strip, lines[1:1 + sum(counts)]))
        if len(rows) < sum(counts) and not self.partial:
            raise ValueError(f"{len(rows)} of {sum(counts)} particles are there")
        places = np.stack([numbers(words) for words in table([" ".join(row.split()[:3]) for row in rows], 3)], axis=-1)
        names = np.repeat(_named(names, counts, text), counts)[:len(rows)]
        return frame_of(places * scale if cartesian else places, cell, names, scaled=not cartesian,
                        source=self.source(number), **self.given(number))


@register_reader
class XDATCAR(TextReader):
    """Frames of one set of particles; the head is there once, or before every frame where the cell changes."""

    name, patterns = "XDATCAR", ("xdatcar*",)

    @staticmethod
    def recognises(head):
        return _has_a_cell(head) and re.search(rb"(?i)\n\s*direct configuration", head) is not None

    def find(self, file):
        self._heads, head, start = [], None, 0
        while line := file.readline():
            if head and _CONFIGURATION.match(line):
                size, rows = len(line), 0
                for row in itertools.islice(file, head[1]):
                    rows, size = rows + bool(row.strip()), size + len(row)
                self._heads.append(head[0])
                yield start, start + size, lacking(rows, head[1])
            elif line.strip():
                content = line + b"".join(file.readline() for _ in range(_CELL + 1))
                if head and not _has_a_cell(content):
                    raise ValueError(f"there is no configuration where frame {len(self._heads)} starts")
                text = content.decode("latin-1")
                head = text, sum(_kinds(text.split("\n")[_CELL:])[1])
            start = file.tell()

    def parse(self, text, number):
        head = self._heads[number].split("\n")
        _, cell = _cell(head)
        names, counts, _ = _kinds(head[_CELL:])
        first, *rows = text.split("\n")
        rows = [" ".join(row.split()[:3]) for row in rows if row.strip()]
        places = np.stack([numbers(words) for words in table(rows, 3)], axis=-1)
        step = re.search(r"=\s*(\d+)", first)
        return frame_of(places, cell, np.repeat(_named(names, counts, head[0]), counts)[:len(rows)], scaled=True,
                        step=int(step[1]) if step else None, source=self.source(number), **self.given(number))


def _is_counts(line):
    words = line.split("!")[0].split()
    return bool(words) and all(re.fullmatch(r"[-+]?\d+", word) for word in words)


def _kinds(lines):
    """Of the lines after the cell: names of the types or None, their counts, and those lines that are particles."""
    named = not _is_counts(lines[0])
    names = [re.split("[/_]", word)[0] for word in lines[0].split("!")[0].split()] if named else None
    if not _is_counts(lines[int(named)]):
        raise ValueError("there are no numbers of particles after the cell")
    counts = [int(word) for word in lines[int(named)].split("!")[0].split()]
    if any(count < 0 for count in counts):
        raise ValueError("a number of particles is negative")
    if names and len(names) != len(counts):
        raise ValueError(f"there are {len(names)} names for {len(counts)} numbers of particles")
    rest = lines[1 + named:]
    first = 1 + (bool(rest) and rest[0].strip()[:1].lower() == "s")
    return names, counts, rest[first:]


def _named(names, counts, text):
    """A name for each type: of VASP 4, the words of the title if there are as many and none is a number."""
    title = text.split("\n")[0].split()
    if names is None and len(title) == len(counts) and all(word.isalpha() and len(word) < 3 for word in title):
        names = title
    return names or [str(kind + 1) for kind in range(len(counts))]


def _cell(lines):
    """What Cartesian positions are multiplied by, and the vectors (3, 3)."""
    scale = np.array([float(word) for word in lines[1].split()[:3]])
    cell = np.array([[float(word) for word in line.split()[:3]] for line in lines[2:_CELL]])
    if len(scale) == 1 and scale[0] < 0:  # a volume
        scale = np.abs(scale / np.linalg.det(cell)) ** (1 / 3)
    return scale, cell * scale
