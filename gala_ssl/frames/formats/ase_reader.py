"""What the formats that ASE parses have in common.

ASE parses; here the frames of a long text file are found, so that one is read at a time, and a cell in any
orientation becomes a box of GSD's convention.
"""
import abc
import io
import re
import warnings

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.frames.formats.base import Reader
from gala_ssl.frames.frame import Frame, box_of

# Of a cell; and how many box lengths from the box a particle is in a known place of it.
_SMALL, _FAR = 1e-12, 1e6
# So many particles in a plane, to a part of the box, are of a two-dimensional system; a unit cell may have fewer.
_MANY, _FLAT = 20, 1e-8


class ASEReader(Reader):
    """A reader that has ASE parse the file at once, for formats of short files.

    A subclass states, besides what a Reader states, `ase`, ASE's name of the format, and may state `counts`: a regular
    expression of the beginning of a file, of which the first group has the numbers of particles, where ASE would make
    lists of that many before it reads them.
    """

    ase: str
    counts = None

    def __init__(self, path):
        super().__init__(path)
        try:
            self.open()
        except Exception as error:  # each format has classes of errors of its own
            raise self._unreadable(self.path, error) from error

    def open(self):
        """Read the file, or find its frames; any exception says that it cannot be read."""
        found = self.counts and re.match(self.counts, self.path.read_bytes().decode("latin-1"))
        if found and any(int(word) > self.path.stat().st_size for word in found[1].split() if word.isdecimal()):
            raise ValueError("it is said to have more particles than there is room for")
        self._images = self.parse(self.path, ":")
        if not self._images:
            raise ValueError("it holds no frame")

    def __len__(self):
        return len(self._images)

    def read(self, number):
        atoms = self._images[number]
        return _frame(atoms, self.type_names(atoms, number), self.label, self.source(number))

    def type_names(self, atoms, number):
        """Names of the particles' types, (N,) str, or None where they are chemical elements."""

    def parse(self, file, index):
        """What `ase.io.read` makes of a file of this format."""
        import ase.io  # which takes a second that readers of other formats do without

        with warnings.catch_warnings():
            # Of every particle on a symmetry element one, and of no particles what Frame says better.
            warnings.filterwarnings("ignore", "scaled_positions|loadtxt: input contained no data")
            # Rows of a CIF that ASE would leave out.
            warnings.filterwarnings("error", "Wrong number|Badly formed")
            return ase.io.read(file, index, self.ase, do_not_split_by_at_sign=True)

    def _unreadable(self, source, error):
        reason = (str(error).strip() or "a value is not what the format needs").splitlines()[0]
        if isinstance(error, KeyError):  # of ASE's elements, or of the columns it needs
            return InputError(f"{source} cannot be read as {self.name} (there is no element or column "
                              f"{str(error.args[0])!r}); where the format has names of elements, give elements.",
                              frame=source)
        return InputError(f"{source} cannot be read as {self.name} ({reason}); it may be truncated or of "
                          f"another format, so copy or write it again.", frame=source)


class FrameByFrame(ASEReader):
    """A reader that has ASE parse one frame at a time, for formats of long text files."""

    def open(self):
        with open(self.path, "rb") as file:
            self._starts = self.frame_starts(file)
            self._starts.append(file.seek(0, io.SEEK_END))
        if len(self._starts) == 1 and self._starts[0]:
            raise ValueError("it holds no frame")

    def __len__(self):
        return len(self._starts) - 1

    def read(self, number):
        start, end = self._starts[number:number + 2]
        try:
            with open(self.path, "rb") as file:
                file.seek(start)
                text = file.read(end - start).decode()
            atoms, names = self.parse_frame(text)
        except Exception as error:
            raise self._unreadable(self.source(number), error) from error
        return _frame(atoms, names, self.label, self.source(number))

    @staticmethod
    @abc.abstractmethod
    def frame_starts(file):
        """Return the offset of each frame of an open binary file."""

    @abc.abstractmethod
    def parse_frame(self, text):
        """Return ASE's Atoms of the text of one frame, and the names of their types or None, see `type_names`."""


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
    cell = atoms.cell if atoms.cell.handedness > 0 else type(atoms.cell)(atoms.cell * [[1], [1], [-1]])
    box = cell.standard_form()[0]
    with np.errstate(invalid="ignore"):  # Frame raises an error for positions that are NaN
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
