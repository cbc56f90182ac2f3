"""Settings as frozen dataclasses: the paper's values are the defaults, and each says where it comes from.

Marks: P the paper's text, R the authors' run file of August 2022, C a default of the authors' code,
O our own choice where no source has a value.
"""
import dataclasses

from gala_ssl.base.errors import check_choice
from gala_ssl.base.validators import is_finite, is_whole, require, require_seed, sequence
from gala_ssl.frames.structures import read_structures, structure_types
from gala_ssl.networks.config import CoreConfig
from gala_ssl.tasks.data.config import DataConfig, ThermalConfig

# What may be made of the types of particles of one's own structures.
TYPES = ("ignore", "name", "role")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How a task is trained (paper, Appendix D).

    Attributes:
        batch_size: clouds in a step. The paper takes 4 and accumulates over 16; one step of 64 has the
            same gradient (the mean of the loss over 64 clouds) at half the time.
        accumulate: steps whose gradients are averaged before the weights move.
        epochs: at most (P).
        learning_rate: of Adam, at the start (C).
        dynamic_training, dynamic_validation: clouds in an epoch of a dynamic task, 2048 and 512 batches
            of 4 (P); with the schedule "cosine", of every task.
        schedule: "plateau" (P; see the patiences) or "cosine": all `epochs`, with a learning rate that rises evenly
            over `warm_up` steps and then falls to 0 as a cosine does (O).
        warm_up: steps of "cosine".
        clip: largest norm of all gradients together; 0 leaves them (O).
        static_patience, dynamic_patience: epochs without a better validation loss after which the
            learning rate is halved, and after which training stops (P).
        jit_compile: compile the step with XLA.
        seed: of initial weights, order of batches, tasks' random numbers and dropout (R).
    """

    batch_size: int = 64
    accumulate: int = 1
    epochs: int = 128
    learning_rate: float = 1e-3
    dynamic_training: int = 2048 * 4
    dynamic_validation: int = 512 * 4
    schedule: str = "plateau"
    warm_up: int = 0
    clip: float = 0.0
    static_patience: tuple = (1, 2)
    dynamic_patience: tuple = (4, 10)
    jit_compile: bool = True
    seed: int = 13

    def __post_init__(self):
        for name in ("static_patience", "dynamic_patience"):
            value = sequence(name, getattr(self, name))
            object.__setattr__(self, name, value)
            require(len(value) == 2 and all(is_whole(epochs) and epochs > 0 for epochs in value),
                     f"{name} is {value}; give two positive integers: halve after, stop after.", name, value)
        for name in ("batch_size", "accumulate", "epochs", "dynamic_training", "dynamic_validation"):
            value = getattr(self, name)
            require(is_whole(value) and value > 0, f"{name} is {value!r}; it must be a positive integer.", name, value)
        require(self.schedule in ("plateau", "cosine"),
                 f"schedule is {self.schedule!r}; it must be 'plateau' or 'cosine'.", "schedule", self.schedule)
        require(is_whole(self.warm_up) and self.warm_up >= 0,
                 f"warm_up is {self.warm_up!r}; it must be a whole number of steps.", "warm_up", self.warm_up)
        require(is_finite(self.clip) and self.clip >= 0, f"clip is {self.clip!r}; it must be finite, not negative.",
                "clip", self.clip)
        require(isinstance(self.jit_compile, bool),
                 f"jit_compile is {self.jit_compile!r}; it must be true or false.", "jit_compile", self.jit_compile)
        require(is_finite(self.learning_rate) and self.learning_rate > 0,
                 f"learning_rate is {self.learning_rate!r}; it must be positive and finite.",
                 "learning_rate", self.learning_rate)
        require_seed(self.seed)


@dataclasses.dataclass(frozen=True)
class Preset:
    """Everything a training needs to know, under one name; without a dropout, each task has its own."""

    name: str = "paper"
    data: DataConfig = DataConfig()
    core: CoreConfig = CoreConfig()
    training: TrainingConfig = TrainingConfig()
    dropout: float | None = None

    def values(self) -> dict:
        """All settings as plain values, for cards."""
        return dataclasses.asdict(self) | {"data": self.data.values()}


# Our own way of training to the end (O): large batches, and a cosine to a learning rate of zero.
_COSINE = TrainingConfig(batch_size=256, learning_rate=2e-3, schedule="cosine", warm_up=300, clip=1.0,
                         dynamic_training=2**16, dynamic_validation=2**13)
PRESETS = {
    "paper": Preset(),
    # A usable order parameter within half an hour a task.
    "desktop": Preset(
        name="desktop",
        data=DataConfig(static_fraction=0.04),
        training=TrainingConfig(epochs=24),
    ),
    # The transfer grid, of which two cores finish all cells in some hours. Less is held back than for the shipped
    # weights (the same environments come first), so the cores have seen nothing that the grid validates on.
    "grid": Preset(
        name="grid",
        data=DataConfig(static_fraction=0.02, validation_fraction=0.1),
        training=TrainingConfig(epochs=12, dynamic_training=2048, dynamic_validation=1024),
    ),
    # For real particles: environments as hot as theirs, trained to the end.
    "thermal": Preset(
        name="thermal",
        data=DataConfig(thermal=ThermalConfig()),
        training=dataclasses.replace(_COSINE, epochs=24),
        dropout=0.0,
    ),
    # As thermal, in an hour of two cores for all six tasks.
    "thermal-short": Preset(
        name="thermal-short",
        data=DataConfig(thermal=ThermalConfig()),
        training=dataclasses.replace(_COSINE, epochs=8, dynamic_training=2**15, dynamic_validation=2**12),
        dropout=0.0,
    ),
    # The paper's environments, all of them for every task, learned to the end without dropout.
    "converged": Preset(
        name="converged",
        data=DataConfig(static_fraction=1.0),
        training=dataclasses.replace(_COSINE, epochs=24),
        dropout=0.0,
    ),
    # Seconds: shows that the chain holds, not that anything was learned.
    "smoke": Preset(
        name="smoke",
        data=DataConfig(structures=("cF4-Cu", "cI2-W", "cP1-Po"), noises=(0.03,), neighbors=8,
                        min_particles=100, static_fraction=1.0),
        core=CoreConfig(width=8, hidden=8, blocks=1),
        training=TrainingConfig(batch_size=16, epochs=2, dynamic_training=128, dynamic_validation=64,
                                jit_compile=False),
    ),
}


def with_structures(preset: Preset, structures=(), types: str | None = None, trajectories=()) -> Preset:
    """The preset with other structures to learn from, called `<name>-structures`, or trajectories in their place.

    Args:
        preset: Preset. structures, trajectories: as of `DataConfig`.
        types: "ignore": places alone; "name": all types of the structures, by their names; "role": by their role in a
            cloud, see `DataConfig`; None refuses structures of several types.
    """
    from gala_ssl.frames.reading import read_frame

    if types is not None:
        check_choice("types", types, TYPES)
    structures = read_structures(structures)
    present = [structure_types(each) for each in structures] or [read_frame(path).type_names for path in trajectories]
    most = max(map(len, present), default=1)
    chosen: tuple | int | None = None if types is None else ()
    if types == "role" and most > 1:
        chosen = most
    elif types == "name" and most > 1:
        chosen = tuple(sorted({name for names in present if len(names) > 1 for name in names}))
    data = dataclasses.replace(preset.data, structures=structures, types=chosen, trajectories=tuple(trajectories))
    kind = "trajectories" if trajectories else "structures"
    return dataclasses.replace(preset, name=f"{preset.name}-{kind}", data=data)


def preset(name):
    """Return the preset of this name, or raise InputError that lists them."""
    check_choice("preset", name, PRESETS)
    return PRESETS[name]
