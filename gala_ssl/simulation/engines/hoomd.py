"""HOOMD-blue 4 or later, from conda-forge, on one CPU thread, with its native pair potentials."""
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.simulation import potentials


def load():
    """The `hoomd` module with its molecular dynamics; InputError with the remedy where that fails."""
    try:
        import hoomd
        import hoomd.md
    except ImportError as error:
        raise InputError(f"The engine hoomd cannot be loaded ({error}); HOOMD-blue is not on PyPI, "
                         "install it with: conda install -c conda-forge hoomd",
                         option="engine", value="hoomd") from error
    if int(hoomd.version.version.split(".")[0]) < 4:
        raise InputError(f"HOOMD-blue {hoomd.version.version} is too old; version 4 or later is needed: "
                         "conda install -c conda-forge \"hoomd>=4\"", option="engine", value="hoomd")
    return hoomd


class HoomdEngine:
    """See `gala_ssl.simulation.engines` for the interface."""

    def __init__(self, system, positions, velocities, kT, ramp_steps, seed):
        hoomd = load()
        self.version = hoomd.version.version
        # HOOMD keeps 16 bits of the seed.
        self._simulation = hoomd.Simulation(device=hoomd.device.CPU(notice_level=0), seed=seed % 65536)
        self._simulation.create_state_from_snapshot(_snapshot(hoomd, positions, velocities, system.length))
        if kT is None:
            method = hoomd.md.methods.ConstantVolume(filter=hoomd.filter.All())
        else:
            ramp = hoomd.variant.Ramp(A=kT[0], B=kT[1], t_start=0, t_ramp=ramp_steps)
            method = hoomd.md.methods.Langevin(filter=hoomd.filter.All(), kT=ramp, default_gamma=system.gamma)
        self._pair = pair_force(hoomd, system.potential)
        self._thermo = hoomd.md.compute.ThermodynamicQuantities(filter=hoomd.filter.All())
        self._simulation.operations.integrator = hoomd.md.Integrator(
            dt=system.dt, methods=[method], forces=[self._pair])
        self._simulation.operations.computes.append(self._thermo)
        self._simulation.run(0)

    def run(self, steps):
        """Advance by `steps` time steps."""
        self._simulation.run(steps)

    def _particles(self):
        # A snapshot is sorted by particle tag, the order in which the particles were given.
        return self._simulation.state.get_snapshot().particles

    @property
    def positions(self):
        return np.array(self._particles().position, float)

    @property
    def velocities(self):
        return np.array(self._particles().velocity, float)

    @property
    def forces(self):
        return np.array(self._pair.forces, float)

    @property
    def potential_energy(self):
        return float(self._thermo.potential_energy) / self._thermo.num_particles

    @property
    def kinetic_temperature(self):
        return float(np.mean(self.velocities ** 2))

    def close(self):
        """Free the memory that HOOMD-blue holds; the engine is not usable afterwards."""
        self._simulation = self._pair = self._thermo = None


def pair_force(hoomd, potential):
    """The native HOOMD-blue pair force of `potential`, cut and shifted as its class says."""
    neighbors = hoomd.md.nlist.Cell(buffer=0.4)
    kind = {potentials.OPP: hoomd.md.pair.OPP, potentials.LJG: hoomd.md.pair.LJGauss}[type(potential)]
    force = kind(nlist=neighbors, default_r_cut=potential.cutoff, mode="shift")
    if isinstance(potential, potentials.OPP):
        # HOOMD's cosine is cos(k r - phi_H).
        force.params[("A", "A")] = {"C1": 1.0, "C2": 1.0, "eta1": 15.0, "eta2": 3.0, "k": potential.k,
                                    "phi": potential.phi + 1.25 * potential.k}
    else:
        force.params[("A", "A")] = {"epsilon": potential.eps, "sigma": potential.sigma2 ** 0.5,
                                    "r0": potential.r0}
    return force


def _snapshot(hoomd, positions, velocities, length):
    snapshot = hoomd.Snapshot()
    snapshot.configuration.box = [length, length, length, 0, 0, 0]
    snapshot.particles.N = len(positions)
    snapshot.particles.types = ["A"]
    snapshot.particles.typeid[:] = 0
    snapshot.particles.mass[:] = 1
    snapshot.particles.position[:] = positions
    snapshot.particles.velocity[:] = velocities
    return snapshot
