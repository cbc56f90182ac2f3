"""Self-supervised learning of ordered three-dimensional structures with geometric-algebra attention.

The public names are imported when first used, so that `import gala_ssl` is fast, silent and changes nothing in the
process.
"""
import importlib

from gala_ssl.version import __version__

_WHERE = {
    "Frame": "data.frames",
    "read_frames": "data.reading",
    "PointClouds": "data.neighborhoods",
    "point_clouds": "data.neighborhoods",
    "TASKS": "tasks",
    "build_core": "models.core",
    "build_model": "models.build",
    "load_pretrained": "embedding",
    "EmbeddingTransformer": "transformers",
}
_ROOMS = {"prototypes": "data.prototypes", "analysis": "analysis", "config": "config", "models": "models"}

__all__ = ["__version__", *_WHERE, *_ROOMS]


def __getattr__(name):
    if name in _WHERE:
        return getattr(importlib.import_module(f"gala_ssl.{_WHERE[name]}"), name)
    if name in _ROOMS:
        return importlib.import_module(f"gala_ssl.{_ROOMS[name]}")
    raise AttributeError(f"module 'gala_ssl' has no attribute {name!r}")


def __dir__():
    return __all__
