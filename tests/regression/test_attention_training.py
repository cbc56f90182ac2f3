"""One training with each attention, same seed: loss curves lie on each other to the order of float32."""
import dataclasses

import keras
import numpy as np
import pytest

from gala_ssl import pretraining, training
from gala_ssl.config import CoreConfig, DataConfig, TrainingConfig
from gala_ssl.data.environments import prototype_environments
from gala_ssl.models.build import build_model
from gala_ssl.models.core import build_core
from gala_ssl.tasks import FrameClassification

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]

DATA = DataConfig(structures=("cF4-Cu", "cI2-W", "hP2-Mg"), noises=(0.05,), neighbors=8, min_particles=300,
                  static_fraction=1.0)


def test_loss_curves_lie_on_each_other(tmp_path):
    environments = prototype_environments(DATA, progress=False)
    task, config = FrameClassification(3), TrainingConfig(batch_size=16, epochs=5, jit_compile=False)
    core = CoreConfig(width=8, hidden=8, blocks=2, dropout=0.0)  # the two draw dropout by different means
    histories = {}
    for attention in ("fast", "published"):
        keras.utils.set_random_seed(1)
        model = build_model(task, build_core(dataclasses.replace(core, attention=attention)))
        sides = pretraining.streams(task, environments, DATA, config)
        histories[attention] = training.fit(model, task, *sides, config, tmp_path / attention, progress=False)
    assert histories["fast"]["loss"].iloc[-1] < 0.9 * histories["fast"]["loss"][0]
    for name in ("loss", "val_loss"):
        ours, theirs = (history[name] for history in histories.values())
        np.testing.assert_allclose(ours, theirs, rtol=0.02, err_msg=name)
    np.testing.assert_allclose(histories["fast"]["loss"][0], histories["published"]["loss"][0], rtol=1e-4)
