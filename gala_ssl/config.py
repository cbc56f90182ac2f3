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


def _require(condition, sentence):
    if not condition:
        raise InputError(sentence)


def _require_seed(seed):
    # What both NumPy and Keras take.
    _require(is_whole(seed) and 0 <= seed < 2**32, f"seed is {seed!r}; it must be an integer from 0 to 2^32 - 1.")


def is_whole(value):
    """Whether a value is an int, and not True or False, which Python takes for one."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_finite(value):
    """Whether a value is an int or a float, neither NaN nor infinite, nor too large for a float."""
    return (is_whole(value) or isinstance(value, float)) and abs(value) <= sys.float_info.max


def _sequence(name, value):
    """The values of a setting that has several, as a tuple."""
    _require(isinstance(value, (list, tuple)), f"{name} is {value!r}; give a list of values.")
    return tuple(value)


@dataclasses.dataclass(frozen=True)
class ThermalConfig:
    """Environments as hot as those of real particles, see `gala_ssl.tasks.thermal`; all values are our own (O).

    Attributes:
        noise: least and largest standard deviation of the thermal displacements on each coordinate, in shortest
            distances of the ideal crystal; drawn evenly, one a frame.
        correlated: fraction of the frames in which neighbours move together, by an even draw of the strength.
        strain: largest standard deviation of the elements of a random strain.
        vacancies: fraction of the frames that lack up to 4 % of their particles.
        surfaces: fraction of the frames with two free surfaces.
        liquid_share, gas_share: how often liquid and gas come, relative to one structure.
        length_scale: what clouds are divided by, see `gala_ssl.data.neighborhoods.THERMAL_LENGTHS`.
        jitter: standard deviation of the logarithm of a factor on each cloud's length.
        particles: particles of a frame, at least.
        clouds_per_frame: environments taken from a frame, about.
    """

    noise: tuple = (0.01, 0.15)
    correlated: float = 0.5
    strain: float = 0.01
    vacancies: float = 0.25
    surfaces: float = 0.15
    liquid_share: float = 2.0
    gas_share: float = 1.0
    length_scale: str = "mean_bond"
    jitter: float = 0.015
    particles: int = 400
    clouds_per_frame: int = 400

    def __post_init__(self):
        object.__setattr__(self, "noise", _sequence("noise", self.noise))
        _require(len(self.noise) == 2 and all(map(is_finite, self.noise)) and 0 <= self.noise[0] <= self.noise[1],
                 f"noise is {self.noise}; give the least and the largest standard deviation.")
        for name in ("correlated", "vacancies", "surfaces"):
            value = getattr(self, name)
            _require(is_finite(value) and 0 <= value <= 1, f"{name} is {value!r}; a fraction lies from 0 to 1.")
        for name in ("strain", "jitter", "liquid_share", "gas_share"):
            value = getattr(self, name)
            _require(is_finite(value) and value >= 0, f"{name} is {value!r}; it must be finite and not negative.")
        for name in ("particles", "clouds_per_frame"):
            value = getattr(self, name)
            _require(is_whole(value) and value > 0, f"{name} is {value!r}; it must be a positive integer.")
        _require(self.length_scale in ("mean_bond", "bulk"),
                 f"length_scale is {self.length_scale!r}; it must be 'mean_bond' or 'bulk'.")


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
        thermal: settings of thermal environments, which take the place of `noises`, `min_particles` and both
            fractions; None for the paper's environments.
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

    def __post_init__(self):
        if isinstance(self.thermal, dict):
            _require(set(self.thermal) == {field.name for field in dataclasses.fields(ThermalConfig)},
                     f"thermal is {self.thermal!r:.80}; give all settings of ThermalConfig and no others.")
            object.__setattr__(self, "thermal", ThermalConfig(**self.thermal))
        for name in ("structures", "noises"):
            object.__setattr__(self, name, _sequence(name, getattr(self, name)))
        _require(all(isinstance(name, str) for name in self.structures),
                 f"structures is {self.structures}; give names of prototypes.")
        _require(is_whole(self.neighbors) and 2 <= self.neighbors <= MOST_NEIGHBORS,
                 f"neighbors is {self.neighbors!r}; a point cloud needs at least 2 bonds, a whole number, at most "
                 f"{MOST_NEIGHBORS}.")
        _require(is_whole(self.min_particles) and self.min_particles > 0,
                 f"min_particles is {self.min_particles!r}; it must be a positive integer.")
        _require(len(self.noises) > 0, "noises is empty; give at least one standard deviation.")
        _require(all(is_finite(noise) and noise >= 0 for noise in self.noises),
                 f"noises is {self.noises}; a standard deviation is finite and not negative.")
        _require_seed(self.seed)
        _require(is_finite(self.x_scale) and 1e-6 <= self.x_scale <= 1e6,
                 f"x_scale is {self.x_scale!r}; it must lie from 1e-6 to 1e6.")
        for name in ("static_fraction", "validation_fraction"):
            value = getattr(self, name)
            _require(is_finite(value) and 0 < value <= 1,
                     f"{name} is {value!r}; it must lie above 0 and at most at 1.")
        _require(self.validation_fraction < 1, "validation_fraction is 1; nothing would be left to train on.")


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
                     f"{name} is {value!r}; it must be a positive integer, at most {most}.")
        _require(is_finite(self.dropout) and 0 <= self.dropout < 1,
                 f"dropout is {self.dropout!r}; a rate lies from 0 to below 1.")
        for name in ("join", "merge"):
            value = getattr(self, name)
            _require(value in ("concat", "mean"), f"{name} is {value!r}; it must be 'concat' or 'mean'.")
        _require(self.multivector_norm in ("momentum", "none"),
                 f"multivector_norm is {self.multivector_norm!r}; it must be 'momentum' or 'none'.")
        _require(isinstance(self.normalized_products, bool),
                 f"normalized_products is {self.normalized_products!r}; it must be true or false.")
        _require(is_finite(self.invariant_epsilon) and self.invariant_epsilon > 0,
                 f"invariant_epsilon is {self.invariant_epsilon!r}; it must be positive and finite.")
        _require(self.vector_inputs in ("bonds", "multivectors"),
                 f"vector_inputs is {self.vector_inputs!r}; it must be 'bonds' or 'multivectors'.")
        _require(self.attention in ("published", "fast"),
                 f"attention is {self.attention!r}; it must be 'published' or 'fast'.")


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
            value = _sequence(name, getattr(self, name))
            object.__setattr__(self, name, value)
            _require(len(value) == 2 and all(is_whole(epochs) and epochs > 0 for epochs in value),
                     f"{name} is {value}; give two positive integers: halve after, stop after.")
        for name in ("batch_size", "accumulate", "epochs", "dynamic_training", "dynamic_validation"):
            value = getattr(self, name)
            _require(is_whole(value) and value > 0, f"{name} is {value!r}; it must be a positive integer.")
        _require(self.schedule in ("plateau", "cosine"),
                 f"schedule is {self.schedule!r}; it must be 'plateau' or 'cosine'.")
        _require(is_whole(self.warm_up) and self.warm_up >= 0,
                 f"warm_up is {self.warm_up!r}; it must be a whole number of steps.")
        _require(is_finite(self.clip) and self.clip >= 0, f"clip is {self.clip!r}; it must be finite, not negative.")
        _require(isinstance(self.jit_compile, bool),
                 f"jit_compile is {self.jit_compile!r}; it must be true or false.")
        _require(is_finite(self.learning_rate) and self.learning_rate > 0,
                 f"learning_rate is {self.learning_rate!r}; it must be positive and finite.")
        _require_seed(self.seed)


@dataclasses.dataclass(frozen=True)
class Preset:
    """Everything a training needs to know, under one name."""

    name: str = "paper"
    data: DataConfig = DataConfig()
    core: CoreConfig = CoreConfig()
    training: TrainingConfig = TrainingConfig()
    dropout: float | None = None


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


def preset(name):
    """Return the preset of this name, or raise InputError that lists them."""
    check_choice("preset", name, PRESETS)
    return PRESETS[name]


def check_task(name):
    """InputError unless there is a task of this name."""
    check_choice("task", name, TASK_NAMES)
