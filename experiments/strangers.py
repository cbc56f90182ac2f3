"""Crystals that are not among the fifty prototypes, and any crystal at a temperature.

The named ones are common crystals, taken as one component, with rounded parameters (Hicks et al., Comput. Mater. Sci.
161,
S1 (2019)); A15 and hexagonal diamond are kept out of every fit. Random ones are a few points in a random cell, moved
apart until no two are closer than a core.
"""
import numpy as np
from ase.spacegroup import crystal

from gala_ssl.base.randomness import rng
from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.frame import Frame, box_of
from gala_ssl.tasks.data.hot import debye_displacements

# Space group, edges, sites; angles as usual.
CELLS = {
    "A15": (223, (1, 1, 1), [(0, 0, 0), (.25, 0, .5)]),
    "hexagonal diamond": (194, (1, 1, 1.635), [(1 / 3, 2 / 3, .0625)]),
    "C14": (194, (1, 1, 1.64), [(1 / 3, 2 / 3, .062), (0, 0, 0), (.8305, .661, .25)]),
    "C15": (227, (1, 1, 1), [(1 / 8, 1 / 8, 1 / 8), (.5, .5, .5)]),
    "AlB2": (191, (1, 1, 1.08), [(0, 0, 0), (1 / 3, 2 / 3, .5)]),
    "CaCu5": (191, (1, 1, .805), [(0, 0, 0), (1 / 3, 2 / 3, 0), (.5, 0, .5)]),
    "NiAs": (194, (1, 1, 1.39), [(0, 0, 0), (1 / 3, 2 / 3, .25)]),
    "cuprite": (224, (1, 1, 1), [(0, 0, 0), (.25, .25, .25)]),
    "fluorite": (225, (1, 1, 1), [(0, 0, 0), (.25, .25, .25)]),
    "perovskite": (221, (1, 1, 1), [(0, 0, 0), (.5, .5, .5), (.5, .5, 0)]),
    "pyrite": (205, (1, 1, 1), [(0, 0, 0), (.385, .385, .385)]),
    "spinel": (227, (1, 1, 1), [(1 / 8, 1 / 8, 1 / 8), (.5, .5, .5), (.2624, .2624, .2624)]),
}
# What nothing is fitted to.
HELD_OUT = ("A15", "hexagonal diamond")
_CORE, _ROUNDS = 1.05, 400


def named(name, particles):
    """One of `CELLS` as a Frame of at least `particles`, its nearest distance 1."""
    group, edges, sites = CELLS[name]
    angles = [90, 90, 120 if 168 <= group <= 194 else 90]
    setting = 2 if group == 227 else 1
    atoms = crystal(["Cu"] * len(sites), sites, spacegroup=group, setting=setting, cellpar=[*edges, *angles])
    return _repeated(atoms.get_scaled_positions(), np.array(atoms.cell.standard_form()[0][:]), particles)


def random(seed, particles):
    """A random crystal of 1 to 12 points a cell as a Frame; None where two of them stay too close."""
    source = rng(seed, "random crystal")
    count = int(source.integers(1, 13))
    cell = np.diag(source.uniform(.7, 1.5, 3))
    cell[[1, 2, 2], [0, 0, 1]] = source.uniform(-.4, .4, 3)
    cell *= (count * source.uniform(.75, 1.6) / np.linalg.det(cell)) ** (1 / 3)
    inside, images = source.uniform(size=(count, 3)), np.indices((5, 5, 5)).reshape(3, -1).T - 2
    for _ in range(_ROUNDS):
        apart = (inside[None, :, None] - inside[:, None, None] + images) @ cell
        lengths = np.linalg.norm(apart, axis=-1, keepdims=True)
        push = np.where((lengths > 1e-9) & (lengths < _CORE), (_CORE - lengths) / np.maximum(lengths, 1e-9), 0) * apart
        inside = inside - .3 * push.sum(axis=(1, 2)) @ np.linalg.inv(cell)
    frame = _repeated(inside, cell, particles)
    shortest = np.prod(frame.box[:3]) / len(frame) / (np.linalg.det(cell) / count)
    return frame if shortest < .8 ** -3 else None


def _repeated(inside, cell, particles):
    frame = Frame((inside % 1 - .5) @ cell, box_of(cell))
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    edge = (particles * np.linalg.det(cell) / len(inside)) ** (1 / 3)
    frame = frame.replicated(*np.ceil(edge / heights).astype(int))
    shortest = NeighborSearch(frame, Nearest(1))().distances.min()
    return Frame(frame.positions / shortest, frame.box / np.array([shortest] * 3 + [1] * 3))


def heated(frame, noise, seed, correlated=0.3, strain=0.0):
    """The frame under a random strain, with thermal displacements of standard deviation `noise` on each coordinate."""
    source = rng(seed, "heated")
    gradient = np.eye(3) + np.tril(source.normal(scale=strain, size=(3, 3)))
    positions, cell = frame.positions.astype(float) @ gradient, frame.cell @ gradient
    moved = (np.sqrt(1 - correlated) * source.normal(size=positions.shape)
             + np.sqrt(correlated) * debye_displacements(positions, cell, source))
    inside = (positions + noise * moved) @ np.linalg.inv(cell) + .5
    return Frame((inside - np.floor(inside) - .5) @ cell, box_of(cell))
