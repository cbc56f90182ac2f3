"""Cooling runs: a gas of random points, a linear ramp of the temperature, a trajectory in a GSD file.

A run is a directory:

    config.json      what was asked; a run with another configuration does not go into the same directory
    trajectory.gsd   frames 0 ... `frames`: float32 positions and velocities, and the logged quantities below
    restart.npz      the state after the last whole period, float64
    card.json        written at the end: engine, versions, parameters, seed, time

Logged with each frame under `log/`: `kT` of the thermostat, `kinetic_temperature`, `potential_energy` per
particle.

The period between two frames is a function of the state at its start, the seed and the number of the period:
the engine is made anew, with a seed of that period. A run that was killed therefore repeats the period that
was cut short and goes on as if nothing had happened, bit for bit on one machine with one engine.
"""
import dataclasses
import pathlib
import time
import zipfile

import gsd.hoomd
import numpy as np

from gala_ssl.base import files
from gala_ssl.base.errors import InputError
from gala_ssl.base.progress import Bar
from gala_ssl.base.provenance import versions
from gala_ssl.base.randomness import rng
from gala_ssl.base.runs import CONFIG, check_settings, run_lock
from gala_ssl.simulation import engines, gas

TRAJECTORY, RESTART, CARD = "trajectory.gsd", "restart.npz", "card.json"


@dataclasses.dataclass(frozen=True)
class State:
    """All that the next period needs: positions, velocities (N, 3) float64, and the log of the frame."""

    frame: int
    positions: np.ndarray
    velocities: np.ndarray
    potential_energy: float
    kinetic_temperature: float
    version: str
    seconds: float = 0.0


def cool(system, engine="lammps", directory=".", frames=100, progress=True):
    """Cool `system` from its first to its last temperature; go on where a killed run in `directory` stopped.

    Args:
        system: a `gala_ssl.simulation.systems.System`; `frames` must divide its steps.
        engine: "lammps" or "hoomd".
        directory: where the run lives, made if missing; a finished run there is left alone.
        frames: number of periods; the trajectory has one frame more, the starting gas.
        progress: a bar with the remaining time, where standard error is a terminal.
    Returns:
        The path of the trajectory.
    Raises:
        InputError: unknown or missing engine, steps that do not divide, a directory that holds another run or
            that another process is writing, a run that became unstable.
    """
    if frames < 1 or system.steps % frames:
        raise InputError(f"The {system.steps} steps of {system.name} cannot be divided into {frames} equal "
                         "periods; choose a number of frames that divides the steps.", option="frames", value=frames)
    engines.check(engine)
    directory = pathlib.Path(directory)
    with run_lock(directory):
        physics = {key: value for key, value in system.to_dict().items() if key != "source"}
        config = {"system": physics, "engine": engine, "frames": frames}
        check_settings(directory, config)
        if (directory / CARD).exists():
            return directory / TRAJECTORY
        state = _load(directory)
        if state is None:
            state = _start(system, engine)
            files.write_json(directory / CONFIG, config)
            _save(directory / RESTART, state)
        _append(directory, system, frames, state)
        with Bar(total=frames, initial=state.frame, desc=system.name, unit="frame", shown=progress) as bar:
            while state.frame < frames:
                before, state = state.seconds, _period(system, engine, frames, state)
                rate = system.particles * (system.steps // frames) / max(state.seconds - before, 1e-3)
                bar.set_postfix_str(f"{rate:.2g} particle steps/s", refresh=False)
                # In this order: a frame missing from the trajectory can be written from the restart file.
                _save(directory / RESTART, state)
                _append(directory, system, frames, state)
                bar.update()
        files.write_json(directory / CARD, {
            "system": system.to_dict(), "engine": engine, "engine_version": state.version, "frames": frames,
            "box_length": system.length, "cutoff": system.potential.cutoff,
            "seconds": round(state.seconds, 1),
            "versions": versions(("gala_ssl", "numpy", "gsd"))})
    return directory / TRAJECTORY


def _start(system, engine):
    drawn = rng(system.seed, "start of a simulation")
    positions = gas.random_points(system.particles, system.length, 1.0, drawn)
    velocities = drawn.normal(scale=np.sqrt(system.kT_start), size=positions.shape)
    velocities -= velocities.mean(axis=0)
    return _state(engines.make(engine, system, positions, velocities), system, frame=0, seconds=0.0)


def _period(system, engine, frames, state):
    started = time.perf_counter()
    period = system.steps // frames
    ramp = system.kT(state.frame * period), system.kT((state.frame + 1) * period)
    seed = int(rng(system.seed, "period of a simulation", state.frame + 1).integers(1, 900_000_000))
    running = engines.make(engine, system, state.positions, state.velocities, ramp, period, seed)
    running.run(period)
    return _state(running, system, state.frame + 1, state.seconds + time.perf_counter() - started)


def _state(running, system, frame, seconds):
    # LAMMPS leaves particles that crossed a face outside until its next search for neighbours.
    state = State(frame, engines.wrap(running.positions, system.length), running.velocities,
                  running.potential_energy, running.kinetic_temperature, running.version, seconds)
    running.close()
    if not np.isfinite(state.positions).all() or not np.isfinite(state.potential_energy):
        raise InputError(f"The run of {system.name} became unstable before frame {frame} (NaN positions or "
                         f"energy); lower its time step, now {system.dt}.", option="dt", value=system.dt)
    return state


def _save(path, state):
    with files.written_whole(path) as temporary:
        np.savez(temporary, **dataclasses.asdict(state))


def _load(directory):
    if (directory / RESTART).exists():
        try:
            with open(directory / RESTART, "rb") as file, np.load(file, allow_pickle=False) as stored:
                return State(**{key: value if value.ndim else value.item() for key, value in stored.items()})
        except (ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(f"{directory / RESTART} is damaged ({error}), so the run cannot be continued; "
                             "choose another directory or remove that one.", path=directory / RESTART) from error
    if (directory / TRAJECTORY).exists():
        raise InputError(f"{directory} holds a trajectory but no {RESTART}, so the run cannot be continued; "
                         "choose another directory or remove that one.", path=directory / RESTART)
    return None


def _append(directory, system, frames, state):
    """Write the state's frame at the end of the trajectory, unless it is there already."""
    path = directory / TRAJECTORY
    step = state.frame * (system.steps // frames)
    log = {"kT": system.kT(step), "kinetic_temperature": state.kinetic_temperature,
           "potential_energy": state.potential_energy}
    frame = snapshot(state.positions, system.length, step, velocities=state.velocities, log=log)
    if state.frame == 0 and not path.exists():
        # A kill while GSD writes the head of a new file would leave one that cannot be opened.
        with files.written_whole(path) as temporary, gsd.hoomd.open(temporary, "w") as trajectory:
            trajectory.append(frame)
        return
    try:
        with gsd.hoomd.open(path, "r+") as trajectory:
            present = len(trajectory)
            if present == state.frame:
                trajectory.append(frame)
    except (RuntimeError, FileNotFoundError) as error:
        raise InputError(f"{path} cannot be opened ({error}), so the run beside it cannot be continued; "
                         "start again in another directory.", path=path) from error
    if present not in (state.frame, state.frame + 1):
        raise InputError(f"{path} has {present} frames, but {RESTART} beside it is at frame {state.frame}; "
                         "they are of different runs: start again in another directory.", path=path)


def snapshot(positions, length, step, velocities=None, log=None):
    """A `gsd.hoomd.Frame` of particles of type "A" in a cube of edge L; float32, -L/2 <= x < L/2."""
    frame = gsd.hoomd.Frame()
    frame.configuration.step = step
    frame.configuration.box = [length, length, length, 0, 0, 0]
    frame.particles.N = len(positions)
    frame.particles.types = ["A"]
    edge = np.float32(length) / 2
    single = np.asarray(positions, np.float32)
    # Rounding to float32 can put a particle just below L/2 onto the face, which is the face at -L/2.
    frame.particles.position = np.where(single >= edge, -edge, single)
    if velocities is not None:
        frame.particles.velocity = np.asarray(velocities, np.float32)
    frame.log = {key: np.array([value], np.float64) for key, value in (log or {}).items()}
    return frame
