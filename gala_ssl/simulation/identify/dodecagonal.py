"""Is a droplet a dodecagonal quasicrystal? Signs in its diffraction, which know nothing of how it was made.

1. Along one axis it is periodic: one direction and wave number at which nearly all layers scatter in phase.
2. Along the plane of the layers the structure factor has peaks in six axes (twelve directions) 30 degrees apart, at one
   wave number. No crystal has that symmetry (Ishimasa, Nissen and Fukano, 1985); its nearest approximant, the sigma
   phase, has twelve peaks as well, in gaps of 28 and 31 degrees at wave numbers that differ by 3 %.
"""
import dataclasses

import numpy as np
from scipy.optimize import minimize

from gala_ssl.simulation.identify import quasicrystal


@dataclasses.dataclass(frozen=True)
class Peak:
    """A direction and wave number at which the structure factor has a maximum.

    Attributes:
        axis: (d,) unit vector, in three dimensions or in a plane.
        wave_number, height: of the maximum.
    """

    axis: np.ndarray
    wave_number: float
    height: float

    @property
    def wave(self):
        """The wave vector (d,)."""
        return self.wave_number * self.axis


def layer_peak(positions, wave_numbers=np.arange(4, 18, 0.25), points=4000, starts=8):
    """The highest `Peak` of the structure factor of a droplet: across the layers, where there are any.

    It is looked for with the innermost third of the particles, whose peaks are broad and so not missed between the
    directions tried, and followed with all.

    Args:
        positions: (n, 3) of a droplet around 0 that no face of the box cuts. wave_numbers: to start from.
        points: directions to start from. starts: how many wave numbers' best ones are followed to their maximum.
    """
    positions = np.asarray(positions, float)
    inner = positions[np.argsort(np.linalg.norm(positions, axis=1))[:-(-len(positions) // 3)]]
    found = [Peak(axes[0], q, heights[0]) for q in wave_numbers
             for axes, heights in [quasicrystal.bragg_axes(inner, q, 1, points=points)]]
    best = sorted(found, key=lambda peak: -peak.height)[:starts]
    return max((_climbed(positions, _climbed(inner, peak.wave).wave) for peak in best), key=lambda peak: peak.height)


def in_plane(positions, axis):
    """Coordinates (n, 2) in the plane across an axis, along the unit vectors of `quasicrystal.across`."""
    return np.asarray(positions, float) @ quasicrystal.across(axis).T


def fold_peaks(plane, fold, wave_numbers=np.arange(3, 18, 0.1), degrees=1.0):
    """The peaks of a plane's structure factor in the fold's axes, at the wave number where the lowest is highest.

    Args:
        plane: (n, 2) coordinates.
        fold: even; fold / 2 axes, 360 / fold degrees apart.
        wave_numbers: to start from. degrees: step in the angle to start from.
    Returns:
        List of fold / 2 `Peak`, each followed to its own maximum, so that unequal ones show.
    """
    steps = round(360 / fold / degrees)
    angles = np.radians(360 / fold) * (np.arange(fold // 2)[:, None] + np.arange(steps) / steps)
    factors = np.stack([quasicrystal.structure_factor(plane, _unit(angle), wave_numbers)
                        for angle in angles.ravel()]).reshape(*angles.shape, len(wave_numbers))
    step, q = np.unravel_index(factors.min(axis=0).argmax(), factors.shape[1:])
    return [_climbed(plane, wave_numbers[q] * _unit(angle)) for angle in angles[:, step]]


def gaps(peaks):
    """Angles between neighbouring axes of `fold_peaks`, in degrees."""
    angles = np.sort(np.degrees([np.arctan2(*peak.axis[::-1]) for peak in peaks]) % 180)
    return np.diff(angles, append=angles[0] + 180)


def _unit(angle):
    return np.array([np.cos(angle), np.sin(angle)])


def _climbed(positions, wave):
    """The `Peak` next to a wave vector."""
    simplex = wave + 0.1 * np.vstack([np.zeros(len(wave)), np.eye(len(wave))])
    found = minimize(lambda wave: -quasicrystal.structure_factor(positions, wave, [1.0])[0], wave,
                     method="Nelder-Mead", options={"initial_simplex": simplex, "xatol": 1e-4, "fatol": 1e-3})
    length = np.linalg.norm(found.x)
    return Peak(found.x / length, float(length), float(-found.fun))
