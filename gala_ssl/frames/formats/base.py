"""What a reader of a file format is, and which there are."""
import abc
import fnmatch
import pathlib

from gala_ssl.base.errors import InputError, reason
from gala_ssl.frames.compressed import plain, uncompressed_name

# The readers and the writers that there are.
READERS: list[type["Reader"]] = []
WRITERS: list[type["Writer"]] = []
_HEAD = 8192


class Reader(abc.ABC):
    """The frames of one file by number.

    A subclass states, as class attributes,

        name: of the format, for sentences.
        patterns: file names, in lower case, without the suffix of a compression.

    and defines the two methods below.

    Args:
        path: a file, which is there.
        partial: read also frames of which some particles are missing.

    Attributes:
        file: where what `path` holds lies uncompressed.
        missing: {number: sentence} of the frames that are incomplete; they cannot be read.

    Raises:
        InputError: the file cannot be read.
    """

    name: str
    patterns: tuple

    def __init__(self, path, partial=False):
        self.path, self.partial, self.missing = pathlib.Path(path), partial, {}

    @abc.abstractmethod
    def __len__(self):
        """Number of frames, those that are missing included."""

    @abc.abstractmethod
    def read(self, number):
        """Return the `Frame` of this number, 0 ... len - 1; InputError where it cannot be read."""

    @staticmethod
    def recognises(head):
        """Whether a file is of this format by the first bytes of it, or None where that cannot be told."""
        return None

    @property
    def file(self):
        return plain(self.path)

    @property
    def label(self):
        """What the frames are called: the file's stem in words."""
        return uncompressed_name(self.path).stem.replace("_", " ")

    def source(self, number):
        """File and frame, for sentences."""
        return f"{self.path}, frame {number}"

    def unreadable(self, source, error):
        """The InputError of what a parser said of a file or a frame, called `source`."""
        return InputError(f"{source} cannot be read as {self.name} ({reason(error)}); it may be truncated or of "
                          f"another format, so copy or write it again.", path=self.path, frame=source)

    def given(self, number):
        """What a Frame is told of itself: path, index and label, as keywords."""
        return {"path": self.path, "index": number, "label": self.label}


def register_reader(reader):
    """Make files of a format readable: a decorator of subclasses of Reader."""
    taken = {pattern for known in READERS for pattern in known.patterns} & set(reader.patterns)
    if taken:
        raise InputError(f"There is a reader of {', '.join(sorted(taken))} already; give {reader.__name__} other names "
                         f"of files.", option="patterns", value=sorted(taken))
    READERS.append(reader)
    return reader


class Writer(abc.ABC):
    """Writes frames one after the other, as a context manager.

    A subclass states `name` and `patterns` as a Reader does, and defines the methods below.

    Args:
        path: to write, in place of what is there.
    """

    name: str
    patterns: tuple

    @abc.abstractmethod
    def __init__(self, path): ...

    @abc.abstractmethod
    def write(self, frame, columns):
        """Add a frame, with columns {name: (N,) numbers or names}, a value a particle."""

    @abc.abstractmethod
    def close(self):
        """Finish the file."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def register_writer(writer):
    """Make files of a format writable: a decorator of subclasses of Writer."""
    WRITERS.append(writer)
    return writer


def writer_of(path):
    """Return the subclass of Writer for a file's name, or raise InputError that lists the names that are known."""
    name = pathlib.Path(path).name.lower()
    for writer in WRITERS:
        if any(fnmatch.fnmatch(name, pattern) for pattern in writer.patterns):
            return writer
    names = ", ".join(pattern for writer in WRITERS for pattern in writer.patterns)
    raise InputError(f"The name of {path} is of no format that frames are written in; give a name such as {names}.",
                     path=path)


def reader_of(path):
    """Return the subclass of Reader for a file, by its content where that can be told, else by its name.

    Of the formats that a name fits, the end of the name counts before its beginning: dump.cif is a CIF, unless
    another reader recognises what is in it. InputError if neither name nor content are of a known format.
    """
    name = uncompressed_name(path).name.lower()
    named = sorted((pattern.endswith("*"), place) for place, reader in enumerate(READERS) for pattern in reader.patterns
                   if fnmatch.fnmatch(name, pattern))
    named = list(dict.fromkeys(READERS[place] for _, place in named))
    with open(plain(path), "rb") as file:
        head = file.read(_HEAD)
    told = {reader: reader.recognises(head) for reader in [*named, *READERS]}
    found = ([reader for reader in named if told[reader]] or [reader for reader in told if told[reader]]
             or [reader for reader in named if told[reader] is None] or named)
    if found:
        return found[0]
    names = ", ".join(pattern for reader in READERS for pattern in reader.patterns)
    raise InputError(f"Neither the name nor the content of {path} tells a format that can be read; give a file called "
                     f"{names} (in small letters or capitals).", path=path)
