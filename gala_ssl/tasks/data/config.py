"""What networks learn from, as a frozen dataclass; the paper's values are the defaults.

Marks: P the paper's text, R the authors' run file of August 2022, C a default of the authors' code,
O our own choice where no source has a value.
"""
import dataclasses
import os

from gala_ssl.base.validators import is_finite, is_whole, require, require_seed, sequence
from gala_ssl.clouds import MOST_NEIGHBORS
from gala_ssl.frames import prototypes
from gala_ssl.frames.crystals import Crystal
from gala_ssl.frames.structures import of_file, read_structures, structure_name, structure_types

# What is trained on beside crystals.
LIQUID, GAS = "liquid", "gas"
# Types of particles, at most.
_MOST_TYPES = 16


@dataclasses.dataclass(frozen=True)
class ThermalConfig:
    """Environments as hot as those of real particles, see `gala_ssl.tasks.data.thermal`; all values are our own (O).

    Attributes:
        noise: least and largest standard deviation of the thermal displacements on each coordinate, in shortest
            distances of the ideal crystal; drawn evenly, one a frame.
        correlated: fraction of the frames in which neighbours move together, as those of real crystals do.
        strain: largest standard deviation of the elements of a random strain.
        vacancies: fraction of the frames that lack up to 4 % of their particles.
        surfaces: fraction of the frames with two free surfaces.
        liquid_share, gas_share: how often liquid and gas come, relative to one structure.
        length_scale: what clouds are divided by, see `gala_ssl.clouds.lengths.LENGTH_SCALES`.
        jitter: standard deviation of the logarithm of a factor on each cloud's length.
        particles: particles of a frame, at least. A small one lacks the long waves of neighbours that move together.
        clouds_per_frame: environments taken from a frame, about. With many of them an epoch has few frames, whose
            strain and noise a network learns by heart.
    """

    noise: tuple = (0.01, 0.15)
    correlated: float = 0.8
    strain: float = 0.01
    vacancies: float = 0.25
    surfaces: float = 0.15
    liquid_share: float = 1.0
    gas_share: float = 1.0
    length_scale: str = "mean_bond"
    jitter: float = 0.015
    particles: int = 1000
    clouds_per_frame: int = 40

    def __post_init__(self):
        object.__setattr__(self, "noise", sequence("noise", self.noise))
        require(len(self.noise) == 2 and all(map(is_finite, self.noise)) and 0 <= self.noise[0] <= self.noise[1],
                 f"noise is {self.noise}; give the least and the largest standard deviation.",
                "noise", self.noise)
        for name in ("correlated", "vacancies", "surfaces"):
            value = getattr(self, name)
            require(is_finite(value) and 0 <= value <= 1,
                    f"{name} is {value!r}; a fraction lies from 0 to 1.", name, value)
        for name in ("strain", "jitter", "liquid_share", "gas_share"):
            value = getattr(self, name)
            require(is_finite(value) and value >= 0, f"{name} is {value!r}; it must be finite and not negative.",
                    name, value)
        for name in ("particles", "clouds_per_frame"):
            value = getattr(self, name)
            require(is_whole(value) and value > 0, f"{name} is {value!r}; it must be a positive integer.", name, value)
        require(self.length_scale in ("mean_bond", "bulk"),
                 f"length_scale is {self.length_scale!r}; it must be 'mean_bond' or 'bulk'.",
                "length_scale", self.length_scale)


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """What the networks learn from.

    Attributes:
        structures: names of prototypes, and files or folders of structures of one's own, which are read at once and
            kept as `Crystal`s (see `gala_ssl.frames.structures`); empty means all fifty (P).
        noises: standard deviations of the Gaussian noise on coordinates, shortest distance = 1 (R).
        neighbors: bonds in a point cloud (P).
        min_particles: particles a prototype is replicated to, at least (P).
        x_scale: the networks' unit of length, in shortest distances (C).
        static_fraction: part of all environments that the static tasks use (R).
        validation_fraction: part of the environments held back (P).
        seed: of the noise, the subset and the split (R).
        thermal: settings of thermal environments, which take the place of `noises`, `min_particles` and both
            fractions; None for the paper's environments.
        types: what the networks know of types of particles. () takes all for one type, places alone; a tuple of names
            is their order, by which types are matched; a number is of types without names, told by their role: that of
            the centre, then the others in the order of their nearest particle (`gala_ssl.clouds.roles`). None is (),
            and refuses structures of several types (O).
        trajectories: files of frames to learn from in place of structures, each one class, such as a temperature; kept
            as (name, file, SHA-256). Of each, `min_particles` clouds for each of `noises` are drawn, and no noise is
            added (O).
    """

    structures: tuple = ()
    noises: tuple = (0.01, 0.03, 0.05)
    neighbors: int = 20
    min_particles: int = 4096
    x_scale: float = 2.0
    static_fraction: float = 0.1
    validation_fraction: float = 0.3
    seed: int = 13
    thermal: ThermalConfig | None = None
    types: tuple | int | None = dataclasses.field(default=None, metadata={"optional": True})
    trajectories: tuple = dataclasses.field(default=(), metadata={"optional": True})

    def __post_init__(self):
        if isinstance(self.thermal, dict):
            require(set(self.thermal) == {field.name for field in dataclasses.fields(ThermalConfig)},
                    f"thermal is {self.thermal!r:.80}; give all settings of ThermalConfig and no others.",
                    "thermal", self.thermal)
            object.__setattr__(self, "thermal", ThermalConfig(**self.thermal))
        for name in ("structures", "noises"):
            object.__setattr__(self, name, sequence(name, getattr(self, name)))
        self._read_structures()
        self._read_trajectories()
        require(is_whole(self.neighbors) and 2 <= self.neighbors <= MOST_NEIGHBORS,
                 f"neighbors is {self.neighbors!r}; a point cloud needs at least 2 bonds, a whole number, at most "
                 f"{MOST_NEIGHBORS}.", "neighbors", self.neighbors)
        require(is_whole(self.min_particles) and self.min_particles > 0,
                 f"min_particles is {self.min_particles!r}; it must be a positive integer.",
                 "min_particles", self.min_particles)
        require(len(self.noises) > 0, "noises is empty; give at least one standard deviation.", "noises", self.noises)
        require(all(is_finite(noise) and noise >= 0 for noise in self.noises),
                 f"noises is {self.noises}; a standard deviation is finite and not negative.", "noises", self.noises)
        require_seed(self.seed)
        require(is_finite(self.x_scale) and 1e-6 <= self.x_scale <= 1e6,
                 f"x_scale is {self.x_scale!r}; it must lie from 1e-6 to 1e6.", "x_scale", self.x_scale)
        for name in ("static_fraction", "validation_fraction"):
            value = getattr(self, name)
            require(is_finite(value) and 0 < value <= 1,
                     f"{name} is {value!r}; it must lie above 0 and at most at 1.", name, value)
        require(self.validation_fraction < 1, "validation_fraction is 1; nothing would be left to train on.",
                 "validation_fraction", self.validation_fraction)

    def _read_structures(self):
        """Take files for the crystals in them, and check that something is said of types where there are several."""
        require(all(isinstance(each, (str, os.PathLike, dict, Crystal)) for each in self.structures),
                f"structures is {self.structures}; give names of prototypes, or files.", "structures", self.structures)
        given = [Crystal(**each) if isinstance(each, dict) else each for each in self.structures]
        if not set(given) <= set(prototypes.names()):
            given = read_structures(given)
        object.__setattr__(self, "structures", tuple(given))
        if isinstance(self.types, list):
            object.__setattr__(self, "types", tuple(self.types))
        named = isinstance(self.types, tuple) and all(isinstance(name, str) for name in self.types)
        require(self.types is None or named or (is_whole(self.types) and 1 < self.types <= _MOST_TYPES),
                f"types is {self.types!r}; give the names of types, or a number of them from 2 to {_MOST_TYPES}.",
                "types", self.types)
        require(not {LIQUID, GAS} & set(map(structure_name, self.structures)),
                f"A structure is called '{LIQUID}' or '{GAS}', which are classes of their own; rename its file.",
                "structures", self.structures)
        for each in self.structures:
            self._check_types(structure_name(each), structure_types(each))

    def _read_trajectories(self):
        """Take files for (name, file, digest)."""
        given = sequence("trajectories", self.trajectories)
        found = tuple(tuple(each) if isinstance(each, (list, tuple)) else of_file(each) for each in given)
        require(all(len(each) == 3 and all(isinstance(part, str) for part in each) for each in found)
                and len({each[0] for each in found}) == len(found),
                f"trajectories is {self.trajectories!r:.200}; give files with names of their own.", "trajectories",
                self.trajectories)
        require(not (found and (self.structures or self.thermal)), "Trajectories are learned from as they are; give "
                "them without structures, and a preset that is not thermal.", "trajectories", self.trajectories)
        object.__setattr__(self, "trajectories", found)

    def _check_types(self, name, present):
        said = f"The structure {name} has particles of the types {', '.join(present)}"
        require(self.types is not None or len(present) == 1, f"{said}; say what to make of them, with types: () to "
                f"learn places alone, their names, or a number to tell them by role; on the command line, --types "
                f"ignore, name or role.", "types", None)
        if isinstance(self.types, int):
            require(len(present) <= self.types, f"{said}, but types is {self.types}; give as many.", "types",
                    self.types)
        elif self.types and len(present) > 1:
            require(set(present) <= set(self.types), f"{said}, but types is {', '.join(self.types)}; name all of them.",
                    "types", self.types)

    @property
    def structure_names(self) -> tuple[str, ...]:
        """Names of the structures, or of the trajectories, in their order."""
        own = [each[0] for each in self.trajectories] or [structure_name(each) for each in self.structures]
        return tuple(own) or prototypes.names()

    @property
    def type_names(self) -> tuple[str, ...]:
        """Names of the types that networks are to know by name; () for none."""
        return self.types if isinstance(self.types, tuple) else ()

    @property
    def type_count(self) -> int:
        """Number of types of particles that networks are to know."""
        return self.types if isinstance(self.types, int) else len(self.type_names) or 1

    def values(self) -> dict:
        """The settings as plain values, for cards; what is optional is left out where it has its default."""
        default = {field.name for field in dataclasses.fields(self)
                   if field.metadata.get("optional") and getattr(self, field.name) == field.default}
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in default}
