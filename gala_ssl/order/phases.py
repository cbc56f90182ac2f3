"""Phase identification: which frames of a trajectory a network can tell apart (paper, Appendix A, Figure 5).

A frame classifier is trained on every fourth frame, a class a frame, then asked about the frames just after these.
Frames of one phase are mistaken for each other; frames of different phases are not.
"""
import dataclasses
import hashlib
import os
import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import write_json
from gala_ssl.base.progress import Bar
from gala_ssl.base.randomness import rng
from gala_ssl.base.runs import CONFIG, check_settings, run_lock
from gala_ssl.base.validators import is_finite, is_whole
from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.frame import Frame
from gala_ssl.networks.compiled import full_products
from gala_ssl.networks.config import CoreConfig
from gala_ssl.networks.core import build_core
from gala_ssl.order.blocks import blocks, chance_of_blocks, confusion
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import Environments, split
from gala_ssl.tasks.data.streams import Stream
from gala_ssl.tasks.frame_classification import FrameClassification
from gala_ssl.tasks.models.build import build_model, seeded
from gala_ssl.training.fit import fit_alone
from gala_ssl.training.presets import TrainingConfig

# Part of the trajectories without transitions in which one is shown where it is looked for, at most.
LEVEL = 0.05


@dataclasses.dataclass(frozen=True)
class PhaseConfig:
    """How phases are identified.

    Attributes:
        every: distance of the frames trained on, at least 2 (P: every fourth).
        fraction: part of each frame's particles (P).
        least: particles of a frame, at least, or all where it has fewer: nothing is learned from the hundred that a
            tenth of a small system is (O).
        neighbors: bonds in a cloud (P).
        core: the network, with the dropout of a classifier (R), and two blocks, one fewer than that of the
            prototypes, for it is trained while one waits (O). Its type width is the trajectory's.
        training: TrainingConfig (P); its seed gives way to the one here.
        seed: of the choice of particles, the split and the training (R).
    """

    every: int = 4
    fraction: float = 0.1
    neighbors: int = 20
    core: CoreConfig = CoreConfig(blocks=2, dropout=FrameClassification.dropout)
    training: TrainingConfig = TrainingConfig()
    seed: int = 13
    least: int = 400

    def __post_init__(self):
        if not (is_whole(self.every) and self.every >= 2):
            raise InputError(f"every is {self.every!r}; the frames asked about come just after those trained on, so it "
                             "must be a whole number, 2 or more.", option="every", value=self.every)
        if not (is_finite(self.fraction) and 0 < self.fraction <= 1):
            raise InputError(f"fraction is {self.fraction!r}; it must lie above 0 and at most at 1.",
                             option="fraction", value=self.fraction)
        if not (is_whole(self.least) and self.least >= 1):
            raise InputError(f"least is {self.least!r}; it is a number of particles, 1 or more.", option="least",
                             value=self.least)
        # These check what they are given.
        DataConfig(neighbors=self.neighbors, seed=self.seed)

    def training_frames(self, frames: int, count: int = 2) -> np.ndarray:
        """Numbers of the frames to train on, (k,), of a trajectory of so many frames.

        Raises:
            InputError: they are fewer than `count`, the phases that are to be told apart.
        """
        known = np.arange(0, frames - 1, self.every)
        if len(known) < count:
            raise InputError(f"{count} phases are told apart in {self.every * (count - 1) + 2} frames or more, not "
                             f"{frames}; give a longer trajectory, or train on more of its frames (every, --every).",
                             option="frames", value=frames)
        return known


@dataclasses.dataclass(frozen=True, eq=False)
class PhaseMap:
    """What a frame classifier takes the frames after those it knows for.

    Attributes:
        training_frames: (k,) frame numbers trained on. test_frames: (k,) the frames just after them.
        histogram: (k, k), part of the clouds of `test_frames[i]` that are taken for `training_frames[j]`.
        accuracy: of the network on held-back clouds of the frames it knows.
    """

    training_frames: np.ndarray
    test_frames: np.ndarray
    histogram: np.ndarray
    accuracy: float

    def phases(self, count=3):
        """First training frame of each of `count` phases, (count,)."""
        return self.training_frames[blocks(self.histogram, count)[0]]

    def likelihoods(self, most=6):
        """Mean log likelihood of a cloud where frames are divided into 1 ... `most` phases, {count: float}.

        Unlike most likelihoods this one need not rise with the count, see `gala_ssl.order.blocks.blocks`.
        """
        most = min(most, len(self.training_frames))
        return {count: float(blocks(self.histogram, count)[1]) for count in range(1, most + 1)}

    def transitions(self, count=3):
        """The `PhaseTransition` between each of `count` phases and the next, in the order of time."""
        starts = blocks(self.histogram, count)[0].tolist()
        runs = [np.arange(first, end) for first, end in zip(starts, [*starts[1:], len(self.training_frames)])]
        return [PhaseTransition(int(self.test_frames[before[-1]]), int(self.training_frames[after[0]]),
                           confusion(self.histogram, before, after), chance_of_blocks(self.histogram, before, after))
                for before, after in zip(runs, runs[1:])]


@dataclasses.dataclass(frozen=True)
class PhaseTransition:
    """Where one phase ends and the next begins.

    Attributes:
        last, first: frame numbers, the last of one phase and the first of the next.
        across: part of the clouds of the two phases' frames that are taken for a frame of the other phase, of those
            taken for a frame of either; 0.5 where nothing tells them apart.
        chance: how often chance alone tells two groups of these frames apart as clearly, a permutation test, see
            `gala_ssl.order.blocks.chance_of_blocks`.
    """

    last: int
    first: int
    across: float
    chance: float

    @property
    def shown(self):
        """Whether it is more than chance: the test passes at a level of 0.05."""
        return self.chance <= LEVEL + 1e-9


def find_phases(frames: Sequence[Frame], config: PhaseConfig = PhaseConfig(),
                directory: str | os.PathLike = "runs/phases", progress: bool = True) -> PhaseMap:
    """Train a classifier of every fourth frame and ask it about the frames just after, as a `PhaseMap`.

    Each cloud is in units of its own mean bond, so that frames differ by order and not by density (R).

    Args:
        frames: sequence of Frames in the order of time, of the same particle types.
        config: PhaseConfig.
        directory: of the training's run, which resumes.
        progress: show bars (on a terminal only).

    Raises:
        InputError: too few frames, frames of too few particles or of different types, or a directory that holds a
            run with other settings.
    """
    known = config.training_frames(len(frames))
    directory = pathlib.Path(directory)
    settings = {**dataclasses.asdict(config), "frames": [frames[int(number)].where for number in known],
                "frames_sha256": _digest(frames[int(number)] for number in known)}
    # A file may lie elsewhere meanwhile: its frames are known by what they hold.
    check_settings(directory, settings, but=("frames",))
    # Before the run's first file, because a frame may be refused.
    environments = _environments(frames, known, config, progress)
    questions = _environments(frames, known + 1, config, progress)
    task = FrameClassification(len(known))
    sides = split(len(environments), DataConfig(seed=config.seed))
    training, validation = (
        Stream(task, environments, indices, config.training.batch_size, seed=(config.seed, side), shuffle=side == 0)
        for side, indices in enumerate(sides))
    core = dataclasses.replace(config.core, type_width=environments.clouds.types.shape[2])
    with seeded(config.seed):
        model = build_model(task, build_core(core))
    with run_lock(directory):
        # Again, because another process may have begun a run meanwhile.
        check_settings(directory, settings, but=("frames",))
        if not (directory / CONFIG).exists():
            write_json(directory / CONFIG, settings)
        history = fit_alone(model, task, training, validation, dataclasses.replace(config.training, seed=config.seed),
                            directory, progress)
    taken = _answers(model, questions.clouds, training.x_scale).argmax(axis=1)
    histogram = pd.crosstab(questions.labels, taken, normalize="index")
    histogram = histogram.reindex(index=range(len(known)), columns=range(len(known)), fill_value=0).to_numpy()
    return PhaseMap(known, known + 1, histogram, float(history["val_accuracy"][history["val_loss"].idxmin()]))


def _digest(frames):
    """What is in frames, whatever they are called: a trajectory may be simulated again under its name."""
    digest = hashlib.sha256()
    for frame in frames:
        for array in (frame.positions, frame.box, frame.types):
            digest.update(array.tobytes())
    return digest.hexdigest()


def _environments(frames, numbers, config, progress):
    """Clouds of a part of the particles of the frames with these numbers, labelled by their place among them."""
    clouds, labels = [], []
    for label, number in enumerate(Bar(numbers, "frames", unit="frame", leave=False, shown=progress)):
        frame = frames[int(number)]
        order = rng(config.seed, "particles of a frame", int(number)).permutation(len(frame))
        chosen = order[:max(round(config.fraction * len(frame)), config.least)]
        clouds.append(point_clouds(frame, Nearest(config.neighbors))[np.sort(chosen)].in_mean_bonds())
        labels.append(np.full(len(chosen), label, np.int32))
    return Environments(PointClouds.concatenate(clouds), np.concatenate(labels), tuple(map(str, numbers)))


def _answers(model, clouds, x_scale):
    with full_products():
        return np.asarray(model.predict([clouds.bonds / x_scale, clouds.types], batch_size=256, verbose=0))
