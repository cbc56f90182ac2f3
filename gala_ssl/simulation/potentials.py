"""The pair potentials of the paper's simulations: one definition, which every engine uses.

All lengths, energies and masses are reduced (particle mass 1, Boltzmann constant 1).
"""
import dataclasses
import functools
import math

import numpy as np
import scipy.optimize

from gala_ssl.base.errors import InputError, check_choice


class PairPotential:
    """What both potentials share: the cut, the shift and the table. Subclasses are frozen dataclasses.

    A subclass gives `cutoff`, `bare_energy(r)` and `bare_force(r)`. Inside the cutoff
    `energy(r) = bare_energy(r) - bare_energy(cutoff)` and `force(r) = -dV/dr`; from the cutoff on both are 0.
    The depth is left as the formula gives it: nothing is rescaled.
    """

    def energy(self, r):
        """Energy at distances `r` > 0, any shape, float64; continuous, and 0 from the cutoff on."""
        r = np.asarray(r, dtype=float)
        return np.where(r < self.cutoff, self.bare_energy(r) - self.bare_energy(self.cutoff), 0.0)

    def force(self, r):
        """-dV/dr at distances `r` > 0, any shape, float64: positive pushes apart; 0 from the cutoff on."""
        r = np.asarray(r, dtype=float)
        return np.where(r < self.cutoff, self.bare_force(r), 0.0)

    def table(self, points=5000, start=0.5):
        """Columns r, V, -dV/dr, each (points,) float64, equally spaced in r**2 from `start` to the cutoff.

        Equal steps in r**2 need no square root to look up. The last row holds the limit from inside,
        so V is 0 there and the force is the one at the cut (0 for OPP, small for LJG).
        """
        if points < 2 or not 0 < start < self.cutoff:
            wrong = {"option": "points", "value": points} if points < 2 else {"option": "start", "value": start}
            raise InputError(f"A table of {points} points from r = {start} to the cutoff {self.cutoff:.4f} "
                             "is not possible; ask for 2 points or more and a start inside the cutoff.", **wrong)
        r = np.sqrt(np.linspace(start ** 2, self.cutoff ** 2, points))
        return r, self.bare_energy(r) - self.bare_energy(self.cutoff), self.bare_force(r)


@dataclasses.dataclass(frozen=True)
class OPP(PairPotential):
    """Oscillating pair potential, V(r) = r**-15 + cos(k (r - 1.25) - phi) / r**3.

    The phase `phi` is that of Engel et al., Nature Materials 14, 109 (2015), in radians. The paper of this
    package takes V = r**-15 + cos(k (r - 1) + phi_D) / r**3 (Dshemuchadse et al., PNAS 118 (2021)):
    phi_D = -(k / 4 + phi) modulo 2 pi. HOOMD-blue's `md.pair.OPP` takes cos(k r - phi_H):
    phi_H = phi + 1.25 k.

    The cut is the sixth extremum, the third maximum, where the force vanishes: the cut force is continuous.

    Args:
        k: wave number of the oscillation, 1 / length, 2 to 20.
        phi: phase in radians.
    """

    k: float
    phi: float

    def __post_init__(self):
        _check(self, "k", 2, 20)
        _check(self, "phi", -2 * math.pi, 2 * math.pi)

    @functools.cached_property
    def cutoff(self):
        """Distance of the third maximum, found on the analytic force to 1e-12."""
        # Three periods of the cosine and the wall's own minimum lie inside this range for every k allowed.
        grid = np.linspace(0.5, 2 + 8 * math.pi / self.k, 20000)
        force = self.bare_force(grid)
        # A maximum of V is where the force goes from negative (inward) to positive.
        maxima = np.flatnonzero((force[:-1] < 0) & (force[1:] >= 0))
        third = maxima[2]
        return float(scipy.optimize.brentq(self.bare_force, grid[third], grid[third + 1], xtol=1e-12))

    def bare_energy(self, r):
        """The formula without cut or shift."""
        return r ** -15.0 + np.cos(self.k * (r - 1.25) - self.phi) * r ** -3.0

    def bare_force(self, r):
        """-dV/dr of the formula without cut."""
        angle = self.k * (r - 1.25) - self.phi
        return 15 * r ** -16.0 + 3 * np.cos(angle) * r ** -4.0 + self.k * np.sin(angle) * r ** -3.0


@dataclasses.dataclass(frozen=True)
class LJG(PairPotential):
    """Lennard-Jones-Gauss potential, V(r) = r**-12 - 2 r**-6 - eps exp(-(r - r0)**2 / (2 sigma**2)).

    The form of Engel and Trebin, PRL 98, 225505 (2007), with the paper's sigma**2 = 0.02 (HOOMD-blue's
    `md.pair.LJGauss` takes sigma, 0.1414). Cut at 2.5 and shifted: the energy is continuous there, while the
    force jumps by 0.02 and by what is left of the well (nothing for r0 below 1.9).

    Args:
        eps: depth of the Gaussian well, 0 to 10; 0 is Lennard-Jones with its minimum at 1.
        r0: centre of the Gaussian well, 0.5 to 2.4.
        sigma2: variance of the Gaussian, length squared.
        cutoff: where the potential is cut.
    """

    eps: float
    r0: float
    sigma2: float = 0.02
    cutoff: float = 2.5

    def __post_init__(self):
        _check(self, "eps", 0, 10)
        _check(self, "r0", 0.5, 2.4)
        _check(self, "sigma2", 1e-4, 1)
        _check(self, "cutoff", 1.2, 10)

    def bare_energy(self, r):
        """The formula without cut or shift."""
        gauss = self.eps * np.exp(-(r - self.r0) ** 2 / (2 * self.sigma2))
        return r ** -12.0 - 2 * r ** -6.0 - gauss

    def bare_force(self, r):
        """-dV/dr of the formula without cut."""
        gauss = self.eps * np.exp(-(r - self.r0) ** 2 / (2 * self.sigma2))
        return 12 * r ** -13.0 - 12 * r ** -7.0 - gauss * (r - self.r0) / self.sigma2


POTENTIALS = {"OPP": OPP, "LJG": LJG}


def make(name, parameters):
    """The potential called `name` ("OPP" or "LJG") with a dictionary of its parameters."""
    check_choice("pair potential", name, POTENTIALS, option="potential")
    fields = [field.name for field in dataclasses.fields(POTENTIALS[name])]
    unknown = sorted(set(parameters) - set(fields))
    missing = [field.name for field in dataclasses.fields(POTENTIALS[name])
               if field.default is dataclasses.MISSING and field.name not in parameters]
    if unknown or missing:
        raise InputError(f"The potential {name} takes {', '.join(fields)}; not known: "
                         f"{', '.join(unknown) or 'none'}; missing: {', '.join(missing) or 'none'}.",
                         option="parameters", value=parameters)
    return POTENTIALS[name](**parameters)


def _check(potential, field, low, high):
    value = getattr(potential, field)
    if not low <= value <= high:  # a NaN fails this too
        raise InputError(f"{type(potential).__name__} with {field} = {value} is out of range; "
                         f"give a {field} from {low:g} to {high:g}.", option=field, value=value)
