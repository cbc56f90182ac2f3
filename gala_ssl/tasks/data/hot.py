"""Particles at one moment of a hot crystal, a melt or a gas, which thermal environments are cut from.

A crystal gets a small strain, thermal displacements, vacancies and sometimes a free surface. Liquids are real melts
(`liquids.csv` lists them), gases are hard spheres at low density.
"""
import dataclasses
import functools
import importlib.resources

import numpy as np
from scipy.spatial import cKDTree

from gala_ssl.frames.frame import Frame, box_of
from gala_ssl.frames.packed import load_packed
from gala_ssl.tasks.data.config import GAS, LIQUID
from gala_ssl.tasks.data.environments import structure_frame

# How much of the displacements is a Debye crystal's where neighbours move together, drawn evenly. In simulated metals
# the displacements of neighbours have a correlation of 0.22 to 0.29, as with 0.7 to 0.9 here.
_CORRELATED = (0.5, 1.0)
# Speed of transverse waves over that of longitudinal ones, drawn evenly: 0.5 in most metals, less in some directions.
_SOFTNESS = (0.2, 0.7)


@dataclasses.dataclass(frozen=True, eq=False)
class Moment:
    """Particles at one moment: positions (n, 3), their displacements (n, 3) from ideal sites, the cell (3, 3).

    `types` (n,) are places in `type_names`, or None where all are of one.
    """

    positions: np.ndarray
    displacements: np.ndarray
    cell: np.ndarray
    types: np.ndarray | None = None
    type_names: tuple | None = None


def moment_frame(moment):
    inside = moment.positions @ np.linalg.inv(moment.cell)
    return Frame(((inside - np.floor(inside)) - 0.5) @ moment.cell, box_of(moment.cell), moment.types,
                 moment.type_names)


def hot_crystal(frame, settings, rng):
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
    return Moment((positions + displacements)[keep], displacements[keep], cell, frame.types[keep], frame.type_names)


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
    return Moment(positions, np.zeros_like(positions), cell)


def _gas(settings, rng):
    """Points at random, of which no two are nearer than a hard core, at a low density."""
    count, core = 2 * settings.particles, rng.uniform(0.05, 0.7)
    edge = count ** (1 / 3)
    positions = rng.uniform(0, edge, size=(count, 3))
    pairs = cKDTree(positions, boxsize=edge).query_pairs(core, output_type="ndarray")
    keep = np.ones(count, bool)
    keep[pairs[:, 1]] = False
    return Moment(positions[keep], np.zeros((keep.sum(), 3)), np.eye(3) * edge)


MAKERS = {LIQUID: _liquid, GAS: _gas}


def thermal_frame(name, settings, rng):
    """A new Frame of a class as `thermal_environments` has them: a prototype's name, a Crystal, "liquid" or "gas".

    Args:
        settings: ThermalConfig. rng: numpy Generator.
    """
    if name in MAKERS:
        return moment_frame(MAKERS[name](settings, rng))
    return hot_frame(structure_frame(name, settings.particles), settings, rng)


def hot_frame(frame, settings, rng):
    """A new Frame of any crystal, without types, as `thermal_environments` has those of prototypes.

    Args:
        frame: Frame of the perfect crystal, its shortest distance 1, large enough. settings: ThermalConfig; rng: numpy
            Generator.
    """
    return moment_frame(dataclasses.replace(hot_crystal(frame, settings, rng), types=None, type_names=None))


