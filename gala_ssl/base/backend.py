"""Whether Keras and its backend are there, found out without importing them, which takes seconds.

Looking at data does without both: the compiled kernel computes. What trains, and what the kernel does not know, calls
`check_keras` before it imports Keras.
"""
import importlib.util
import json
import os
import pathlib

from gala_ssl.base.errors import InputError

BACKENDS = ("tensorflow", "jax", "torch", "numpy")
INSTALL = 'pip install "gala-ssl[tensorflow]"'


def check_keras(instead_of: InputError | None = None) -> None:
    """InputError unless Keras, the attention layers of the paper's authors and Keras's backend are installed.

    The backend is the one that KERAS_BACKEND, or else Keras's own file of settings, names; read as Keras reads them.

    Args:
        instead_of: why the compiled kernel does not compute, in whose place Keras would.
    """
    missing = [name for module, name in (("keras", "Keras"), ("geometric_algebra_attention",
                                                             "geometric-algebra-attention")) if not _there(module)]
    if missing:
        what = " and ".join(missing)
        if instead_of is None:
            raise InputError(f"This needs {what}; to install what is missing, type {INSTALL}.", option="package",
                             value=what)
        raise InputError(f"{str(instead_of).rstrip('.')}; to compute with Keras in its place, type {INSTALL}.",
                         option="package", value=what) from instead_of
    name, where, path = os.environ.get("KERAS_BACKEND"), "KERAS_BACKEND", None
    if not name:
        path = keras_folder() / "keras.json"
        where = f"The backend in {path}"
        try:
            name = json.loads(path.read_text(encoding="utf-8")).get("backend")
        except (OSError, ValueError, AttributeError):  # Keras takes its own then
            name = None
    if not name and not _there("tensorflow"):
        raise InputError("Keras computes with TensorFlow, which is not installed; type "
                         f"{INSTALL}, or set KERAS_BACKEND=jax where JAX is installed.", option="backend",
                         value="tensorflow")
    name = name or "tensorflow"
    if name not in BACKENDS:
        raise InputError(f"{where} is {name!r}; set it to one of {', '.join(BACKENDS)}, or leave it unset.",
                         path=path, option="backend", value=name)
    if not _there(name):
        raise InputError(f"{where} is {name!r}, which is not installed; install it, or leave it unset.",
                         path=path, option="backend", value=name)


def keras_folder():
    """The folder of Keras's settings: KERAS_HOME, else .keras in the home, or in /tmp where that cannot be written."""
    if "KERAS_HOME" in os.environ:
        return pathlib.Path(os.environ["KERAS_HOME"]).expanduser()
    home = pathlib.Path(os.path.expanduser("~"))
    return (home if os.access(home, os.W_OK) else pathlib.Path("/tmp")) / ".keras"


def _there(module):
    return importlib.util.find_spec(module) is not None
