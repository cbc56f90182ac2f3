"""File formats, one file each: a file in this folder registers the reader of its format.

`base` says what a reader is, `text` and `cells` what the formats of text have in common, `objects` beside them what the
objects of other packages are.
"""
from gala_ssl.base.registry import import_files
from gala_ssl.frames.formats.base import READERS, Reader, reader_of, register_reader

import_files(__name__, __path__)

__all__ = ["READERS", "Reader", "reader_of", "register_reader"]
