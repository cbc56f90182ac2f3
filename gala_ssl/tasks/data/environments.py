"""Environments: the labelled point clouds of the prototypes, and how they are split."""
import dataclasses

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.progress import Bar
from gala_ssl.base.randomness import rng
from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames import prototypes


@dataclasses.dataclass(frozen=True, eq=False)
class Environments:
    """Point clouds with the structure each was cut from.

    Attributes:
        clouds: PointClouds of n environments, in shortest distances.
        labels: (n,) int32, index into `names`.
        names: the structures.
        ideal: (n, k, 3) float32, the bonds between the ideal sites of the same particles; None where the bonds
            themselves are taken for ideal.
    """

    clouds: PointClouds
    labels: np.ndarray
    names: tuple
    ideal: np.ndarray | None = None

    def __len__(self):
        return len(self.labels)


def prototype_environments(config, progress=True):
    """Return the Environments of the prototypes of a DataConfig: every particle of every structure and noise.

    Args:
        config: DataConfig. progress: show a bar (on a terminal only).

    Returns:
        Environments, structure by structure, noise by noise, particle by particle; bonds are in units of the
        structure's shortest distance before noise.
    """
    names = config.structures or prototypes.names()
    clouds, labels = [], []
    for label, name in enumerate(Bar(names, "prototypes", unit="structure", shown=progress)):
        for i, noise in enumerate(config.noises):
            frame = prototypes.build(name, config.min_particles, noise, seed=_noise_seed(config.seed, i))
            clouds.append(point_clouds(frame, Nearest(config.neighbors)))
            labels.append(np.full(len(frame), label, np.int32))
    return Environments(PointClouds.concatenate(clouds), np.concatenate(labels), tuple(names))


def _noise_seed(seed, index):
    """One integer seed a noise level, so that levels do not share a sample."""
    return int(rng(seed, "noise level", index).integers(2**31))


def split(count, config, fraction=1.0):
    """Split `count` environments into training and validation ones.

    Args:
        count: number of environments.
        config: DataConfig, for the part held back and the seed.
        fraction: part of each side to keep. A smaller fraction is a subset of a larger one.

    Returns:
        (training, validation): disjoint int64 index arrays in random order, at least one index each.
    """
    if count < 2:
        raise InputError(f"{count} environments cannot be split into training and validation ones.",
                         option="count", value=count)
    order = rng(config.seed, "split").permutation(count)
    held_back = min(max(1, round(count * config.validation_fraction)), count - 1)
    return tuple(side[: max(1, round(len(side) * fraction))] for side in (order[held_back:], order[:held_back]))
