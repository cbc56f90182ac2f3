"""Crystallographic information files, read by gemmi, with their symmetry."""
import math
import re
import warnings

import gemmi
import numpy as np
from scipy.spatial import cKDTree

from gala_ssl.base.errors import InputError, InputWarning, pluralize
from gala_ssl.frames.cells import frame_of
from gala_ssl.frames.formats.base import Reader, register_reader
from gala_ssl.frames.formats.text import NO_END

_CELL = [f"_cell_{name}" for name in ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")]
_PLACES = [f"_atom_site_fract_{axis}" for axis in "xyz"]
_OPERATIONS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz", "_space_group_symop.operation_xyz")
_NAMES = ("_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M", "_space_group_name_H-M_ref")
_HALL = ("_space_group_name_Hall", "_symmetry_space_group_name_Hall")
_NUMBERS = ("_space_group_IT_number", "_symmetry_Int_Tables_number")
# From this part on a site is full. Copies of a site are one within three times the rounding of its coordinates, which
# is taken for at most a hundredth.
_FULL, _COPIES, _ROUNDED = 0.99, 3, 2
# Sites that are not full and this near, in parts of the cell, share a place.
_SHARED = 1e-3


@register_reader
class CIF(Reader):
    """A frame is a block with a cell: all particles of it, by the symmetry of its space group."""

    name, patterns = "CIF", ("*.cif",)

    def __init__(self, path, partial=False):
        super().__init__(path, partial)
        try:
            self._blocks = [_values(block) for block in gemmi.cif.read(str(self.file))
                            if block.find_values(_PLACES[0])]
            if not self._blocks:
                raise ValueError("there is no block with the column _atom_site_fract_x")
            with open(self.file, "rb") as file:
                if not file.read().endswith((b"\n", b"\r")):
                    raise ValueError(NO_END)
        except Exception as error:
            raise self.unreadable(self.path, error) from error

    @staticmethod
    def recognises(head):
        return re.match(rb"(\s*(#[^\n]*)?\n)*\s*data_", head) is not None

    def __len__(self):
        return len(self._blocks)

    def read(self, number):
        try:
            return self._frame(self._blocks[number], self.source(number), number)
        except InputError:
            raise
        except Exception as error:
            raise self.unreadable(self.source(number), error) from error

    def _frame(self, block, source, number):
        names, places, known, digits, full = _sites(block)
        names, places, digits = self._usable(names, places, known, digits, full, source)
        from ase.geometry import cellpar_to_cell  # which takes a second that other formats do without

        cell = cellpar_to_cell([float(block[name]) for name in _CELL])
        operations = _operations(block, source)
        points, of = _expanded(places, digits, operations)
        points, of = _distinct(points, of, names, _reach(digits.max(initial=0)))
        return frame_of(points, cell, names[of], scaled=True, source=source, **self.given(number))

    def _usable(self, names, places, known, digits, full, source):
        """The sites that have coordinates and are full; with `partial` those of which something is there, with a
        warning, and of several at one place the one that is there most."""
        for count, said, done, past in (
                (np.sum(~known), "without coordinates", "leave them out", "left out"),
                (np.sum(full < _FULL), "not fully occupied", "take them as full",
                 "taken as full, and of several at one place the one that is there most")):
            if count and not self.partial:
                raise InputError(f"{source} has {pluralize(count, 'site')} {said}; give a structure without such "
                                 f"sites, or {done} with partial=True, on the command line --partial.", path=self.path,
                                 frame=source, option="partial", value=False)
            if count:
                warnings.warn(InputWarning(f"{source} has {pluralize(count, 'site')} {said}, {past}.", path=self.path,
                                           frame=source), stacklevel=4)
        order = np.flatnonzero(known)[np.argsort(-full[known], kind="stable")]
        if (full < _FULL).any():
            order = order[_distinct(places[order], np.arange(len(order)), None, _SHARED)[1]]
        order = np.sort(order)
        return names[order], places[order], digits[order]


def _values(block):
    """What a block says that is needed here, by name: a word, or of columns a list of words."""
    found = {name: gemmi.cif.as_string(value) for name in (*_CELL, *_NAMES, *_HALL, *_NUMBERS)
             if (value := block.find_value(name)) and not gemmi.cif.is_null(value)}
    for name in (*_OPERATIONS, *_PLACES, "_atom_site_label", "_atom_site_type_symbol", "_atom_site_occupancy"):
        if column := [gemmi.cif.as_string(value) if not gemmi.cif.is_null(value) else "?"
                      for value in block.find_values(name)]:
            found[name] = column
    return found


def _sites(block):
    """Of n sites: names, coordinates (n, 3), whether these are known, how many digits they have, and occupancies."""
    for name in (*_CELL, *_PLACES):
        if name not in block:
            raise ValueError(f"there is no {name}")
    words = np.array([block[name] for name in _PLACES]).T
    places = np.array([[_number(word) for word in row] for row in words])
    digits = np.array([max((len(re.sub(r"\(.*|[eE].*", "", word).partition(".")[2]) for word in row), default=0)
                       for row in words])
    labels = block.get("_atom_site_type_symbol") or block.get("_atom_site_label") or ["X"] * len(words)
    if "_atom_site_type_symbol" in block:
        names = [re.sub(r"\d*[-+]\d*$", "", label) for label in labels]  # without a charge
    else:
        names = [(re.match("[A-Za-z]{1,2}(?![a-z])|[A-Za-z]", label) or [label])[0].capitalize() for label in labels]
        names = [name if gemmi.Element(name).atomic_number else name[:1] for name in names]
    full = block.get("_atom_site_occupancy") or ["1"] * len(words)
    if len({len(words), len(names), len(full)}) > 1:
        raise ValueError("the columns of the sites are of different lengths")
    known = ~np.isin(words, ("?", ".")).any(axis=1)
    full = np.array([1 if word in ("?", ".") else _number(word) for word in full])
    return np.array(names), places, known, digits, full


def _number(word):
    """A number with or without its uncertainty in brackets; NaN of what is unknown."""
    if word in ("?", "."):
        return math.nan
    return float(re.sub(r"\(\d*\)$", "", word))


def _operations(block, source):
    """The rotations (m, 3, 3) and translations (m, 3) of the space group, of cells in their own vectors."""
    listed = next((block[name] for name in _OPERATIONS if name in block), None)
    ops = [gemmi.Op(word) for word in listed] if listed else list(_group(block, source).operations())
    return (np.array([op.rot for op in ops]) / gemmi.Op.DEN, np.array([op.tran for op in ops]) / gemmi.Op.DEN)


def _group(block, source):
    """gemmi's space group of a block without operations: by its Hall symbol, its name with the setting, its number."""
    alpha, gamma = (float(block[f"_cell_angle_{angle}"]) for angle in ("alpha", "gamma"))
    hall = next((block[name] for name in _HALL if name in block), None)
    if hall and (found := gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(hall))):
        return found
    name = next((block[name] for name in _NAMES if name in block), None)
    number = next((block[name] for name in _NUMBERS if name in block), None)
    if name is None and number is None:
        raise ValueError("there are no symmetry operations and no space group")
    found = gemmi.find_spacegroup_by_name(re.sub(r"\s*:\s*", ":", name or number), alpha, gamma)
    if found is None:
        raise ValueError(f"there is no space group {name or number}")
    if found.ext == "1" and ":" not in (name or ""):
        warnings.warn(InputWarning(f"{source} does not say which origin of {found.hm} its coordinates refer to; choice "
                                   f"1 of the International Tables is taken. If it is 2, name the space group "
                                   f"'{found.hm} :2'.", frame=source), stacklevel=6)
    return found


def _expanded(places, digits, operations):
    """Coordinates (N, 3) of all copies of sites (n, 3), and each one's site (N,); copies at one place are one."""
    rotations, translations = operations
    if len(rotations) == 1:
        points, of = places + translations, np.arange(len(places))
    else:
        points, of = [], []
        for site, (place, digit) in enumerate(zip(places, digits)):
            copies = np.array(_merged(rotations @ place + translations, _reach(digit)))
            points.append(copies)
            of.append(np.full(len(copies), site))
        points, of = np.concatenate(points), np.concatenate(of)
    return points, of


def _distinct(points, of, names, reach):
    """The coordinates (N, 3) and sites (N,) without those within `reach` of an earlier one of the same name, or of any
    where `names` is None."""
    if not np.isfinite(points).all():
        return points, of  # which Frame says
    wrapped = points % 1 % 1
    near = cKDTree(wrapped, boxsize=1).query_pairs(reach, p=np.inf, output_type="ndarray")
    if names is not None:
        near = near[names[of[near[:, 0]]] == names[of[near[:, 1]]]]
    kept = np.delete(np.arange(len(of)), np.unique(near.max(axis=1, initial=0)) if len(near) else [])
    return wrapped[kept], of[kept]


def _reach(digits):
    return _COPIES * 10.0 ** -max(int(digits), _ROUNDED)


def _merged(copies, reach):
    """The mean of each set of copies (m, 3) that lie within `reach` of each other, in units of the cell."""
    found = []
    while len(copies):
        apart = copies - copies[0]
        near = (abs(apart - np.round(apart)) <= reach).all(axis=1)
        found.append(copies[0] + (apart - np.round(apart))[near].mean(axis=0))
        copies = copies[~near]
    return found
