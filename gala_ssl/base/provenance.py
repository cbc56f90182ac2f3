"""What a card says of how a result came about."""
import hashlib
import importlib.metadata
import pathlib
import platform

PACKAGES = ("gala_ssl", "keras", "tensorflow", "jax", "geometric-algebra-attention", "freud-analysis", "gsd", "numpy",
            "scipy", "scikit-learn")


def versions(packages=PACKAGES):
    """Return a dictionary of the versions of Python and of those packages, installed here, that results depend on."""
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass  # JAX and TensorFlow are not both needed
    return found


def sha256(path):
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
