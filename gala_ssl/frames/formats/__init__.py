"""File formats, one file each: a file in this folder registers the reader of its format.

`base` says what a reader is, `ase_reader` what the formats that ASE parses have in common.
"""
import importlib
import pkgutil

from gala_ssl.frames.formats.base import READERS, Reader, reader_of, register_reader

for _file in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_file.name}")

__all__ = ["READERS", "Reader", "reader_of", "register_reader"]
