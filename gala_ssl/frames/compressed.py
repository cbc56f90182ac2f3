"""Compressed files, unpacked once into a temporary folder, so that any frame of them can be reached."""
import atexit
import bz2
import functools
import gzip
import lzma
import os
import pathlib
import shutil
import sys
import tempfile
import warnings
import zlib

from gala_ssl.base.errors import InputError, InputWarning
from gala_ssl.base.files import errors_name

# How a file of each kind begins, and what opens it.
_KINDS = {
    b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open,
    b"\x28\xb5\x2f\xfd": lambda path: _zstd().open(path),
}
SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
_BLOCK = 1 << 22
_unpacked: dict[tuple, pathlib.Path] = {}


def uncompressed_name(path):
    """The file's name without the suffix of a compression, a pathlib.Path."""
    path = pathlib.Path(path)
    return path.with_suffix("") if path.suffix.lower() in SUFFIXES else path


def plain(path):
    """The path of a file with what `path` holds, uncompressed: `path` itself, or a temporary file.

    gzip, bzip2, xz and Zstandard are known by how the file begins, whatever it is called. A file is unpacked once in a
    process, and removed when that ends. What was cut off in the middle is unpacked as far as it goes, with a warning.

    Raises:
        InputError: the compressed file is damaged. NotWritten: no room for what it holds.
    """
    path = pathlib.Path(path)
    with open(path, "rb") as file:
        head = file.read(6)
    opened = next((opened for magic, opened in _KINDS.items() if head.startswith(magic)), None)
    if opened is None:
        return path
    state = os.stat(path)
    key = str(path.resolve()), state.st_mtime_ns, state.st_size
    if key not in _unpacked or not _unpacked[key].exists():
        target = _folder(os.getpid()) / f"{len(_unpacked)}_{uncompressed_name(path).name}"
        _unpacked[key] = _unpack(path, opened, target)
    return _unpacked[key]


@functools.cache
def _folder(process):
    """A folder that the process removes when it ends; a child of it, by fork, leaves it alone."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gala_ssl-"))
    atexit.register(lambda: os.getpid() == process and shutil.rmtree(folder, ignore_errors=True))
    return folder


def _zstd():
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd  # which only compressed files need
    return zstd


def _unpack(path, opened, target):
    with errors_name(target), open(target, "wb") as copy:
        try:
            with opened(path) as file:
                while block := file.read1(_BLOCK):  # read would lose what comes before a sudden end
                    copy.write(block)
        except (EOFError, lzma.LZMAError, zlib.error, _zstd().ZstdError, gzip.BadGzipFile, ValueError) as error:
            if not isinstance(error, EOFError) or not copy.tell():
                raise InputError(f"{path} is compressed and cannot be unpacked ({error}); copy or write it again.",
                                 path=path) from error
            warnings.warn(InputWarning(f"{path} is compressed and ends in the middle; what is there is read.",
                                       path=path), stacklevel=2)
        except OSError as error:
            if error.errno is None:  # bz2 says so of damaged data
                raise InputError(f"{path} is compressed and cannot be unpacked ({error}); copy or write it again.",
                                 path=path) from error
            raise
    return target
