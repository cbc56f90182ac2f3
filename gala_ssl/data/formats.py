"""Files of other programs than HOOMD-blue as frames: text and crystallographic formats, read by ASE.

ASE parses; here the frames of a long text file are found, so that one is read at a time, and a cell in any
orientation becomes a box of GSD's convention.
"""
import dataclasses
import fnmatch
import io
import pathlib
import re
import warnings

import ase.io
import numpy as np
from ase.cell import Cell

from gala_ssl.data.frames import Frame, box_of
from gala_ssl.errors import InputError

# Of a cell; and how many box lengths from the box a particle is in a known place of it.
_SMALL, _FAR = 1e-12, 1e6
# So many particles in a plane, to a part of the box, are of a two-dimensional system; a unit cell may have fewer.
_MANY, _FLAT = 20, 1e-8
# What a frame of a LAMMPS dump may begin with before its time step (dump_modify units and time).
_BEFORE_STEP = (b"ITEM: UNITS", b"ITEM: TIME")


def _xyz_starts(file):
    starts, start = [], file.tell()
    while line := file.readline():
        if not line.strip():
            start = file.tell()
            continue
        if not line.strip().isdigit():
            raise ValueError(f"there is no number of particles where frame {len(starts)} starts")
        starts.append(start)
        for row in range(int(line) + 1):
            if not file.readline():
                raise ValueError(f"it ends {int(line) + 1 - row} lines before frame {len(starts) - 1} does")
        start = file.tell()
    return starts


def _dump_starts(file):
    starts, start, header = [], 0, None
    while line := file.readline():
        if line.strip() in _BEFORE_STEP:
            header = start if header is None else header
        elif line.startswith(b"ITEM: TIMESTEP"):
            starts.append(start if header is None else header)
            header = None
        elif not starts and header is None and line.strip():
            raise ValueError("it does not start with ITEM: TIMESTEP")
        start = file.tell()
    return starts


def _check_room(path, kind):
    """ValueError if a file tells of more particles than it has bytes: ASE would make lists of that many."""
    counted = {"vasp": r"(?:.*\n){5}(.*\n.*)", "vasp-xdatcar": r"(?:.*\n){5}(.*\n.*)",
               "lammps-data": r"(?s:.*?)\n([ \d]+)atoms"}.get(kind)
    found = counted and re.match(counted, path.read_bytes().decode("latin-1"))
    if found and any(int(word) > path.stat().st_size for word in found[1].split() if word.isdecimal()):
        raise ValueError("it is said to have more particles than there is room for")


@dataclasses.dataclass(frozen=True)
class Format:
    """A file format.

    Attributes:
        name: for sentences. ase: ASE's name of it. patterns: file names, in lower case.
        starts: function of an open binary file that gives the offset of each frame; None reads the file at once.
    """

    name: str
    ase: str
    patterns: tuple
    starts: object = None


FORMATS = (
    Format("extended XYZ", "extxyz", ("*.xyz", "*.extxyz"), _xyz_starts),
    Format("LAMMPS dump", "lammps-dump-text", ("*.dump", "*.lammpstrj", "dump.*"), _dump_starts),
    Format("CIF", "cif", ("*.cif",)),
    Format("POSCAR", "vasp", ("poscar*", "contcar*", "*.poscar", "*.vasp")),
    Format("XDATCAR", "vasp-xdatcar", ("xdatcar*",)),
    Format("LAMMPS data", "lammps-data", ("*.lmp", "*.data")),
    Format("an ASE trajectory", "traj", ("*.traj",)),
)


def format_of(path):
    """The Format that a file's name tells, or InputError with the names that tell one."""
    for known in FORMATS:
        if any(fnmatch.fnmatch(path.name.lower(), pattern) for pattern in known.patterns):
            return known
    names = ", ".join(pattern for known in FORMATS for pattern in known.patterns)
    raise InputError(f"The name of {path} tells no format that can be read; give a GSD file, *.gsd, or one called "
                     f"{names} (in small letters or capitals).", path=path)


class ASEReader:
    """The frames of one file by number: `len(reader)` and `reader.read(number)`."""

    def __init__(self, path):
        self.path, self.format = pathlib.Path(path), format_of(path)
        try:
            if self.format.starts:
                with open(self.path, "rb") as file:
                    self._starts = self.format.starts(file)
                    self._starts.append(file.seek(0, io.SEEK_END))
                if len(self._starts) == 1 and self._starts[0]:
                    raise ValueError("it holds no frame")
            else:
                _check_room(self.path, self.format.ase)
                self._images = self._parse(self.path, ":")
                if not self._images:
                    raise ValueError("it holds no frame")
        except Exception as error:  # each format has classes of errors of its own
            raise self._unreadable(self.path, error) from error

    def __len__(self):
        return len(self._starts) - 1 if self.format.starts else len(self._images)

    def read(self, number):
        source = f"{self.path}, frame {number}"
        if not self.format.starts:
            atoms = self._images[number]
            names = atoms.arrays["type"].astype(str) if self.format.ase == "lammps-data" else None
            if names is not None and (names == "0").all():
                raise InputError(f"{source} has labels for types, which cannot be read; write it with numbers.",
                                 frame=source)
        else:
            try:
                atoms, names = self._parsed(number)
            except Exception as error:
                raise self._unreadable(source, error) from error
        return _frame(atoms, names, self.path.stem.replace("_", " "), source)

    def _parsed(self, number):
        """Atoms of a frame, and the names of their types where these need not be chemical elements."""
        start, end = self._starts[number:number + 2]
        with open(self.path, "rb") as file:
            file.seek(start)
            text = file.read(end - start).decode()
        if self.format.ase == "extxyz":
            # ASE takes species for elements only, other columns as they are.
            head, comment, rows = text.split("\n", 2)
            if re.search(r"Properties=\S*:\d{4}", comment):
                raise ValueError("a property has more than 999 columns")
            if "Properties=" not in comment:
                comment += " Properties=species:S:1:pos:R:3"
            text = "\n".join([head, comment.replace("species:S:1", "type_name:S:1"), rows])
        else:
            # Before ASE, which makes a list of as many lines as it is told of.
            count = int(text.partition("ITEM: NUMBER OF ATOMS")[2].split()[0])
            header, *rows = text.partition("ITEM: ATOMS")[2].rstrip().splitlines()
            if len(rows) != count:
                raise ValueError(f"{len(rows)} of {count} particles are there")
        atoms = self._parse(io.StringIO(text), 0)
        if self.format.ase == "extxyz":
            named = [atoms.arrays[name] for name in ("type_name", "type", "name") if name in atoms.arrays]
            if not named and not atoms.numbers.any():
                raise ValueError("there is no column species, type or name")
            return atoms, named[0].astype(str) if named else None
        # Without elements ASE takes a type for an atomic number, or guesses from masses.
        by_type = "type" in header.split() and "element" not in header.split()
        return atoms, atoms.arrays["type"].astype(str) if by_type else None

    def _parse(self, file, index):
        with warnings.catch_warnings():
            # Of every particle on a symmetry element one, and of no particles what Frame says better.
            warnings.filterwarnings("ignore", "scaled_positions|loadtxt: input contained no data")
            # Rows of a CIF that ASE would leave out.
            warnings.filterwarnings("error", "Wrong number|Badly formed")
            return ase.io.read(file, index, self.format.ase, do_not_split_by_at_sign=True)

    def _unreadable(self, source, error):
        reason = (str(error).strip() or "a value is not what the format needs").splitlines()[0]
        if isinstance(error, KeyError):  # of ASE's elements, or of the columns it needs
            return InputError(f"{source} cannot be read as {self.format.name} (there is no element or column "
                              f"{str(error.args[0])!r}); where the format has names of elements, give elements.",
                              frame=source)
        return InputError(f"{source} cannot be read as {self.format.name} ({reason}); it may be truncated or of "
                          f"another format, so copy or write it again.", frame=source)


def _frame(atoms, names, label, source):
    """ASE's Atoms as a Frame: a box of GSD's convention, centred on 0, and the particles turned along with it."""
    rank = atoms.cell.rank
    if rank == 0:
        raise InputError(f"{source} has no periodic cell; give a file that states the box, as extended XYZ does "
                         f"with Lattice=\"Lx 0 0 0 Ly 0 0 0 Lz\" in its second line.", frame=source)
    if rank < 3:
        raise InputError(f"The cell of {source} has no volume; two-dimensional frames are not supported.", frame=source)
    if not atoms.pbc.all():
        along = ", ".join(axis for axis, periodic in zip("abc", atoms.pbc) if not periodic)
        raise InputError(f"{source} is not periodic along {along}; only frames periodic in three directions are "
                         f"supported.", frame=source)
    lengths = atoms.cell.lengths()
    if not np.isfinite(lengths).all() or not (_SMALL < lengths).all():
        raise InputError(f"The cell of {source} has the lengths {lengths.tolist()}; give finite ones above {_SMALL:g}.",
                         frame=source)
    if abs(np.linalg.det(atoms.cell / lengths[:, None])) < _SMALL:
        raise InputError(f"The vectors of the cell of {source} lie in one plane, so it has no volume; "
                         f"two-dimensional frames are not supported.", frame=source)
    # The same lattice with a right-handed cell: no mirror image.
    cell = atoms.cell if atoms.cell.handedness > 0 else Cell(atoms.cell * [[1], [1], [-1]])
    box = cell.standard_form()[0]
    with np.errstate(invalid="ignore"):  # Frame tells of particles that are nowhere
        places = (atoms.positions - atoms.get_celldisp().ravel()) @ np.linalg.inv(cell)
        away = abs(places).max(axis=1, initial=0)
        apart = places - places[:1]
        flat = (abs(apart - np.round(apart)) < _FLAT).all(axis=0)
        # Back into the cell before rounding to single precision; what is on a face stays on the lower one.
        places -= np.floor(places + 1e-9)
    if (far := np.isfinite(away) & (away > _FAR)).any():
        raise InputError(f"Particle {far.argmax()} of {source} lies {away[far.argmax()]:.2g} box lengths away, so that "
                         f"its place in the box is lost; wrap the particles into the box.", frame=source)
    if names is None:
        names = np.array(atoms.get_chemical_symbols())
    type_names, types = np.unique(names, return_inverse=True)
    if type_names.dtype.kind == "U" and all(name.isdecimal() for name in type_names):
        order = np.argsort(type_names.astype(int))  # 10 after 9
        type_names, types = type_names[order], np.argsort(order)[types]
    frame = Frame((places - 0.5) @ box, box_of(box), types, tuple(map(str, type_names)), label, source)
    if len(frame) >= _MANY and flat.any() and not flat.all():
        raise InputError(f"All particles of {source} lie in one plane across {'abc'[flat.argmax()]}; two-dimensional "
                         f"frames are not supported.", frame=source)
    return frame
