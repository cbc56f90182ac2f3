"""What networks learn from, as a frozen dataclass; the paper's values are the defaults.

Marks: P the paper's text, R the authors' run file of August 2022, C a default of the authors' code,
O our own choice where no source has a value.
"""
import dataclasses

from gala_ssl.base.validators import is_finite, is_whole, require, require_seed, sequence
from gala_ssl.clouds import MOST_NEIGHBORS


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """What the networks learn from.

    Attributes:
        structures: prototype names; empty means all fifty (P).
        noises: standard deviations of the Gaussian noise on coordinates, shortest distance = 1 (R).
        neighbors: bonds in a point cloud (P).
        min_particles: particles a prototype is replicated to, at least (P).
        x_scale: the networks' unit of length, in shortest distances (C).
        static_fraction: part of all environments that the static tasks use (R).
        validation_fraction: part of the environments held back (P).
        seed: of the noise, the subset and the split (R).
    """

    structures: tuple = ()
    noises: tuple = (0.01, 0.03, 0.05)
    neighbors: int = 20
    min_particles: int = 4096
    x_scale: float = 2.0
    static_fraction: float = 0.1
    validation_fraction: float = 0.3
    seed: int = 13

    def __post_init__(self):
        for name in ("structures", "noises"):
            object.__setattr__(self, name, sequence(name, getattr(self, name)))
        require(all(isinstance(name, str) for name in self.structures),
                 f"structures is {self.structures}; give names of prototypes.")
        require(is_whole(self.neighbors) and 2 <= self.neighbors <= MOST_NEIGHBORS,
                 f"neighbors is {self.neighbors!r}; a point cloud needs at least 2 bonds, a whole number, at most "
                 f"{MOST_NEIGHBORS}.")
        require(is_whole(self.min_particles) and self.min_particles > 0,
                 f"min_particles is {self.min_particles!r}; it must be a positive integer.")
        require(len(self.noises) > 0, "noises is empty; give at least one standard deviation.")
        require(all(is_finite(noise) and noise >= 0 for noise in self.noises),
                 f"noises is {self.noises}; a standard deviation is finite and not negative.")
        require_seed(self.seed)
        require(is_finite(self.x_scale) and 1e-6 <= self.x_scale <= 1e6,
                 f"x_scale is {self.x_scale!r}; it must lie from 1e-6 to 1e6.")
        for name in ("static_fraction", "validation_fraction"):
            value = getattr(self, name)
            require(is_finite(value) and 0 < value <= 1,
                     f"{name} is {value!r}; it must lie above 0 and at most at 1.")
        require(self.validation_fraction < 1, "validation_fraction is 1; nothing would be left to train on.")
