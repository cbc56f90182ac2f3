"""What run directories share: one process at a time, and one set of settings each."""
import contextlib
import errno
import json
import pathlib

import filelock

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import read_json, remove_leftovers

CONFIG, LOCK = "config.json", ".lock"
# How many of the settings that differ an error names.
_SHOWN = 3


class RunConflict(InputError):
    """The directory holds a run with other settings, or another process writes it; nothing in it is changed."""


@contextlib.contextmanager
def run_lock(directory):
    """Hold the lock of a run's `directory` for the block; the directory is made if it is not there.

    Look into the directory again inside the block, because another process may have ended in the meantime.
    The operating system releases the lock when the process ends, killed or not, so no stale lock remains; files that
    it was writing then remain, and are removed here. The empty file `.lock` stays. A directory that cannot be written
    to needs no lock: its run can be read.

    Raises:
        RunConflict: another process holds the lock. InputError: the file system has no locks, or no room.
    """
    pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
    # No soft lock where the file system has none: it would outlive a process that is killed.
    lock = filelock.FileLock(pathlib.Path(directory) / LOCK, timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise RunConflict(f"Another process is writing the run in {directory}; wait for it or choose another "
                    "directory.", path=directory) from None
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES):
            raise InputError(f"{directory} cannot be locked against other processes ({error.strerror or error}); make "
                             f"room, or choose a directory on a file system that has locks.",
                             path=directory) from error
    try:
        remove_leftovers(directory)
        yield
    finally:
        lock.release()


def check_settings(directory, settings, but=()):
    """Raise RunConflict if the config.json of a run directory differs from these settings, which are plain values.

    The error's `option` is "settings" and its `value` what `differing_settings` returns.

    Args:
        directory: of the run. settings: plain values by name. but: names of those that may differ.
    """
    path = pathlib.Path(directory) / CONFIG
    found = {name: value for name, value in read_json(path).items() if name not in but} if path.exists() else None
    wanted = {name: value for name, value in settings.items() if name not in but}
    differing = found is not None and differing_settings(wanted, found)
    if differing:
        raise RunConflict(f"{directory} holds a run with other settings ({in_words(differing)}); choose another "
                          f"directory, or remove it to start anew.", path=directory, option="settings", value=differing)


def finished(directory, settings, card):
    """Return the card of a run that is done, None where there is none.

    Raises:
        RunConflict: as in `check_settings`.
    """
    path = pathlib.Path(directory) / card
    # The card first: the other way round another process could begin and end a run in between.
    found = read_json(path) if path.exists() else None
    check_settings(directory, settings)
    return found


def differing_settings(wanted, found):
    """Return the settings, plain values, that differ: {"training.epochs": (value found, value wanted)}."""
    wanted, found = _flat(json.loads(json.dumps(wanted))), _flat(found)
    return {name: (found.get(name), wanted.get(name))
            for name in sorted(found.keys() | wanted.keys()) if found.get(name) != wanted.get(name)}


def in_words(differing):
    """The first of the settings that differ, with both values: "training.epochs 3, now 2; and 1 more"."""
    named = [f"{name} {str(found):.30}, now {str(wanted):.30}" for name, (found, wanted) in differing.items()]
    more = [f"and {len(named) - _SHOWN} more"] if len(named) > _SHOWN else []
    return "; ".join(named[:_SHOWN] + more)


def _flat(settings):
    """{"training.epochs": 3} of {"training": {"epochs": 3}}."""
    flat = {}
    for name, value in settings.items():
        below = _flat(value) if isinstance(value, dict) else {}
        flat |= {f"{name}.{key}": each for key, each in below.items()} or {name: value}
    return flat
