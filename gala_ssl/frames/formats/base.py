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

    and defines the two methods below.

    Args:
        path: a file, which is there.

    Raises:
        InputError: the file cannot be read.
    """

    name: str
    patterns: tuple

    def __init__(self, path):
        self.path = pathlib.Path(path)

    @abc.abstractmethod
    def __len__(self):
        """Number of frames."""

    @abc.abstractmethod
    def read(self, number):
        """Return the `Frame` of this number, 0 ... len - 1; InputError where it cannot be read."""

    @staticmethod
    def recognises(path):
        """Whether the file's content is of this format, or None where that cannot be told.

        Used where a name fits several formats.
        """
        return None

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
    """Return the subclass of Reader for a file's name, or raise InputError that lists the names that are known.

    The end of a name counts before its beginning: dump.cif is a CIF, unless a reader recognises what is in it.
    """
    name = pathlib.Path(path).name.lower()
    named = sorted((pattern.endswith("*"), place) for place, reader in enumerate(READERS) for pattern in reader.patterns
                   if fnmatch.fnmatch(name, pattern))
    found = list(dict.fromkeys(READERS[place] for _, place in named))
    if len(found) > 1:
        told = {reader: reader.recognises(path) for reader in found}
        found = ([reader for reader in found if told[reader]]
                 or [reader for reader in found if told[reader] is None] or found)
    if found:
        return found[0]
    names = ", ".join(pattern for reader in READERS for pattern in reader.patterns)
    raise InputError(f"The name of {path} tells no format that can be read; give a file called {names} (in small "
                     f"letters or capitals).")
