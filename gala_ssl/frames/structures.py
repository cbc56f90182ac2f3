"""Structures of one's own: unit cells from files, checked as those of the table are."""
import importlib.util
import itertools
import os
import pathlib
import warnings

import numpy as np

from gala_ssl.base.errors import InputError, InputWarning, pluralize
from gala_ssl.base.files import check_file
from gala_ssl.base.provenance import sha256
from gala_ssl.frames import prototypes
from gala_ssl.frames.crystals import Crystal, shortest_distance

# The nearest particles of a crystal are this part of the mean distance (V/n)^(1/3) apart, at least; hydrogen molecules
# of the library have 0.29.
_NEAREST = 0.25
# Particles in a cell, at most: a card keeps all of them.
_MOST = 2000
# Endings of the files that a folder of structures may have.
_ENDINGS = (".cif", ".vasp", ".poscar", ".xyz", ".extxyz", ".data", ".gsd", ".dump", ".lammpstrj")


def read_structures(given) -> tuple[str | Crystal, ...]:
    """What names of prototypes, files and folders mean: the names as they are, of files the `Crystal` in each.

    Args:
        given: names of prototypes; paths of files that `read_frame` reads, of whose frames the last is taken; folders,
            of which all CIF, POSCAR, extended XYZ, LAMMPS data and GSD files are taken in natural order; and Crystals.

    Raises:
        InputError: what is neither a prototype nor a file, a folder without structures, two structures of one name, and
            what `read_crystal` refuses.

    A warning (InputWarning) is shown where two of the files hold the same structure.
    """
    found: list[str | Crystal] = []
    for each in given:
        found += [each] if isinstance(each, Crystal) else _meant(each)
    names = [structure_name(each) for each in found]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"There are {names.count(name)} structures called '{name}'; give each once, and files "
                             f"names of their own.", option="structures", value=name)
    _warn_of_twins([each for each in found if isinstance(each, Crystal)])
    return tuple(found)


def of_file(path: str | os.PathLike) -> tuple[str, str, str]:
    """The name of a file without its ending, its path and its SHA-256, by which a card knows it."""
    check_file(pathlib.Path(path))
    return _stem(pathlib.Path(path)), str(path), sha256(path)


def structure_name(structure: str | Crystal) -> str:
    """The name of a structure: of a prototype its own, of a file its stem."""
    return structure if isinstance(structure, str) else structure.name


def structure_types(structure: str | Crystal) -> tuple[str, ...]:
    """Names of the types of particles of a prototype, given by its name, or of a Crystal."""
    return (prototypes.describe(structure) if isinstance(structure, str) else structure).type_names


def _meant(given):
    """The structures that a name or a path means."""
    from gala_ssl.frames.reading import files, natural  # settings without files do not wait for all readers

    path = pathlib.Path(given)
    if isinstance(given, str) and not path.exists():
        if os.sep in given or path.suffix in _ENDINGS or set(given) & set("*?["):
            return [read_crystal(file) for file in files(given)]
        return [prototypes.describe(given).name]
    if path.is_dir():
        inside = sorted((file for file in path.iterdir() if _of_structure(file)), key=natural)
        if not inside:
            raise InputError(f"There are no structures in the folder {path}; give CIF, POSCAR, extended XYZ, LAMMPS "
                             f"data or GSD files.", path=path, option="structures")
        return [read_crystal(file) for file in inside]
    return [read_crystal(file) for file in files(given)]


def _of_structure(file):
    return file.is_file() and (file.suffix.lower() in _ENDINGS or file.name.startswith(("POSCAR", "CONTCAR")))


def read_crystal(path: str | os.PathLike) -> Crystal:
    """The crystal in a file, by its last frame, with a shortest distance of 1; its name is the file's stem.

    The space group is determined where the package spglib is installed.

    Raises:
        FileNotFoundError, InputError: what `read_frame` refuses, a box with open boundaries, more than 2000 particles
            in the cell, two particles at one place or nearer than a quarter of the mean distance, as of sites that are
            not full.
    """
    from gala_ssl.frames.reading import read_frame

    frame, path = read_frame(path), pathlib.Path(path)
    given = {"path": path, "frame": frame.where, "option": "structures"}
    if not all(frame.periodic):
        raise InputError(f"{frame.where} has open boundaries, so it is no crystal; give a structure that is periodic "
                         f"along all vectors of its cell.", value=frame.periodic, **given)
    if len(frame) > _MOST:
        raise InputError(f"{frame.where} has {pluralize(len(frame), 'particle')}, but a structure to learn from has at "
                         f"most {_MOST}; give its unit cell.", value=len(frame), **given)
    vectors = frame.cell
    points = frame.positions.astype(float) @ np.linalg.inv(vectors) + 0.5
    points = np.where(points % 1 > 1 - 1e-6, 0, points % 1)
    nearest = shortest_distance(vectors, points)
    mean = (np.linalg.det(vectors) / len(points)) ** (1 / 3)
    if nearest < _NEAREST * mean:
        raise InputError(f"In {frame.where} two particles are {nearest:.3g} apart, though particles are {mean:.3g} "
                         f"apart in the mean; the file may have sites that are not full, or wrong symmetry operations.",
                         value=nearest, **given)
    present = np.unique(frame.types)
    types = np.searchsorted(present, frame.types)
    return Crystal(_stem(path), vectors / nearest, points, types, tuple(frame.type_names[kind] for kind in present),
                   str(path), _space_group(vectors, points, types))


def _stem(path):
    """The file's name without endings of formats and of compression."""
    endings = (".gz", ".bz2", ".xz", ".zst", *_ENDINGS)
    while path.suffix.lower() in endings and path.stem:
        path = path.with_suffix("")
    return path.name


def _space_group(vectors, points, types):
    """The number of the space group by spglib, to a thousandth of the shortest distance; None without spglib."""
    if importlib.util.find_spec("spglib") is None:
        return None
    import spglib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        nearest = shortest_distance(vectors, points)
        found = spglib.get_symmetry_dataset((vectors, points, types + 1), symprec=1e-3 * nearest)
    return None if found is None else int(found.number)


def _warn_of_twins(crystals):
    """Warn of structures that nothing could learn to tell apart."""
    from gala_ssl.frames.alike import same_structure, surroundings

    around = [surroundings(each.vectors, each.points, each.types) for each in crystals]
    for one, other in itertools.combinations(range(len(crystals)), 2):
        if same_structure(around[one], around[other]):
            first, second = crystals[one].source, crystals[other].source
            warnings.warn(InputWarning(f"{second} has the same structure as {first}, up to scale and the names of "
                                       f"types, so that nothing can tell them apart; leave one out.", path=second),
                          stacklevel=4)
