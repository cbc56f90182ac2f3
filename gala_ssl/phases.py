"""Phase identification: which frames of a trajectory a network can tell apart (paper, Appendix A, Figure 5).

A frame classifier is trained on every fourth frame, a class a frame, then asked about the frames just after these.
Frames of one phase are mistaken for each other; frames of different phases are not.
"""
import dataclasses
import pathlib

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from gala_ssl.analysis.phases import blocks
from gala_ssl.config import CoreConfig, DataConfig, TrainingConfig
from gala_ssl.data.environments import Environments, split
from gala_ssl.data.neighborhoods import PointClouds, point_clouds
from gala_ssl.data.streams import Stream
from gala_ssl.errors import InputError
from gala_ssl.files import write_json
from gala_ssl.models.build import build_model
from gala_ssl.models.core import build_core
from gala_ssl.runs import CONFIG, check_settings
from gala_ssl.tasks import FrameClassification
from gala_ssl.training import fit

# Names of the random streams drawn from one seed, so that none repeats another.
_PARTICLES = 6


@dataclasses.dataclass(frozen=True)
class PhaseConfig:
    """How phases are identified.

    Attributes:
        every: distance of the frames trained on (P: every fourth).
        fraction: part of each frame's particles (P).
        neighbors: bonds in a cloud (P).
        core: the network; smaller than that of the prototypes, for it is trained while one waits (O).
        training: TrainingConfig (O but for the schedule).
        seed: of the choice of particles and the training.
    """

    every: int = 4
    fraction: float = 0.1
    neighbors: int = 20
    core: CoreConfig = CoreConfig(blocks=2, dropout=0.2)
    training: TrainingConfig = TrainingConfig(epochs=20, static_patience=(2, 4))
    seed: int = 13


@dataclasses.dataclass(frozen=True, eq=False)
class PhaseMap:
    """What a frame classifier takes the frames after those it knows for.

    Attributes:
        known: (k,) frame numbers trained on. asked: (k,) the frames just after them.
        histogram: (k, k), part of the clouds of `asked[i]` that are taken for `known[j]`.
        accuracy: of the network on held-back clouds of the frames it knows.
    """

    known: np.ndarray
    asked: np.ndarray
    histogram: np.ndarray
    accuracy: float

    def phases(self, count=3):
        """First known frame of each of `count` phases, (count,)."""
        return self.known[blocks(self.histogram, count)[0]]


def identify_phases(frames, config=PhaseConfig(), directory="runs/phases", progress=True):
    """Train a classifier of every fourth frame and ask it about the frames just after, as a `PhaseMap`.

    Each cloud is in units of its own mean bond, so that it is order that tells frames apart and not density (R).

    Args:
        frames: sequence of Frames in the order of time, of one particle type.
        config: PhaseConfig.
        directory: of the training's run, which resumes.
        progress: show bars (on a terminal only).
    """
    known = np.arange(0, len(frames) - 1, config.every)
    if len(known) < 2:
        raise InputError(f"Phases are told apart in {config.every + 2} frames or more, not {len(frames)}; give a "
                         "longer trajectory, or train on more of its frames.")
    directory = pathlib.Path(directory)
    settings = {**dataclasses.asdict(config), "frames": [int(i) for i in known], "source": frames[0].where}
    check_settings(directory, settings)
    write_json(directory / CONFIG, settings)
    environments = _environments(frames, known, config, progress)
    task = FrameClassification(len(known))
    sides = split(len(environments), DataConfig(seed=config.seed))
    training, validation = (
        Stream(task, environments, indices, config.training.batch_size, seed=(config.seed, side), shuffle=side == 0)
        for side, indices in enumerate(sides))
    keras.utils.set_random_seed(config.seed)
    model = build_model(task, build_core(config.core))
    history = fit(model, task, training, validation, dataclasses.replace(config.training, seed=config.seed),
                  directory, progress)
    asked = known + 1
    questions = _environments(frames, asked, config, progress)
    taken = _answers(model, questions.clouds, training.x_scale).argmax(axis=1)
    histogram = pd.crosstab(questions.labels, taken, normalize="index")
    histogram = histogram.reindex(index=range(len(known)), columns=range(len(known)), fill_value=0).to_numpy()
    return PhaseMap(known, asked, histogram, float(history["val_accuracy"].max()))


def _environments(frames, numbers, config, progress):
    """Clouds of a part of the particles of the frames with these numbers, labelled by their place among them."""
    clouds, labels = [], []
    for label, number in enumerate(tqdm(numbers, "frames", leave=False, disable=None if progress else True)):
        frame = frames[int(number)]
        rng = np.random.default_rng([config.seed, _PARTICLES, int(number)])
        chosen = rng.permutation(len(frame))[:max(1, round(config.fraction * len(frame)))]
        clouds.append(point_clouds(frame, config.neighbors)[np.sort(chosen)].in_mean_bonds())
        labels.append(np.full(len(chosen), label, np.int32))
    return Environments(PointClouds.concatenate(clouds), np.concatenate(labels), tuple(map(str, numbers)))


def _answers(model, clouds, x_scale):
    return np.asarray(model.predict([clouds.bonds / x_scale, clouds.types], batch_size=256, verbose=0))
