"""Self-supervised learning of ordered three-dimensional structures with geometric-algebra attention.

The public names are imported when first used, so that `import gala_ssl` is fast, silent and changes nothing in the
process.
"""
import importlib

from gala_ssl.version import __version__

_WHERE = {
    "Frame": "frames.frame",
    "read_frame": "frames.reading",
    "read_frames": "frames.reading",
    "Trajectory": "frames.trajectory",
    "as_frame": "frames.objects",
    "write_frames": "frames.writing",
    "PointClouds": "clouds.neighborhoods",
    "point_clouds": "clouds.neighborhoods",
    "Nearest": "clouds.rules",
    "Cutoff": "clouds.rules",
    "Voronoi": "clouds.rules",
    "SANN": "clouds.rules",
    "CoreConfig": "networks.config",
    "build_core": "networks.core",
    "copy_weights": "networks.weights",
    "TASKS": "tasks",
    "build_model": "tasks.models.build",
    "Embedding": "order.embedding",
    "EmbeddingTransformer": "order.transformer",
    "Steinhardt": "order.classical",
    "AveragedSteinhardt": "order.classical",
    "SphericalHarmonics": "order.classical",
    "RadialDistances": "order.classical",
    "separability": "order.separability",
    "compare": "order.compare",
    "identify": "order.identify",
    "denoise": "order.denoise",
}
# Those that are there only with Keras.
_OF_KERAS = ("build_core", "build_model")
_ROOMS = {"prototypes": "frames.prototypes"}

__all__ = ["__version__", *_WHERE, *_ROOMS]


def __getattr__(name):
    if name in _WHERE:
        if name in _OF_KERAS:
            importlib.import_module("gala_ssl.base.backend").check_keras()
        return getattr(importlib.import_module(f"gala_ssl.{_WHERE[name]}"), name)
    if name in _ROOMS:
        return importlib.import_module(f"gala_ssl.{_ROOMS[name]}")
    raise AttributeError(f"module 'gala_ssl' has no attribute {name!r}")


def __dir__():
    return __all__
