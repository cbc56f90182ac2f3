"""Thermal environments: point clouds as hot as those of real particles, new ones for every epoch.

A frame of a prototype gets a small strain, thermal displacements, vacancies and sometimes a free surface, all before
its neighbours are searched, so that neighbour shells mix as they do in a hot crystal. Liquids are real melts
(`liquids.csv` lists them), gases are hard spheres at low density. Nothing is stored: the environments of an epoch are
a function of (seed, epoch).
"""
import dataclasses
import functools
import importlib.resources

import numpy as np
from scipy.spatial import cKDTree

from gala_ssl.base import randomness
from gala_ssl.clouds.lengths import cloud_lengths
from gala_ssl.clouds.neighborhoods import PointClouds
from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames import prototypes
from gala_ssl.frames.frame import Frame, box_of
from gala_ssl.frames.packed import load_packed
from gala_ssl.tasks.data.config import GAS, LIQUID
from gala_ssl.tasks.data.environments import Environments
from gala_ssl.tasks.data.streams import Stream

# How much of the displacements is a Debye crystal's where neighbours move together, drawn evenly. In simulated metals
# the displacements of neighbours have a correlation of 0.22 to 0.29, as with 0.7 to 0.9 here.
_CORRELATED = (0.5, 1.0)
# Speed of transverse waves over that of longitudinal ones, drawn evenly: 0.5 in most metals, less in some directions.
_SOFTNESS = (0.2, 0.7)
# What one type of particle is encoded as, in a column each.
_ONE_TYPE = (0.0, 2.0)


@dataclasses.dataclass(frozen=True, eq=False)
class _Moment:
    """Particles at one moment: positions (n, 3), their displacements (n, 3) from ideal sites, the cell (3, 3)."""

    positions: np.ndarray
    displacements: np.ndarray
    cell: np.ndarray


def class_names(data):
    """Names of the classes that a DataConfig with thermal settings has: its structures, liquid and gas."""
    return (*(data.structures or prototypes.names()), LIQUID, GAS)


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
    start = 0
    for name, count in zip(names, counts):
        frames = max(1, round(count / settings.clouds_per_frame))
        for part in np.array_split(np.arange(start, start + count), frames):
            bonds[part], ideal[part] = _clouds(name, len(part), data, rng)
        start += count
    order = rng.permutation(clouds)
    labels = np.repeat(np.arange(len(names), dtype=np.int32), counts)[order]
    types = np.broadcast_to(np.array(_ONE_TYPE, np.float32), (*bonds.shape[:2], 2))
    bonds, ideal = bonds[order], ideal[order]
    for array in (bonds, ideal):
        array.flags.writeable = False
    return Environments(PointClouds(bonds, types), labels, names, ideal)


def _clouds(name, count, data, rng):
    """Return bonds and ideal bonds, (count, k, 3) each, of one new frame of a class."""
    if count == 0:
        return np.empty((2, 0, data.neighbors, 3), np.float32)
    moment = _MAKERS.get(name, functools.partial(_crystal, name))(data.thermal, rng)
    frame = _frame(moment)
    search = NeighborSearch(frame, Nearest(data.neighbors))
    first = rng.integers(max(1, len(frame) - count + 1))
    chosen = np.arange(first, first + min(count, len(frame)))
    found = search.find(first, first + len(chosen))
    shape = (len(chosen), data.neighbors, 3)
    bonds = np.asarray(found.vectors, np.float64).reshape(shape)
    moved = moment.displacements[np.asarray(found.point_indices)].reshape(shape) - moment.displacements[chosen, None]
    lengths = cloud_lengths(data.thermal.length_scale, bonds, frame)
    lengths = lengths * np.exp(rng.normal(scale=data.thermal.jitter, size=len(chosen)))
    scaled = np.stack([bonds, bonds - moved]) / lengths[:, None, None]
    # A frame with fewer particles than asked for gives some of them twice.
    return scaled[:, np.resize(np.arange(len(chosen)), count)]


def _frame(moment):
    inside = moment.positions @ np.linalg.inv(moment.cell)
    return Frame(((inside - np.floor(inside)) - 0.5) @ moment.cell, box_of(moment.cell))


def _crystal(name, settings, rng):
    return _hot(prototypes.build(name, settings.particles), settings, rng)


def _hot(frame, settings, rng):
    """A crystal with strain, thermal displacements, vacancies and, at times, a free surface."""
    positions, cell = _deformed(frame.positions.astype(np.float64), frame.cell, settings, rng)
    noise = rng.uniform(*settings.noise)
    correlated = rng.uniform(*_CORRELATED) if rng.uniform() < settings.correlated else 0.0
    displacements = rng.normal(size=positions.shape) * np.sqrt(1 - correlated)
    if correlated > 0:
        softness = rng.uniform(*_SOFTNESS)
        displacements += np.sqrt(correlated) * debye_displacements(positions, cell, rng, softness)
    displacements *= noise
    keep = np.ones(len(positions), bool)
    if rng.uniform() < settings.vacancies:
        keep &= rng.uniform(size=len(keep)) > rng.uniform(0, 0.04)
    if rng.uniform() < settings.surfaces:
        axis, inside = rng.integers(3), positions @ np.linalg.inv(cell)
        height = 1 / np.linalg.norm(np.linalg.inv(cell)[:, axis])
        keep &= (inside - np.floor(inside))[:, axis] > min(2.5 / height, 0.5)
    return _Moment((positions + displacements)[keep], displacements[keep], cell)


def _deformed(positions, cell, settings, rng):
    """Positions and cell under a small random strain, and inverted half of the time: both hands are one structure.

    Vectors are rows, so that a lower triangular gradient keeps the cell lower triangular; up to a rotation, it is
    any strain.
    """
    gradient = np.eye(3) + np.tril(rng.normal(scale=rng.uniform(0, settings.strain), size=(3, 3)))
    return rng.choice([-1, 1]) * positions @ gradient, cell @ gradient


def debye_displacements(positions, cell, rng, softness=1.0):
    r"""Displacements of a Debye crystal at high temperature, (n, 3), with a standard deviation of 1 a coordinate.

    Plane waves with random phases and directions of all wave vectors of the periodic box within the Debye sphere,
    :math:`k_D^3 = 6 \pi^2 n / V`, with mean square amplitudes proportional to :math:`1 / (c k)^2` (equipartition).
    Nearest neighbours of fcc then move together with a correlation of 0.39, less in a small box, which lacks the
    longest waves (0.31 with 2,000 particles).

    Args:
        positions: (n, 3). cell: (3, 3), vectors as rows. rng: numpy Generator.
        softness: speed of transverse waves over that of longitudinal ones, at most 1. Below 1, shear is softer than
            compression, as it is in real crystals (0.5 in an isotropic solid with a Poisson ratio of 1/3).
    """
    inverse = np.linalg.inv(cell)
    largest = (6 * np.pi**2 * len(positions) / abs(np.linalg.det(cell))) ** (1 / 3)
    reach = np.ceil(largest * np.linalg.norm(cell, axis=1) / (2 * np.pi)).astype(int)
    waves = np.indices(2 * reach + 1).reshape(3, -1).T - reach
    # One of each pair k, -k, without 0.
    waves = waves[len(waves) // 2 + 1:]
    vectors = 2 * np.pi * waves @ inverse.T
    lengths = np.linalg.norm(vectors, axis=1)
    inside = lengths < largest
    if not inside.any():
        return rng.normal(size=positions.shape)
    waves, directions, lengths = waves[inside], vectors[inside] / lengths[inside, None], lengths[inside]
    phases = 2 * np.pi * (positions @ inverse) @ waves.T
    amplitudes = rng.normal(size=(2, len(waves), 3)) / lengths[:, None]
    along = np.einsum("ijk,jk->ij", amplitudes, directions)
    cosines, sines = amplitudes - (1 - softness) * along[..., None] * directions
    found = np.cos(phases) @ cosines + np.sin(phases) @ sines
    return found / found.std()


@functools.cache
def _liquids():
    """Positions and cells of all stored melts, in units of their mean distance n^(-1/3)."""
    found = []
    for frame in load_packed(importlib.resources.files("gala_ssl.tasks.data").joinpath("liquids.npz")):
        unit = (np.linalg.det(frame.cell) / len(frame)) ** (1 / 3)
        found.append((frame.positions / unit, frame.cell / unit))
    return found


def _liquid(settings, rng):
    """A stored melt under a small strain and noise, so that no environment comes twice."""
    melts = _liquids()
    positions, cell = _deformed(*melts[rng.integers(len(melts))], settings, rng)
    positions = positions + rng.normal(scale=rng.uniform(0, 0.04), size=positions.shape)
    return _Moment(positions, np.zeros_like(positions), cell)


def _gas(settings, rng):
    """Points at random, of which no two are nearer than a hard core, at a low density."""
    count, core = 2 * settings.particles, rng.uniform(0.05, 0.7)
    edge = count ** (1 / 3)
    positions = rng.uniform(0, edge, size=(count, 3))
    pairs = cKDTree(positions, boxsize=edge).query_pairs(core, output_type="ndarray")
    keep = np.ones(count, bool)
    keep[pairs[:, 1]] = False
    return _Moment(positions[keep], np.zeros((keep.sum(), 3)), np.eye(3) * edge)


_MAKERS = {LIQUID: _liquid, GAS: _gas}


def thermal_frame(name, settings, rng):
    """A new Frame of a class as `thermal_environments` has them: a prototype's name, "liquid" or "gas".

    Args:
        settings: ThermalConfig. rng: numpy Generator.
    """
    return _frame(_MAKERS.get(name, functools.partial(_crystal, name))(settings, rng))


def hot_frame(frame, settings, rng):
    """A new Frame of any crystal as `thermal_environments` has those of prototypes.

    Args:
        frame: Frame of the perfect crystal, its shortest distance 1, large enough. settings: ThermalConfig; rng: numpy
            Generator.
    """
    return _frame(_hot(frame, settings, rng))


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
