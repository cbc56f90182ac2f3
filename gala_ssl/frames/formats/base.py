"""What a reader of a file format is, and which there are."""
import abc
import fnmatch
import pathlib

from gala_ssl.base.errors import InputError

# The readers that there are.
READERS = []


class Reader(abc.ABC):
    """The frames of one file by number.

    A subclass states, as class attributes,

        name: of the format, for sentences.
        patterns: file names, in lower case.
        start: what every file of the format starts with, bytes; None where there is no such thing. It decides where
            a name tells two formats.

    and defines the two methods below.

    Args:
        path: a file, which is there.

    Raises:
        InputError: the file cannot be read.
    """

    name: str
    patterns: tuple
    start: bytes | None = None

    def __init__(self, path):
        self.path = pathlib.Path(path)

    @abc.abstractmethod
    def __len__(self):
        """Number of frames."""

    @abc.abstractmethod
    def read(self, number):
        """Return the `Frame` of this number, 0 ... len - 1; InputError where it cannot be read."""

    @property
    def label(self):
        """What the frames are called: the file's stem in words."""
        return self.path.stem.replace("_", " ")

    def source(self, number):
        """File and frame, for sentences."""
        return f"{self.path}, frame {number}"


def register_reader(reader):
    """Make files of a format readable: a decorator of subclasses of Reader."""
    taken = {pattern for known in READERS for pattern in known.patterns} & set(reader.patterns)
    if taken:
        raise InputError(f"There is a reader of {', '.join(sorted(taken))} already; give {reader.__name__} other names "
                         f"of files.")
    READERS.append(reader)
    return reader


def reader_of(path):
    """Return the subclass of Reader that a file's name tells, or raise InputError with the names that tell one.

    The end of a name counts before its beginning: dump.cif is a CIF, unless it starts as a LAMMPS dump does.
    """
    path = pathlib.Path(path)
    named = [reader for by_ending in (True, False) for reader in READERS
             if any(pattern.startswith("*") == by_ending and fnmatch.fnmatch(path.name.lower(), pattern)
                    for pattern in reader.patterns)]
    if len(set(named)) > 1:
        with open(path, "rb") as file:
            head = file.read(max(len(reader.start or b"") for reader in named))
        named = ([reader for reader in named if reader.start and head.startswith(reader.start)]
                 or [reader for reader in named if not reader.start] or named)
    if named:
        return named[0]
    names = ", ".join(pattern for reader in READERS for pattern in reader.patterns)
    raise InputError(f"The name of {path} tells no format that can be read; give a file called {names} (in small "
                     f"letters or capitals).")
