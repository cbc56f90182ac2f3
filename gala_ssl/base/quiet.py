"""TensorFlow's import without the lines that it says whatever TF_CPP_MIN_LOG_LEVEL is (its issue 100442)."""
import contextlib
import importlib.machinery
import os
import re
import sys
import tempfile

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


def import_quietly():
    """From now on TensorFlow is imported quietly, unless TF_CPP_MIN_LOG_LEVEL was set to hear more."""
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "3" and not any(isinstance(each, QuietTensorFlow)
                                                                 for each in sys.meta_path):
        sys.meta_path.insert(0, QuietTensorFlow())


@contextlib.contextmanager
def held_back():
    """Standard error of the process, C++ libraries' too, as a file; its lines but the harmless ones follow after."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            for line in file:
                if not _HARMLESS.match(line):
                    os.write(2, line)
