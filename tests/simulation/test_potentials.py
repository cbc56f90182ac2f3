"""The pair potentials: exact forces, the cut, the shift, and the three conventions for the phase of OPP."""
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gala_ssl.simulation import potentials
from gala_ssl.simulation.potentials import LJG, OPP
from tests.refusals import refused

opp = st.builds(OPP, k=st.floats(4, 12), phi=st.floats(0, 6))
ljg = st.builds(LJG, eps=st.floats(0, 5), r0=st.floats(1.0, 2.2))
either = st.one_of(opp, ljg)


@given(either, st.floats(0.7, 4.0))
def test_force_is_the_exact_derivative(potential, r):
    """Complex steps give derivatives to rounding: Im V(r + ih) / h."""
    h = 1e-30
    derivative = potential.bare_energy(np.complex128(complex(r, h))).imag / h
    assert potential.bare_force(r) == pytest.approx(-derivative, rel=1e-10, abs=1e-10)


@given(either, st.floats(0.75, 0.999))
def test_force_agrees_with_differences_of_the_shifted_energy(potential, part):
    r, h = part * potential.cutoff, 1e-5
    difference = -(potential.energy(r + h) - potential.energy(r - h)) / (2 * h)
    assert potential.force(r) == pytest.approx(difference, rel=1e-5, abs=1e-5)


@given(either)
def test_energy_is_continuous_at_the_cutoff_and_zero_beyond(potential):
    inside = potential.cutoff * (1 - 1e-9)
    assert abs(potential.energy(inside)) < 1e-7
    beyond = potential.cutoff * np.array([1.0, 1.1, 3.0])
    assert not potential.energy(beyond).any() and not potential.force(beyond).any()


@given(opp)
def test_opp_is_cut_at_its_sixth_extremum_where_the_force_vanishes(potential):
    assert abs(potential.bare_force(potential.cutoff)) < 1e-8
    r = np.linspace(0.5, potential.cutoff * 0.9999, 200_000)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(potential.bare_energy(r)))))
    assert len(turns) == 5  # the sixth is the cutoff itself
    curvature = potential.bare_energy(potential.cutoff * np.array([0.999, 1, 1.001])) @ [1, -2, 1]
    assert curvature < 0


def test_cutoff_of_the_quasicrystal_potential():
    """k 8.0, phi 0.53: the third maximum lies at 2.871, known from runs with another implementation."""
    assert OPP(8.0, 0.53).cutoff == pytest.approx(2.871, abs=5e-4)


@given(st.floats(2, 12), st.floats(0, 6), st.floats(0.8, 3))
def test_conventions_of_the_phase(k, phi, r):
    """Dshemuchadse: cos(k (r - 1) + phi_D); HOOMD-blue: cos(k r - phi_H)."""
    ours = OPP(k, phi).bare_energy(r)
    dshemuchadse = r ** -15 + math.cos(k * (r - 1) - (k / 4 + phi)) / r ** 3
    hoomd = r ** -15 + math.cos(k * r - (phi + 1.25 * k)) / r ** 3
    assert ours == pytest.approx(dshemuchadse, rel=1e-9, abs=1e-9)
    assert ours == pytest.approx(hoomd, rel=1e-9, abs=1e-9)


def test_ljg_without_its_well_is_lennard_jones():
    lennard_jones = LJG(eps=0, r0=1.5)
    assert lennard_jones.bare_energy(1.0) == -1
    assert lennard_jones.bare_force(1.0) == 0
    assert lennard_jones.energy(1.0) == pytest.approx(-1 - (2.5 ** -12 - 2 * 2.5 ** -6))


def test_ljg_well_has_its_depth():
    with_well, without = LJG(eps=0.8, r0=1.8), LJG(eps=0, r0=1.8)
    assert with_well.bare_energy(1.8) - without.bare_energy(1.8) == pytest.approx(-0.8)
    assert with_well.bare_energy(1.8 + 0.02 ** 0.5) - without.bare_energy(1.8 + 0.02 ** 0.5) == pytest.approx(
        -0.8 * math.exp(-0.5))


@pytest.mark.parametrize("potential", [OPP(5.5, 2.0), LJG(0.8, 1.8)])
def test_table_samples_the_potential_equally_in_r_squared(potential):
    r, energy, force = potential.table(500, start=0.6)
    assert len(r) == 500 and r[0] == pytest.approx(0.6) and r[-1] == pytest.approx(potential.cutoff)
    np.testing.assert_allclose(np.diff(r ** 2), (potential.cutoff ** 2 - 0.36) / 499, rtol=1e-9)
    np.testing.assert_allclose(energy[:-1], potential.energy(r[:-1]))
    np.testing.assert_allclose(force[:-1], potential.force(r[:-1]))
    assert energy[-1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("make", "option", "value"), [
    (lambda: OPP(k=0, phi=1), "k", 0),
    (lambda: OPP(k=5, phi=math.nan), "phi", math.nan),
    (lambda: LJG(eps=-1, r0=1.8), "eps", -1),
    (lambda: LJG(eps=1, r0=9), "r0", 9),
    (lambda: LJG(eps=1, r0=1.5, cutoff=0.3), "cutoff", 0.3),
    (lambda: OPP(5.5, 2.0).table(1), "points", 1),
    (lambda: OPP(5.5, 2.0).table(10, start=9), "start", 9),
    (lambda: potentials.make("Morse", {}), "potential", "Morse"),
    (lambda: potentials.make("OPP", {"k": 5, "depth": 1}), "parameters", {"k": 5, "depth": 1}),
])
def test_impossible_parameters_are_named(make, option, value):
    with refused(option=option, value=value):
        make()


def test_make_gives_the_class_of_that_name():
    assert potentials.make("OPP", {"k": 5.5, "phi": 2.0}) == OPP(5.5, 2.0)
    assert potentials.make("LJG", {"eps": 0.8, "r0": 1.8}) == LJG(0.8, 1.8)
