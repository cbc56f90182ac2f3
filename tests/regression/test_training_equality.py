"""A training of frame classification with either attention goes the same way, to the noise of float32."""
import dataclasses

import keras
import numpy as np
import pytest

from gala_ssl.networks.config import CoreConfig
from gala_ssl.networks.core import build_core
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import prototype_environments
from gala_ssl.tasks.frame_classification import FrameClassification
from gala_ssl.tasks.models.build import build_model
from gala_ssl.training import fit as training
from gala_ssl.training import pretrain as pretraining
from gala_ssl.training.presets import TrainingConfig

pytestmark = [pytest.mark.long, pytest.mark.tensorflow]

DATA = DataConfig(structures=("cF4-Cu", "cI2-W", "hP2-Mg", "cP1-Po", "cF8-C"), noises=(0.05,), neighbors=12,
                  min_particles=500, static_fraction=1.0)
# Without dropout, since the two draw their masks differently.
CORE = CoreConfig(width=16, hidden=32, blocks=2, dropout=0.0)
TRAINING = TrainingConfig(epochs=3, jit_compile=False)


def curve(environments, attention, directory, perturbation=0.0):
    """Return the training and validation losses, one after the other, of a training from the same weights."""
    task = FrameClassification(len(DATA.structures))
    keras.utils.set_random_seed(TRAINING.seed)
    model = build_model(task, build_core(dataclasses.replace(CORE, attention=attention)))
    for weight in model.trainable_weights:
        weight.assign(weight * (1 + perturbation))
    sides = pretraining.streams(task, environments, DATA, TRAINING)
    history = training.fit(model, task, *sides, TRAINING, directory, progress=False)
    return history[["loss", "val_loss"]].to_numpy()


def test_loss_curves_differ_no_more_than_by_the_rounding_of_weights(tmp_path):
    environments = prototype_environments(DATA, progress=False)
    published = curve(environments, "published", tmp_path / "published")
    fast = curve(environments, "fast", tmp_path / "fast")
    # Training amplifies rounding from step to step; how much, the same layers tell with weights off by rounding.
    rounded = curve(environments, "published", tmp_path / "rounded", perturbation=2.0**-23)
    assert published[-1, 0] < 0.7 * published[0, 0]  # something was learned
    np.testing.assert_allclose(fast[0], published[0], rtol=1e-4)
    noise = np.abs(rounded - published).max(axis=1)
    assert np.all(np.abs(fast - published).max(axis=1) <= 20 * noise + 1e-6), (fast, published, rounded)
