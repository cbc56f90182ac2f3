"""The unit of length: one for cold and hot crystals, and that of the bulk in droplets."""
import dataclasses

import numpy as np
import pytest

from gala_ssl.clouds.lengths import bulk_mean_bond, cloud_lengths, own_mean_bond
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.frames import prototypes
from gala_ssl.frames.frame import Frame

STRUCTURES = ("cF4-Cu", "hP2-Mg", "cI2-W", "cP1-Po", "cF8-C", "tI4-Sn", "cP20-Mn")


@pytest.mark.parametrize("scale", ["mean_bond", "bulk"])
@pytest.mark.parametrize("name", STRUCTURES)
def test_a_crystal_has_one_length_whatever_its_noise(name, scale):
    """From 0.02 to 0.15 of the nearest distance, within 2 per cent."""
    frames = [prototypes.build(name, 800, noise, seed=3) for noise in (0.02, 0.05, 0.08, 0.10, 0.12, 0.15)]
    lengths = [np.median(cloud_lengths(scale, point_clouds(frame).bonds, frame)) for frame in frames]
    assert np.ptp(lengths) < 0.02 * lengths[0]


def test_the_mean_bond_of_every_cloud_becomes_the_same():
    bonds = point_clouds(prototypes.build("cP20-Mn", 300, 0.1)).bonds
    scaled = bonds / own_mean_bond(bonds)[:, None, None]
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=-1).mean(axis=1), 1.2, rtol=1e-5)


def test_a_droplet_in_vapour_has_the_length_of_its_bulk():
    """A ball of fcc in a wide box with a gas around it, which is two fifths of all particles."""
    crystal = prototypes.build("cF4-Cu", 4000, 0.05, seed=1)
    rng = np.random.default_rng(0)
    ball = crystal.positions[np.linalg.norm(crystal.positions, axis=1) < 6]
    gas = rng.uniform(-30, 30, size=(2 * len(ball) // 3, 3))
    gas = gas[np.linalg.norm(gas, axis=1) > 8]
    droplet = Frame(np.concatenate([ball, gas]), [60, 60, 60, 0, 0, 0])
    assert bulk_mean_bond(droplet) == pytest.approx(bulk_mean_bond(crystal), rel=0.02)


def test_the_unit_of_length_does_not_matter():
    frame = prototypes.build("cI2-W", 500, 0.1)
    large = dataclasses.replace(frame, positions=frame.positions * 7, box=frame.box * [7, 7, 7, 1, 1, 1])
    assert bulk_mean_bond(large) == pytest.approx(7 * bulk_mean_bond(frame), rel=1e-4)
