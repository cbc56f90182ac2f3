"""PointClouds: padding, units, pieces, and the contact distance of a frame."""
import numpy as np
import pytest

from gala_ssl.clouds.lengths import LENGTH_SCALES
from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames import prototypes
from tests.clouds.test_neighborhoods import random_frame
from tests.refusals import refused


@pytest.fixture
def padded():
    """Three clouds of four bonds, two of which are padded; the last has no bonds at all."""
    rng = np.random.default_rng([5])
    mask = np.arange(4) < np.array([4, 2, 0])[:, None]
    types = np.where(mask[..., None], [0.0, 2.0], 0)
    return PointClouds(rng.normal(size=(3, 4, 3)) * mask[..., None], types)


def test_the_mask_tells_bonds_from_padding(padded):
    np.testing.assert_array_equal(padded.mask.sum(axis=1), [4, 2, 0])


def test_stored_clouds_cannot_be_written_to():
    bonds, types = np.ones((2, 4, 3), np.float32), np.ones((2, 4, 2), np.float32)
    clouds = PointClouds(bonds, types)
    bonds[:] = types[:] = 7
    assert (clouds.bonds == 1).all() and (clouds.types == 1).all()
    joined = PointClouds.concatenate([clouds, clouds])
    found = point_clouds(random_frame(), Nearest(5))
    for some in (clouds, clouds[:1], clouds[[0, 1]], clouds.scaled(2), joined, found):
        for array in (some.bonds, some.types):
            with pytest.raises(ValueError, match="read-only"):
                array[:] = 0
            with pytest.raises(ValueError, match="read-only"):
                array[0] *= 2


def test_scaling_divides_the_bonds_and_keeps_the_types(padded):
    np.testing.assert_allclose(padded.scaled(2).bonds, padded.bonds / 2)
    np.testing.assert_allclose(padded.scaled([1, 2, 4]).bonds[1], padded.bonds[1] / 2)
    np.testing.assert_array_equal(padded.scaled(2).types, padded.types)


@pytest.mark.parametrize("length", [0, -1, np.nan, np.inf, [1, 0, 1]])
def test_a_length_that_is_none_is_refused(padded, length):
    with refused(option="length"):
        padded.scaled(length)


def test_in_shortest_bonds_padding_does_not_count(padded):
    scaled = padded.in_shortest_bonds()
    assert np.linalg.norm(scaled.bonds, axis=-1)[padded.mask].min() == pytest.approx(1, rel=1e-6)
    np.testing.assert_array_equal(scaled.mask, padded.mask)


def test_in_mean_bonds_every_cloud_has_mean_one(padded):
    lengths = np.linalg.norm(padded.in_mean_bonds().bonds, axis=-1)
    np.testing.assert_allclose(lengths[0].mean(), 1, rtol=1e-6)
    np.testing.assert_allclose(lengths[1, :2].mean(), 1, rtol=1e-6)
    assert not lengths[2].any()


def test_clouds_without_bonds_have_no_scale(padded):
    assert not padded[2].in_shortest_bonds().bonds.any()


def test_indexing(padded):
    np.testing.assert_array_equal(padded[1].bonds, padded.bonds[1:2])
    np.testing.assert_array_equal(padded[-1].bonds, padded.bonds[2:])
    np.testing.assert_array_equal(padded[:2].types, padded.types[:2])
    np.testing.assert_array_equal(padded[np.array([2, 0])].bonds, padded.bonds[[2, 0]])
    np.testing.assert_array_equal(padded[np.array([True, False, True])].bonds, padded.bonds[[0, 2]])
    assert [len(cloud) for cloud in padded] == [1, 1, 1]


def test_joining(padded):
    joined = PointClouds.concatenate([padded, padded[:1]])
    assert len(joined) == 4
    np.testing.assert_array_equal(joined.bonds[3], padded.bonds[0])


def test_clouds_of_different_width_are_not_joined(padded):
    with refused(option="clouds", value=[(4, 2), (8, 2)]):
        PointClouds.concatenate([padded, point_clouds(random_frame(), Nearest(8))])
    with refused(option="clouds", value=[]):
        PointClouds.concatenate([])


@pytest.mark.parametrize("bonds, types", [((2, 4, 2), (2, 4, 2)), ((2, 4, 3), (2, 5, 2)), ((4, 3), (4, 2))])
def test_wrong_shapes_are_refused(bonds, types):
    with refused(option="bonds", value=(bonds, types)):
        PointClouds(np.zeros(bonds), np.zeros(types))


def test_contact_distance_is_the_hundredth_nearest_of_all_nearest_distances():
    lengths = np.arange(1, 102, dtype=np.float32)
    bonds = np.zeros((101, 2, 3), np.float32)
    bonds[:, 0, 0], bonds[:, 1, 1] = lengths, lengths + 0.5
    types = np.tile(np.array([0, 2], np.float32), (101, 2, 1))
    types[3:, 1] = 0  # padding, which is no bond however short
    bonds[3:, 1] = 0
    clouds = PointClouds(bonds, types).in_contact_distances()
    np.testing.assert_allclose(clouds.bonds, bonds / 2, rtol=1e-6)


def test_contact_distance_varies_less_than_the_shortest_bond_between_moments_of_one_crystal():
    moments = [prototypes.build("cF4-Cu", noise=0.1, seed=seed) for seed in range(8)]
    spread = {scale: np.std([LENGTH_SCALES[scale](moment) for moment in moments])
              for scale in ("contact", "shortest")}
    assert spread["contact"] < spread["shortest"] / 4
