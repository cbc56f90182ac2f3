"""File formats, one file each: a file in this folder registers the reader of its format.

`base` says what readers and writers are, `text` what the formats of text have in common.
"""
from gala_ssl.base.registry import import_files
from gala_ssl.frames.formats.base import (
    READERS,
    WRITERS,
    Reader,
    Writer,
    reader_of,
    register_reader,
    register_writer,
    writer_of,
)

import_files(__name__, __path__)

__all__ = ["READERS", "WRITERS", "Reader", "Writer", "reader_of", "register_reader", "register_writer", "writer_of"]
