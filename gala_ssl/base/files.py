"""Files that appear whole or not at all: written aside, then renamed."""
import contextlib
import json
import os
import pathlib
import secrets
import tempfile

from gala_ssl.base.errors import InputError

_ASIDE = ".writing-"


class NotWritten(OSError):
    """A file could not be written; the text is a sentence that names it."""


@contextlib.contextmanager
def errors_name(path):
    """Errors of writing in this block, such as a full disk, name `path`: an OSError becomes a NotWritten.

    An OSError that names a file which is neither written aside nor a folder above `path` stays as it is.
    """
    try:
        yield
    except NotWritten:
        raise
    except OSError as error:
        if error.filename is not None:
            named, whole = (pathlib.Path(os.path.abspath(name)) for name in (str(error.filename), path))
            if named not in whole.parents and _ASIDE not in str(named):
                raise
        raise NotWritten(f"{path} cannot be written ({error.strerror or error}); make room or give another folder, "
                         f"and start again. What was there stays as it was.") from error


@contextlib.contextmanager
def written_whole(path):
    """Give a temporary path beside `path`; move it onto `path` when the block succeeds.

    A reader, or a process killed at any moment, finds the old file or the new one, never a part.
    The temporary file keeps the suffixes of `path`, because Keras and pandas choose the format by it.
    NotWritten, as of `errors_name`, where the disk is full or cannot be written to.
    """
    with errors_name(path), written_together([path]) as aside:
        yield aside[path]


@contextlib.contextmanager
def written_together(paths):
    """Give {path: temporary path beside it}; move all of them when the block succeeds, and none where it fails.

    Each is as of `written_whole`, but errors in the block do not name a file: put what it writes into
    `errors_name(path)`.
    """
    with contextlib.ExitStack() as stack:
        aside = {path: stack.enter_context(_aside(pathlib.Path(path))) for path in paths}
        yield aside
        for path, temporary in aside.items():
            with errors_name(path), open(temporary, "rb") as written:
                os.fsync(written.fileno())
        for path, temporary in aside.items():
            with errors_name(path):
                temporary.replace(path)


@contextlib.contextmanager
def _aside(path):
    """An empty file beside `path`, which goes when the block ends unless it was moved."""
    with errors_name(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / "".join([_ASIDE, secrets.token_hex(4), *path.suffixes])
        temporary.touch(exist_ok=False)  # with the permissions of any new file
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def folder_aside(path):
    """Give a temporary folder beside `path`, for parts of what is written there; it goes when the block ends."""
    path = pathlib.Path(path)
    with errors_name(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_ASIDE, dir=path.parent) as folder:
            yield pathlib.Path(folder)


def remove_leftovers(folder):
    """Remove the unfinished files of killed processes in `folder`; no other process may be writing there."""
    for path in pathlib.Path(folder).glob(f"{_ASIDE}*"):
        with contextlib.suppress(OSError):  # it does no harm, and the disk may be read-only
            path.unlink()


def check_file(path):
    """FileNotFoundError or InputError unless the pathlib.Path is a file, with its content on a disk."""
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}; check the path.")
    if path.is_dir():
        raise InputError(f"{path} is a folder; give a file in it.", path=path)
    if not path.is_file():  # a pipe would be waited on for ever
        raise InputError(f"{path} is no ordinary file; copy what it holds into one.", path=path)


def check_folder(path):
    """InputError unless `path` is a folder, or can become one: a file in its place is found before hours of work."""
    there = next(part for part in (pathlib.Path(path), *pathlib.Path(path).absolute().parents) if part.exists())
    if not there.is_dir():
        raise InputError(f"{there} is a file; give a folder to write into in place of {path}.", path=there)


def read_json(path):
    """Return the dictionary in a JSON file; InputError that names the file if it is damaged."""
    try:
        found = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}); restore it, or remove it and what it describes.",
                         path=path) from error
    if not isinstance(found, dict):
        raise InputError(f"{path} does not hold settings by name; restore it, or remove it and what it describes.",
                         path=path)
    return found


def write_text(path, text):
    """Write `text` to `path` as a whole file."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path, value):
    """Write `value` to `path` as indented JSON, a whole file."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_csv(path, table, float_format="%.6g"):
    """Write a DataFrame to `path` without its index, a whole file."""
    with written_whole(path) as temporary:
        table.to_csv(temporary, index=False, float_format=float_format)
