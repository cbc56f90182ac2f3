"""Self-supervised learning of ordered three-dimensional structures with geometric-algebra attention.

The public names are listed in `__init__.pyi` and imported when first used, so that `import gala_ssl` is fast, silent
and changes nothing in the process.
"""
import lazy_loader

from gala_ssl.version import __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]
