"""The table of simulated systems: which potential, cooled how, forms which structure."""
import csv
import dataclasses
import functools
import importlib.resources

from gala_ssl.base.errors import InputError, check_choice
from gala_ssl.simulation import potentials


@dataclasses.dataclass(frozen=True)
class System:
    """One cooling run of identical particles in a cubic periodic box, in reduced units.

    Attributes:
        name: name of the run, the key of the table.
        structure: name of the prototype that it is meant to form, such as "cF4-Cu".
        potential: the pair potential, an `OPP` or `LJG`.
        particles: number of particles N.
        density: particles a unit volume of the box; 0.1 leaves room for vapour around a droplet.
        kT_start, kT_end: temperatures of the thermostat at the first and last step; linear between them.
        steps: number of time steps.
        dt: time step.
        gamma: friction of the Langevin thermostat, 1 / time.
        seed: seed of the starting positions, velocities and the thermostat.
        source: where the parameters come from.
    """

    name: str
    structure: str
    potential: potentials.PairPotential
    particles: int
    density: float
    kT_start: float
    kT_end: float
    steps: int
    dt: float
    gamma: float
    seed: int
    source: str = ""

    def __post_init__(self):
        ranges = {"particles": (2, 10 ** 7), "density": (1e-4, 0.5), "kT_start": (1e-6, 100),
                  "kT_end": (1e-6, 100), "steps": (1, 10 ** 10), "dt": (1e-6, 0.05), "gamma": (1e-4, 100),
                  "seed": (0, 2 ** 31 - 1)}
        for field, (low, high) in ranges.items():
            value = getattr(self, field)
            if not low <= value <= high:
                raise InputError(f"The system {self.name} has {field} = {value}, out of range; "
                                 f"give a {field} from {low:g} to {high:g}.", option=field, value=value)
        if self.length < 2 * self.potential.cutoff:
            raise InputError(f"The system {self.name} with {self.particles} particles at density "
                             f"{self.density} has a box of length {self.length:.3f}, less than twice the "
                             f"cutoff {self.potential.cutoff:.3f}; use more particles or a lower density.",
                             option="particles", value=self.particles)

    @property
    def length(self):
        """Edge of the cubic box."""
        return (self.particles / self.density) ** (1 / 3)

    def kT(self, step):
        """Temperature of the thermostat at a step: the linear ramp."""
        return self.kT_start + (self.kT_end - self.kT_start) * step / self.steps

    def replace(self, **changes):
        """A copy with some attributes changed, checked again."""
        return dataclasses.replace(self, **changes)

    def smoke(self):
        """A copy for trying things in seconds: 500 particles, 10,000 steps; it stays disordered."""
        return self.replace(particles=500, steps=10_000)

    def to_dict(self):
        """The attributes as plain values, for JSON; the potential as its name and parameters."""
        plain = dataclasses.asdict(self)
        return plain | {"potential": {"name": type(self.potential).__name__, **plain["potential"]}}


def names():
    """Names of the systems in the table, in its order."""
    return list(_table())


def get(name):
    """The system called `name`; see `names()`."""
    check_choice("simulated system", name, names(), option="system")
    return _table()[name]


@functools.cache
def _table():
    table = importlib.resources.files("gala_ssl.simulation").joinpath("systems.csv")
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return {row["name"]: _system(row) for row in rows}


def _system(row):
    parameters = dict(pair.split("=") for pair in row.pop("parameters").split())
    parameters = {key: float(value) for key, value in parameters.items()}
    row["potential"] = potentials.make(row["potential"], parameters)
    types = {field.name: field.type for field in dataclasses.fields(System)}
    return System(**{key: types[key](value) if types[key] in (int, float) else value
                     for key, value in row.items()})
