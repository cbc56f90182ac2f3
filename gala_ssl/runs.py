"""One process a run directory: two in one place would spoil each other's files."""
import contextlib
import os

from gala_ssl.errors import InputError


@contextlib.contextmanager
def alone_in(directory):
    """Hold the lock of `directory` for the block; InputError where another process holds it.

    The operating system releases the lock when the process ends, killed or not, so no stale lock remains.
    """
    import fcntl  # not on Windows, where the rest of the package works

    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise InputError(f"Another process is writing the run in {directory}; wait for it or choose another "
                         "directory.") from None
    try:
        yield
    finally:
        os.close(handle)
