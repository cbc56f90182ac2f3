"""Signs of a dodecagonal quasicrystal: on a model cut from four dimensions, on the sigma phase and on a crystal."""
import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gala_ssl import prototypes
from gala_ssl.simulation.identify import dodecagonal as dq
from gala_ssl.simulation.identify.quasicrystal import across

LAYER = 0.45


def cut_and_projected(radius=8.0, reach=7):
    """Vertices of a plane tiling of twelve-fold symmetry, stacked in layers into a ball.

    Lattice points of four dimensions within a window of the two that are not seen; nothing of the code under test.
    """
    seen, hidden = (np.stack([np.cos(angles), np.sin(angles)], axis=1)
                    for angles in (np.radians([0, 30, 60, 90]), np.radians([0, 150, 300, 90])))
    integers = np.array(list(itertools.product(range(-reach, reach + 1), repeat=4)))
    integers = integers[np.linalg.norm(integers @ hidden - [0.021, 0.013], axis=1) < 1.1]
    plane = integers @ seen
    heights = LAYER * np.arange(-radius // LAYER, radius // LAYER + 1)
    points = np.concatenate([np.column_stack([plane, np.full(len(plane), z)]) for z in heights])
    return points[np.linalg.norm(points, axis=1) < radius]


@pytest.fixture(scope="module")
def model():
    """The model in a random orientation with some noise, and its axis."""
    rng = np.random.default_rng(5)
    turn = Rotation.random(rng=rng).as_matrix()
    points = cut_and_projected() @ turn.T
    return points + rng.normal(scale=0.03, size=points.shape), turn[:, 2]


def ball(name, count=3000):
    """A crystal's particles nearest to the origin."""
    positions = prototypes.build(name, 3 * count, noise=0.03, seed=1).positions.astype(float)
    return positions[np.argsort(np.linalg.norm(positions, axis=1))[:count]]


def lowest(positions, axis, fold):
    return min(peak.height for peak in dq.fold_peaks(dq.in_plane(positions, axis), fold))


@pytest.mark.long
def test_the_layers_of_the_model_are_found(model):
    positions, axis = model
    peak = dq.layer_peak(positions)
    assert abs(peak.axis @ axis) > np.cos(np.radians(0.5))
    assert peak.wave_number == pytest.approx(2 * np.pi / LAYER, rel=0.005)
    assert peak.height > 0.5 * len(positions)


def test_the_plane_of_the_layers(model):
    positions, axis = model
    plane, sides = dq.in_plane(positions, axis), across(axis)
    np.testing.assert_allclose(sides @ sides.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(sides @ axis, 0, atol=1e-12)
    np.testing.assert_allclose(plane @ sides + np.outer(positions @ axis, axis), positions, atol=1e-9)


@pytest.mark.long
def test_the_model_has_twelve_equal_peaks_and_no_eight_or_ten(model):
    positions, axis = model
    peaks = dq.fold_peaks(dq.in_plane(positions, axis), 12)
    heights, waves = np.array([(peak.height, peak.wave_number) for peak in peaks]).T
    assert len(peaks) == 6 and heights.min() > 100 and heights.max() < 1.3 * heights.min()
    np.testing.assert_allclose(waves, waves.mean(), rtol=0.005)
    np.testing.assert_allclose(dq.gaps(peaks), 30, atol=0.5)
    for fold in (8, 10):
        assert lowest(positions, axis, fold) < 0.1 * heights.min()


@pytest.mark.slow
def test_hcp_has_its_own_symmetry_and_not_the_twelve_fold_one():
    axis = np.array([0.0, 0, 1])
    assert lowest(ball("hP2-Mg"), axis, 6) > 1000 > 20 > lowest(ball("hP2-Mg"), axis, 12)


def test_the_sigma_phase_has_twelve_peaks_that_are_not_equally_spaced():
    """Along (4 1 0) and (3 3 0), the wave numbers of which have the ratio of the roots of 17 and 18."""
    peaks = dq.fold_peaks(dq.in_plane(ball("tP30-U"), np.array([0.0, 0, 1])), 12)
    assert min(peak.height for peak in peaks) > 500
    waves = np.sort([peak.wave_number for peak in peaks])
    np.testing.assert_allclose(waves / waves[0], np.sqrt(np.array([17, 17, 17, 17, 18, 18]) / 17), rtol=0.003)
    between = np.degrees([np.arctan2(1, 4), np.pi / 4, np.arctan2(4, 1)])
    np.testing.assert_allclose(np.sort(dq.gaps(peaks)), np.sort(2 * [2 * between[0], *np.diff(between)]), atol=0.3)
