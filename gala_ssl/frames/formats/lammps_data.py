"""Data files of LAMMPS, of any atom style."""
import re

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.frames.cells import frame_of
from gala_ssl.frames.formats.base import register_reader
from gala_ssl.frames.formats.text import TextReader, lacking, numbers

# Where the type and the first coordinate are in a row of each atom style (LAMMPS manual, command read_data).
STYLES = {
    "amoeba": (2, 4), "angle": (2, 3), "atomic": (1, 2), "body": (1, 4), "bond": (2, 3), "bpm/sphere": (2, 5),
    "charge": (1, 3), "dielectric": (1, 3), "dipole": (1, 3), "dpd": (1, 3), "edpd": (1, 4), "electron": (1, 5),
    "ellipsoid": (1, 4), "full": (2, 4), "hybrid": (1, 2), "line": (2, 5), "mdpd": (1, 3), "molecular": (2, 3),
    "peri": (1, 4), "rheo": (1, 4), "rheo/thermal": (1, 5), "smd": (1, 10), "sph": (1, 5), "sphere": (1, 4),
    "spin": (1, 2), "tdpd": (1, 2), "template": (1, 5), "tri": (2, 5), "wavepacket": (1, 8),
}
# Of rows without a style, by their number of words: of the styles that are common.
_COMMON = {5: ("atomic",), 6: ("charge", "molecular"), 7: ("full", "sphere")}
_SECTIONS = re.compile(r"[A-Z][A-Za-z0-9]*( [A-Z][A-Za-z0-9]*| [a-z]+)*")


@register_reader
class LAMMPSData(TextReader):
    """One frame, of particles whose types are numbers or labels."""

    name, patterns = "LAMMPS data", ("*.lmp", "*.data", "data.*")

    @staticmethod
    def recognises(head):
        box = re.search(rb"(?m)^[^#\n]*\b(xlo\s+xhi|avec)\b", head)
        return box is not None and re.search(rb"(?m)^\s*\d+\s+atoms\b", head) is not None

    def find(self, file):
        count, rows, inside = None, 0, False
        next(file, b"")  # the title
        for line in file:
            text = line.split(b"#")[0].strip()
            if found := re.fullmatch(rb"(\d+)\s+atoms", text):
                count = int(found[1])
            elif text and text[:1].isalpha() and text[:1].isupper():
                inside = text == b"Atoms"
            elif text and inside:
                rows += 1
        if count is None:
            raise ValueError("it does not say how many atoms there are")
        yield 0, file.seek(0, 2), lacking(rows, count)

    def parse(self, text, number):
        title, *lines = text.split("\n")
        head, sections = _parts(lines)
        count, kinds = int(head["atoms"][0]), int(head["atom types"][0]) if "atom types" in head else None
        style, rows = sections["Atoms"]
        if len(rows) > count or (len(rows) < count and not self.partial):
            raise ValueError(f"{len(rows)} of {count} particles are there")
        labels = {row[0]: row[1] for row in sections.get("Atom Type Labels", ("", []))[1]}
        kind, first = _layout(style, rows, {*map(str, range(1, (kinds or 0) + 1)), *labels.values()} if kinds else None,
                              self.source(number))
        if any(len(row) < first + 3 for row in rows):
            raise ValueError(f"a row of Atoms has fewer words than the style {style or 'of the others'} has")
        cell, origin = _box(head)
        places = np.stack([numbers([row[first + axis] for row in rows]) for axis in range(3)], axis=-1)
        ids = np.array([int(row[0]) for row in rows], np.int64)
        order, step = np.argsort(ids, kind="stable"), re.search(r"timestep = (\d+)", title)
        names = np.array([labels.get(row[kind], row[kind]) for row in rows])
        return frame_of(places[order], cell, names[order], ids=ids[order], origin=origin,
                        step=int(step[1]) if step else None, source=self.source(number), **self.given(number))


def _parts(lines):
    """The head, {words: numbers before them}, and the sections, {name: (what its comment says, rows of words)}."""
    head, sections, rows = {}, {}, None
    for line in lines:
        text, _, comment = (part.strip() for part in line.partition("#"))
        if _SECTIONS.fullmatch(text):
            rows = []
            sections[text] = comment.split()[0].lower() if comment else "", rows
        elif text and rows is not None:
            rows.append(text.split())
        elif found := re.fullmatch(r"(.*?\d\S*)\s+([A-Za-z].*)", text):
            head[" ".join(found[2].split())] = found[1].split()
    if "atoms" not in head or "Atoms" not in sections:
        raise ValueError("there is no number of atoms, or no section Atoms")
    return head, sections


def _box(head):
    """The vectors of the cell (3, 3) and its corner."""
    if "avec" in head:
        return (np.array([[float(word) for word in head[name]] for name in ("avec", "bvec", "cvec")]),
                np.array([float(word) for word in head.get("abc origin", "000")]))
    for axis in "xyz":
        if f"{axis}lo {axis}hi" not in head:
            raise ValueError(f"there is no {axis}lo {axis}hi")
    bounds = np.array([[float(word) for word in head[f"{axis}lo {axis}hi"]] for axis in "xyz"])
    xy, xz, yz = (float(word) for word in head.get("xy xz yz", "000"))
    lx, ly, lz = bounds[:, 1] - bounds[:, 0]
    return np.array([[lx, 0, 0], [xy, ly, 0], [xz, yz, lz]]), bounds[:, 0]


def _layout(style, rows, types, where):
    """Where in a row the type and the first coordinate are.

    Args:
        style: what stands behind the word Atoms, if anything. types: words that are types, or None where unknown.
    """
    if style in STYLES:
        return STYLES[style]
    found = {STYLES[name] for name in _COMMON.get(len(rows[0]), ()) if _fits(rows, *STYLES[name], types, 0)}
    found |= {STYLES[name] for name in _COMMON.get(len(rows[0]) - 3, ()) if _fits(rows, *STYLES[name], types, 3)}
    if found == {STYLES["charge"], STYLES["molecular"]}:  # all charges would be whole numbers above 0, as types are
        found = {STYLES["molecular"]}
    if len(found) != 1:
        said = f"calls its atom style {style!r}, which is not known" if style else "does not name its atom style"
        raise InputError(f"{where} {said}, and its rows of {len(rows[0])} words "
                         f"{'fit several' if found else 'fit none of the common ones'}; write the style behind the "
                         f"word Atoms, as in 'Atoms # full', one of {', '.join(STYLES)}.", frame=where,
                         option="atom style", value=style or None)
    return found.pop()


def _fits(rows, kind, first, types, images):
    """Whether rows may have a type and a first coordinate in these columns, and so many image flags at their end."""
    whole = re.compile(r"[-+]?\d+").fullmatch
    return all(
        len(row) == len(rows[0]) and all(map(whole, row[:kind])) and (row[kind] in types if types else whole(row[kind]))
        and all(map(whole, row[len(row) - images:] if images else ())) for row in rows) and (
        # The column between is a charge or a diameter: of some particle no whole number, or none of a molecule.
        any(not all(map(whole, row[first:first + 3])) for row in rows))
