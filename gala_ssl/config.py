"""Settings as frozen dataclasses: the paper's values are the defaults, and each says where it comes from.

Marks: P the paper's text, R the authors' run file of August 2022, C a default of the authors' code,
O our own choice where no source has a value.
"""
import dataclasses
import sys

from gala_ssl.errors import InputError, check_choice

# In the paper's order. Here, because a list of them should not wait for Keras.
TASK_NAMES = ("autoencoder", "denoising", "frame_classification", "shift_identification", "noisy_bond", "nearest_bond")
# A card may come from anywhere; no network of this kind needs more, and no machine should be asked for it.
_MOST = 1024
# Bonds in a point cloud: a network looks at each of their pairs, and memory is set aside for so many at most.
MOST_NEIGHBORS = 512


def _require(condition, sentence, option, value):
    if not condition:
        raise InputError(sentence, option=option, value=value)


def _require_seed(seed):
    # What both NumPy and Keras take.
    _require(is_whole(seed) and 0 <= seed < 2**32, f"seed is {seed!r}; it must be an integer from 0 to 2^32 - 1.",
             "seed", seed)


def is_whole(value):
    """Whether a value is an int, and not True or False, which Python takes for one."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_finite(value):
    """Whether a value is an int or a float, neither NaN nor infinite, nor too large for a float."""
    return (is_whole(value) or isinstance(value, float)) and abs(value) <= sys.float_info.max


def _sequence(name, value):
    """The values of a setting that has several, as a tuple."""
    _require(isinstance(value, (list, tuple)), f"{name} is {value!r}; give a list of values.", name, value)
    return tuple(value)


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
            object.__setattr__(self, name, _sequence(name, getattr(self, name)))
        _require(all(isinstance(name, str) for name in self.structures),
                 f"structures is {self.structures}; give names of prototypes.", "structures", self.structures)
        _require(is_whole(self.neighbors) and 2 <= self.neighbors <= MOST_NEIGHBORS,
                 f"neighbors is {self.neighbors!r}; a point cloud needs at least 2 bonds, a whole number, at most "
                 f"{MOST_NEIGHBORS}.", "neighbors", self.neighbors)
        _require(is_whole(self.min_particles) and self.min_particles > 0,
                 f"min_particles is {self.min_particles!r}; it must be a positive integer.",
                 "min_particles", self.min_particles)
        _require(len(self.noises) > 0, "noises is empty; give at least one standard deviation.", "noises", self.noises)
        _require(all(is_finite(noise) and noise >= 0 for noise in self.noises),
                 f"noises is {self.noises}; a standard deviation is finite and not negative.", "noises", self.noises)
        _require_seed(self.seed)
        _require(is_finite(self.x_scale) and 1e-6 <= self.x_scale <= 1e6,
                 f"x_scale is {self.x_scale!r}; it must lie from 1e-6 to 1e6.", "x_scale", self.x_scale)
        for name in ("static_fraction", "validation_fraction"):
            value = getattr(self, name)
            _require(is_finite(value) and 0 < value <= 1,
                     f"{name} is {value!r}; it must lie above 0 and at most at 1.", name, value)
        _require(self.validation_fraction < 1, "validation_fraction is 1; nothing would be left to train on.",
                 "validation_fraction", self.validation_fraction)


@dataclasses.dataclass(frozen=True)
class CoreConfig:
    """The network every task shares (paper, Figure 2 and Appendix D).

    Attributes:
        type_width: numbers a bond's type encoding has, twice the number of particle types.
        width: numbers in the rotation-invariant signal of a bond (P).
        hidden: width of the one hidden layer of each MLP (P).
        blocks: refinement blocks (R).
        dropout: rate behind the hidden layers: 0.5 for the classifiers, 0.1 for the other tasks (R).
        join, merge: how pair values are combined, "concat" (learned projections) or "mean" (C).
        normalized_products: add each product divided by its norm to invariants and covariants (R).
        multivector_norm: "momentum" keeps one running length of the multivectors and divides by it,
            "none" leaves them. The authors use it for the classifiers only (R); here it is the same in
            all tasks, so that every core fits every head (O).
        invariant_epsilon: added to the running standard deviations that invariants are divided by. Some
            invariants are constant but for rounding, such as the length of a normalised bond, always 1;
            divided by the 1e-7 of the published layer, rounding becomes a signal of the size of the others,
            and a trained network no longer gives a turned cloud the same answer (O).
        vector_inputs: what the final attention of a head that answers with vectors (denoising, shift, nearest
            bond) acts on: "bonds", the raw input bonds (R), or "multivectors", the core's (P, as its text reads).
        attention: "fast" (this package's layers) or "published" (geometric_algebra_attention.keras);
            the same function of the same weights.
    """

    type_width: int = 2
    width: int = 32
    hidden: int = 64
    blocks: int = 3
    dropout: float = 0.1
    join: str = "concat"
    merge: str = "concat"
    normalized_products: bool = True
    multivector_norm: str = "momentum"
    invariant_epsilon: float = 1e-2
    vector_inputs: str = "bonds"
    attention: str = "fast"

    def __post_init__(self):
        for name, most in {"type_width": _MOST, "width": _MOST, "hidden": _MOST, "blocks": 64}.items():
            value = getattr(self, name)
            _require(is_whole(value) and 0 < value <= most,
                     f"{name} is {value!r}; it must be a positive integer, at most {most}.", name, value)
        _require(is_finite(self.dropout) and 0 <= self.dropout < 1,
                 f"dropout is {self.dropout!r}; a rate lies from 0 to below 1.", "dropout", self.dropout)
        for name in ("join", "merge"):
            value = getattr(self, name)
            _require(value in ("concat", "mean"), f"{name} is {value!r}; it must be 'concat' or 'mean'.", name, value)
        _require(self.multivector_norm in ("momentum", "none"),
                 f"multivector_norm is {self.multivector_norm!r}; it must be 'momentum' or 'none'.",
                 "multivector_norm", self.multivector_norm)
        _require(isinstance(self.normalized_products, bool),
                 f"normalized_products is {self.normalized_products!r}; it must be true or false.",
                 "normalized_products", self.normalized_products)
        _require(is_finite(self.invariant_epsilon) and self.invariant_epsilon > 0,
                 f"invariant_epsilon is {self.invariant_epsilon!r}; it must be positive and finite.",
                 "invariant_epsilon", self.invariant_epsilon)
        _require(self.vector_inputs in ("bonds", "multivectors"),
                 f"vector_inputs is {self.vector_inputs!r}; it must be 'bonds' or 'multivectors'.",
                 "vector_inputs", self.vector_inputs)
        _require(self.attention in ("published", "fast"),
                 f"attention is {self.attention!r}; it must be 'published' or 'fast'.", "attention", self.attention)


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
            of 4 (P).
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
    static_patience: tuple = (1, 2)
    dynamic_patience: tuple = (4, 10)
    jit_compile: bool = True
    seed: int = 13

    def __post_init__(self):
        for name in ("static_patience", "dynamic_patience"):
            value = _sequence(name, getattr(self, name))
            object.__setattr__(self, name, value)
            _require(len(value) == 2 and all(is_whole(epochs) and epochs > 0 for epochs in value),
                     f"{name} is {value}; give two positive integers: halve after, stop after.", name, value)
        for name in ("batch_size", "accumulate", "epochs", "dynamic_training", "dynamic_validation"):
            value = getattr(self, name)
            _require(is_whole(value) and value > 0, f"{name} is {value!r}; it must be a positive integer.", name, value)
        _require(isinstance(self.jit_compile, bool),
                 f"jit_compile is {self.jit_compile!r}; it must be true or false.", "jit_compile", self.jit_compile)
        _require(is_finite(self.learning_rate) and self.learning_rate > 0,
                 f"learning_rate is {self.learning_rate!r}; it must be positive and finite.",
                 "learning_rate", self.learning_rate)
        _require_seed(self.seed)


@dataclasses.dataclass(frozen=True)
class Preset:
    """Everything a training needs to know, under one name."""

    name: str = "paper"
    data: DataConfig = DataConfig()
    core: CoreConfig = CoreConfig()
    training: TrainingConfig = TrainingConfig()


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


def preset(name):
    """Return the preset of this name, or raise InputError that lists them."""
    check_choice("preset", name, PRESETS)
    return PRESETS[name]


def check_task(name):
    """InputError unless there is a task of this name."""
    check_choice("task", name, TASK_NAMES)
