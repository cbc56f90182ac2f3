"""Self-supervised learning of ordered three-dimensional structures with geometric-algebra attention.

The public names are listed in `__init__.pyi` and imported when first used, so that `import gala_ssl` is fast, silent
and changes nothing in the process.
"""
import lazy_loader

from gala_ssl.version import __version__

_attached, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]
# Public names that are there only with Keras.
_OF_KERAS = ("build_core", "build_model", "train", "find_phases")


def __getattr__(name):
    if name in _OF_KERAS:
        from gala_ssl.base.backend import check_keras

        check_keras()
    return _attached(name)
