"""TensorFlow's import without the lines that it says whatever TF_CPP_MIN_LOG_LEVEL is (its issue 100442)."""
import contextlib
import importlib.machinery
import os
import re
import sys
import tempfile

# TensorFlow reports each missing GPU library at start-up; set the variable to see that.
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3"}
# News of no consequence, and the warning that such news goes to standard error.
_HARMLESS = re.compile(rb"I\d{4} \d\d:\d\d:|WARNING: All log messages before absl::InitializeLog")


class QuietTensorFlow:
    """On `sys.meta_path`, it imports TensorFlow with standard error held back; what is not harmless follows after."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def exec_module(module):
                with held_back():
                    run(module)
            spec.loader.exec_module = exec_module
        return spec


@contextlib.contextmanager
def quietly():
    """Import TensorFlow quietly in the block, unless TF_CPP_MIN_LOG_LEVEL is set to hear more. For the command line."""
    unset = {name: level for name, level in ENVIRONMENT.items() if name not in os.environ}
    os.environ.update(unset)
    hooks = [QuietTensorFlow()] if all(os.environ[name] == level for name, level in ENVIRONMENT.items()) else []
    sys.meta_path[:0] = hooks
    try:
        yield
    finally:
        for hook in hooks:
            sys.meta_path.remove(hook)
        for name in unset:
            os.environ.pop(name, None)


def dask_setup(worker):
    """Import TensorFlow quietly in a process of Dask that has this module as its `preload`."""
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "3":
        sys.meta_path.insert(0, QuietTensorFlow())


@contextlib.contextmanager
def standard_error():
    """Open a standard error for the block if the process was started with a closed one; it discards what is written.

    A file opened in the block would otherwise get its number, and what C++ libraries say with it.
    """
    try:
        os.fstat(2)
        closed = False
    except OSError:
        closed = True
        null = os.open(os.devnull, os.O_RDWR)
        if null != 2:
            os.dup2(null, 2)
            os.close(null)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        lacking = sys.stderr is None
        if lacking:
            sys.stderr = nowhere
        try:
            yield
        finally:
            if lacking:
                sys.stderr = None
            if closed:
                os.close(2)


@contextlib.contextmanager
def held_back():
    """Standard error of the process, C++ libraries' too, as a file; its lines but the harmless ones follow after."""
    try:
        kept = os.dup(2)
    except OSError:  # it is closed, and a file might have got its number meanwhile
        yield
        return
    with tempfile.TemporaryFile() as file:
        _flush()
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            _flush()
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            for line in file:
                if not _HARMLESS.match(line):
                    os.write(2, line)


def _flush():
    if sys.stderr is not None:
        sys.stderr.flush()
