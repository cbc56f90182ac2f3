"""What run directories share: one process at a time, and one set of settings each."""
import contextlib
import json
import os
import pathlib

from gala_ssl.errors import InputError
from gala_ssl.files import read_json

CONFIG = "config.json"


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


def check_settings(directory, settings):
    """Refuse a run directory whose config.json tells of other settings than these plain values."""
    path = pathlib.Path(directory) / CONFIG
    if not path.exists():
        return
    settings, found = json.loads(json.dumps(settings)), read_json(path)
    differing = sorted(key for key in found.keys() | settings.keys() if found.get(key) != settings.get(key))
    if differing:
        raise InputError(f"{directory} holds a run with other settings ({', '.join(differing)}); "
                         f"choose another directory, or remove it to start anew.")
