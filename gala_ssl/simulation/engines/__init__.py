"""The molecular-dynamics engines, LAMMPS and HOOMD-blue, behind one interface.

An engine is constructed from the physics and told to run:

    engine = make("lammps", system, positions, velocities, kT=(0.4, 0.2), ramp_steps=3000, seed=1)
    engine.run(3000)
    engine.positions, engine.velocities, engine.forces    # (N, 3) float64, in the order given; see `wrap`
    engine.potential_energy, engine.kinetic_temperature   # per particle; mean of v**2 / 3
    engine.version                                        # text

The box is the system's cube of edge L centred on 0, masses are 1. `kT=None` leaves out the thermostat
(constant energy). The thermostat is Langevin's, its temperature linear in the step from kT[0] to kT[1] over
`ramp_steps` and constant after that. An engine is imported only when it is made.
"""
import importlib

import numpy as np

from gala_ssl.base.errors import InputError, check_choice

ENGINES = {"lammps": "LammpsEngine", "hoomd": "HoomdEngine"}


def check(name):
    """InputError if `name` is not the name of an engine; nothing is imported."""
    check_choice("simulation engine", name, ENGINES, option="engine")


def make(name, system, positions, velocities, kT=None, ramp_steps=1, seed=1):
    """An engine holding N particles of `system.potential`.

    Args:
        name: "lammps" or "hoomd".
        system: a `gala_ssl.simulation.systems.System`; its potential, box length, dt and gamma are used.
        positions, velocities: (N, 3) float64; positions are wrapped into the box.
        kT: temperatures at the start and end of the ramp, or None for constant energy.
        ramp_steps: number of steps of the ramp.
        seed: seed of the thermostat's random forces, 1 to 900,000,000.
    Raises:
        InputError: unknown engine, an engine that is not installed, or wrong shapes or values.
    """
    check(name)
    positions, velocities = np.array(positions, float), np.array(velocities, float)
    if positions.ndim != 2 or positions.shape[1] != 3 or positions.shape != velocities.shape:
        raise InputError(f"Positions of shape {positions.shape} and velocities of shape {velocities.shape} "
                         "were given; an engine needs both of shape (N, 3).", option="positions", value=positions.shape)
    if not (np.isfinite(positions).all() and np.isfinite(velocities).all()):
        raise InputError("Positions or velocities given to an engine hold NaN or infinity; "
                         "they must be finite.", option="positions")
    positions = wrap(positions, system.length)
    engine = getattr(importlib.import_module(f"gala_ssl.simulation.engines.{name}"), ENGINES[name])
    return engine(system, positions, velocities, kT, ramp_steps, seed)


def wrap(positions, length):
    """Positions moved by whole box lengths into [-length/2, length/2), (N, 3) float64."""
    wrapped = positions - length * np.floor(positions / length + 0.5)
    # Rounding can leave a position on the upper face, or a last digit below the lower one.
    return np.where(wrapped >= length / 2, -length / 2, np.maximum(wrapped, -length / 2))
