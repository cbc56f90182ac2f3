"""HDF5 on disks that may be full: a failure is an OSError, where HDF5 itself would crash the process.

When a write fails, HDF5 (1.14 and 2.0) leaves what it could not write in its caches, tries again when the file is
closed, and ends in a segmentation fault. So it is never told of a failure: one is kept here and raised by `check`.
"""
import io

import h5py


class SafeFile(h5py.File):
    """A new HDF5 file to write. Closing it without an error says that all of it was written.

    An error that leaves a `with` block is never hidden behind one of closing.
    """

    def __init__(self, path):
        self._raw = _Remembering(path, "w+")
        super().__init__(self._raw, "w")

    def check(self):
        """Raise the OSError of the first write that failed, if one did."""
        if self._raw.error:
            raise self._raw.error

    def close(self):
        super().close()
        self._raw.close()
        self.check()

    def __exit__(self, *raised):
        try:
            super().__exit__(*raised)
        except OSError:
            if raised[0] is None:
                raise


class _Remembering(io.FileIO):
    """A file that takes everything, and remembers the OSError from which on it wrote nothing."""

    error = None

    def write(self, data):
        rest = memoryview(data)
        try:
            while rest and not self.error:
                rest = rest[super().write(rest):]
        except OSError as error:
            self.error = error
        return len(data)

    def truncate(self, size=None):
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
