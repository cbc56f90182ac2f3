"""Thermal environments: point clouds as hot as those of real particles, new ones for every epoch.

A frame of a structure is made hot (`gala_ssl.tasks.data.hot`) before its neighbours are searched, so that neighbour
shells mix as they do in a hot crystal. Nothing is stored: the environments of an epoch are a function of (seed, epoch).
"""
import dataclasses
import functools

import numpy as np

from gala_ssl.base import randomness
from gala_ssl.clouds.lengths import cloud_lengths
from gala_ssl.clouds.neighborhoods import PointClouds
from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.roles import by_role
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames import prototypes
from gala_ssl.tasks.data.config import GAS, LIQUID
from gala_ssl.tasks.data.environments import Environments, known_types, structure_frame
from gala_ssl.tasks.data.hot import MAKERS, hot_crystal, moment_frame
from gala_ssl.tasks.data.streams import Stream

# What one type of particle is encoded as, in a column each.
_ONE_TYPE = (0.0, 2.0)


def class_names(data):
    """Names of the classes that a DataConfig with thermal settings has: its structures, liquid and gas."""
    return (*data.structure_names, LIQUID, GAS)


def thermal_environments(data, clouds, seed):
    """Return `clouds` new environments of all classes.

    Args:
        data: DataConfig with `thermal` settings. clouds: number of environments. seed: tuple of integers.

    Returns:
        Environments in random order: bonds in the unit of the length scale, with the ideal bond of each; of a liquid
        and a gas, where no bond is ideal, these are the bonds as they are.
    """
    settings, names = data.thermal, class_names(data)
    rng = randomness.rng(seed, "thermal environments")
    shares = np.ones(len(names))
    shares[-2:] = settings.liquid_share, settings.gas_share
    # The remainder goes to classes drawn by chance, so that no class is favoured.
    counts = np.floor(clouds * shares / shares.sum()).astype(int)
    counts += np.bincount(rng.choice(len(names), clouds - counts.sum(), p=shares / shares.sum()), minlength=len(names))
    bonds, ideal = np.empty((2, clouds, data.neighbors, 3), np.float32)
    types = np.empty((clouds, data.neighbors, 2 * data.type_count), np.float32) if data.types else None
    start = 0
    for name, structure, count in zip(names, (*(data.structures or prototypes.names()), LIQUID, GAS), counts):
        frames = max(1, round(count / settings.clouds_per_frame))
        for part in np.array_split(np.arange(start, start + count), frames):
            (bonds[part], ideal[part]), encoded = _clouds(MAKERS.get(name, structure), len(part), data, rng)
            if types is not None:
                types[part] = encoded
        start += count
    order = rng.permutation(clouds)
    labels = np.repeat(np.arange(len(names), dtype=np.int32), counts)[order]
    types = np.broadcast_to(np.array(_ONE_TYPE, np.float32), (*bonds.shape[:2], 2)) if types is None else types[order]
    bonds, ideal = bonds[order], ideal[order]
    for array in (bonds, ideal):
        array.flags.writeable = False
    clouds = PointClouds(bonds, types)
    return Environments(by_role(clouds, data.types) if isinstance(data.types, int) else clouds, labels, names, ideal)


def _clouds(structure, count, data, rng):
    """Return bonds and ideal bonds, (count, k, 3) each, of one new frame of a class, and encoded types (count, k, 2 T).

    `structure` is a prototype's name, a Crystal, or the function that makes a liquid or gas.
    """
    if count == 0:
        return np.empty((2, 0, data.neighbors, 3), np.float32), 0
    moment = structure(data.thermal, rng) if callable(structure) else _crystal(structure, data, rng)
    if data.types and moment.types is None:
        moment = _mixed(moment, data, rng)
    frame = moment_frame(moment)
    search = NeighborSearch(frame, Nearest(data.neighbors))
    first = rng.integers(max(1, len(frame) - count + 1))
    chosen = np.arange(first, first + min(count, len(frame)))
    found = search.find(first, first + len(chosen))
    shape = (len(chosen), data.neighbors, 3)
    bonds = np.asarray(found.vectors, np.float64).reshape(shape)
    near = np.asarray(found.point_indices).reshape(shape[:2])
    moved = moment.displacements[near] - moment.displacements[chosen, None]
    lengths = cloud_lengths(data.thermal.length_scale, bonds, frame)
    lengths = lengths * np.exp(rng.normal(scale=data.thermal.jitter, size=len(chosen)))
    scaled = np.stack([bonds, bonds - moved]) / lengths[:, None, None]
    # A frame with fewer particles than asked for gives some of them twice.
    wanted = np.resize(np.arange(len(chosen)), count)
    return scaled[:, wanted], _encoded(moment, chosen, near, data)[wanted] if data.types else 0


def _encoded(moment, chosen, near, data):
    """The type encodings (m, k, 2 T) of the bonds from chosen particles (m,) to those near (m, k)."""
    one_hot = np.eye(data.type_count, dtype=np.float32)[moment.types]
    to, of = one_hot[near], one_hot[chosen, None]
    return np.concatenate([to - of, to + of], axis=-1)


def _mixed(moment, data, rng):
    """A liquid or gas with types at random, in the shares of one of the structures, drawn by chance."""
    structures = data.structures or prototypes.names()
    frame = known_types(structure_frame(structures[rng.integers(len(structures))], 1), data, rng)
    types = rng.choice(frame.types, size=len(moment.positions))
    return dataclasses.replace(moment, types=types, type_names=frame.type_names)


def _crystal(structure, data, rng):
    frame = structure_frame(structure, data.thermal.particles)
    return hot_crystal(known_types(frame, data, rng), data.thermal, rng)


class ThermalStream(Stream):
    """Batches that a task makes of thermal environments, new ones each epoch, each used once.

    Batch i of epoch e is a function of (seed, e, i), as of every Stream, which also says what becomes of the last,
    incomplete batch: in validation it is there, in training it is left out.

    Args:
        task: Task. data: DataConfig with `thermal` settings. clouds: environments in an epoch.
        batch_size: clouds a batch. seed: tuple of integers.
        renewed: False asks about the environments of epoch 0 in every epoch, for validation.
    """

    def __init__(self, task, data, clouds, batch_size, seed, renewed=True):
        self.data, self.clouds_an_epoch, self.renewed = data, clouds, renewed
        super().__init__(task, None, np.arange(clouds), batch_size, None, data.x_scale, seed, shuffle=False)
        if renewed:
            self.batches = clouds // self.batch_size

    def environments_of(self, epoch):
        return _environments(self.data, self.clouds_an_epoch, (*self.seed, epoch if self.renewed else 0))


# The environments of one epoch at a time: the batches of an epoch share them.
_environments = functools.lru_cache(maxsize=1)(thermal_environments)
