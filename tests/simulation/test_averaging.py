"""Lattice, sites and space group of droplets come back: cut from crystals of ASE, turned, hot, with vapour."""
import functools
import pathlib
import sys

import numpy as np
import pytest
from ase.spacegroup import crystal
from scipy.spatial.transform import Rotation

from gala_ssl.frames.reading import read_frames
from gala_ssl.simulation.identify import averaging
from tests.refusals import refused

LENGTH = 40.0
TRAJECTORIES = pathlib.Path(__file__).parents[2] / "data" / "trajectories"
# Space group, sites, cell lengths and angles, shortest distance; particles in a primitive cell.
CRYSTALS = {
    "A15": (223, [(0, 0, 0), (0.25, 0, 0.5)], [2.0, 2.0, 2.0, 90, 90, 90], 8),
    "simple hexagonal": (191, [(0, 0, 0)], [1.0, 1.0, 1.05, 90, 90, 120], 1),
    "beta-tin": (141, [(0, 0, 0)], [1.8, 1.8, 1.04, 90, 90, 90], 2),
    "diamond": (227, [(0, 0, 0)], [4 / 3 ** 0.5] * 3 + [90] * 3, 2),
    "simple cubic": (221, [(0, 0, 0)], [1.0] * 3 + [90] * 3, 1),
    "hcp": (194, [(1 / 3, 2 / 3, 0.25)], [1.0, 1.0, 1.6, 90, 90, 120], 2),
    "bcc": (229, [(0, 0, 0)], [1.15] * 3 + [90] * 3, 1),
}


@functools.cache
def droplet(kind, noise=0.06, radius=5.0, vapour=100):
    group, sites, cell, _ = CRYSTALS[kind]
    rng = np.random.default_rng([1])
    atoms = crystal(["C"] * len(sites), sites, spacegroup=group, cellpar=cell)
    points = atoms.repeat(np.ceil(2.6 * radius / atoms.cell.lengths()).astype(int)).positions
    points = points - points.mean(axis=0)
    points = points[np.linalg.norm(points, axis=1) < radius] @ Rotation.random(rng=rng).as_matrix().T
    points += rng.normal(scale=noise, size=points.shape)
    gas = rng.uniform(-LENGTH / 2, LENGTH / 2, (5 * vapour, 3))
    gas = gas[np.linalg.norm(gas, axis=1) > radius + 2][:vapour]
    # Moved across a face of the box.
    return (np.concatenate([points, gas]) + [19, 3, -8] + LENGTH / 2) % LENGTH - LENGTH / 2


@functools.cache
def averaged(kind):
    return averaging.average(droplet(kind), LENGTH)


@pytest.mark.parametrize("kind", CRYSTALS)
def test_crystals_come_back(kind):
    found = averaged(kind)
    group, sites, cell, primitive = CRYSTALS[kind]
    volume = abs(np.linalg.det(crystal(["C"] * len(sites), sites, spacegroup=group, cellpar=cell).cell))
    atoms = len(crystal(["C"] * len(sites), sites, spacegroup=group, cellpar=cell))
    assert len(found.sites) == primitive
    assert abs(np.linalg.det(found.vectors)) == pytest.approx(volume * primitive / atoms, rel=0.01)
    assert found.occupation.min() > 0.75
    assert found.spread == pytest.approx(0.06 * 3 ** 0.5, rel=0.1)
    crystalline = 1 - 100 / len(droplet(kind))  # of which those on edges lack too many neighbouring cells
    assert 0.7 * crystalline < found.fraction < crystalline + 0.01


@pytest.mark.filterwarnings("ignore::DeprecationWarning:spglib")
@pytest.mark.parametrize("kind", CRYSTALS)
def test_spglib_names_the_space_group(kind):
    pytest.importorskip("spglib")
    number, letters = averaging.space_group(averaged(kind))
    assert number == CRYSTALS[kind][0]
    assert len(set(letters)) == len(CRYSTALS[kind][1])


@pytest.mark.parametrize(("name", "volume", "share"), [
    pytest.param("cI2-W_solid", 4 / 27 ** 0.5, 0.95, marks=pytest.mark.slow), ("cF4-Cu_solid", 0.5 ** 0.5, 0.45)])
def test_solids_of_the_repository(name, volume, share):
    """One site in a cell of three equal vectors, of the volume that bcc and fcc have with that shortest distance."""
    frame = read_frames(TRAJECTORIES / f"{name}.gsd")[0]
    found = averaging.average(frame.positions, float(frame.box[0]))
    lengths = np.linalg.norm(found.vectors, axis=1)
    assert len(found.sites) == 1 and found.fraction > share
    assert lengths == pytest.approx(np.full(3, lengths.mean()), rel=0.01)
    assert abs(np.linalg.det(found.vectors)) / lengths.mean() ** 3 == pytest.approx(volume, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("packed", [True, False])
def test_without_a_lattice(packed):
    """A gas, and a dense disordered droplet: points at random, none closer than 0.85."""
    rng = np.random.default_rng([2])
    points = []
    for point in rng.uniform(-4.5, 4.5, (60_000, 3)) if packed else rng.uniform(-20, 20, (800, 3)):
        if not packed or not len(points) or np.min(np.sum((np.array(points) - point) ** 2, axis=1)) > 0.85 ** 2:
            points.append(point)
    with refused(option="reach", value=4.0):
        averaging.average(np.array(points), LENGTH)


def test_spglib_missing_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "spglib", None)
    with refused(option="package", value="spglib"):
        averaging.space_group(averaging.AveragedCell(np.eye(3), np.zeros((1, 3)), np.ones(1), 0.1, 1.0))


def test_one_grain_of_two():
    """Two bcc droplets side by side, differently turned: the larger gives the cell, the other does not count."""
    rng = np.random.default_rng([3])
    atoms = crystal("C", [(0, 0, 0)], spacegroup=229, cellpar=[1.15] * 3 + [90] * 3).repeat(14).positions
    atoms = atoms - atoms.mean(axis=0)
    turns = Rotation.random(2, rng=rng).as_matrix()
    first, second = (atoms @ turn.T for turn in turns)
    first = first[(np.linalg.norm(first, axis=1) < 6) & (first[:, 0] < 1.5)]
    second = second[(np.linalg.norm(second, axis=1) < 6) & (second[:, 0] > 2.1)]
    positions = np.concatenate([first, second])
    found = averaging.average(positions + rng.normal(scale=0.06, size=positions.shape), LENGTH)
    assert len(found.sites) == 1
    assert abs(np.linalg.det(found.vectors)) == pytest.approx(1.15 ** 3 / 2, rel=5e-3)
    assert 0.85 * len(first) < found.fraction * len(positions) < 1.15 * len(first)
