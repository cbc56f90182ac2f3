"""File formats, one file each: a file in this folder registers the reader of its format.

`base` says what a reader is, `ase_reader` what the formats that ASE parses have in common.
"""
from gala_ssl.base.registry import import_files
from gala_ssl.frames.formats.base import READERS, Reader, reader_of, register_reader

import_files(__name__, __path__)

__all__ = ["READERS", "Reader", "reader_of", "register_reader"]
