"""One frame written in many ways, each of which must be read as the same frame.

A way is a function of `Written` that returns the name of a file and its content; `Written.order` says in which order
the particles are in it.
"""
import bz2
import gzip
import lzma

import gsd.hoomd

from gala_ssl.frames.compressed import _zstd
from tests.ways import lammps, others  # noqa: F401, which register their ways
from tests.ways.written import WAYS

COMPRESSIONS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
                ".zst": _zstd().compress}


def write(folder, name, w, compression="", nameless=False):
    """Write a frame in a way into a folder; return the path."""
    file, content = WAYS[name](w)
    path = folder / ("file" if nameless else file)
    if isinstance(content, gsd.hoomd.Frame):
        path.unlink(missing_ok=True)
        with gsd.hoomd.open(path, "w") as trajectory:
            trajectory.append(content)
        content = path.read_bytes()
        path.unlink()
    content = content.encode() if isinstance(content, str) else content
    path = path.with_name(path.name + ("" if nameless else compression))
    path.write_bytes(COMPRESSIONS[compression](content))
    return path
