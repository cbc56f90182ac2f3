"""Training in one program: the questions, the course and the run directory of the Keras loop; several seeds at once."""
import contextlib
import dataclasses

import keras
import numpy as np
import pytest

from gala_ssl.tasks.data.config import DataConfig, ThermalConfig
from gala_ssl.training import pretrain as pretraining
from gala_ssl.training.presets import Preset, TrainingConfig
from tests.refusals import refused
from tests.small_networks import tiny_preset

pytestmark = pytest.mark.any_backend

ON_JAX = pytest.mark.skipif(keras.backend.backend() != "jax", reason="the scan engine needs Keras's JAX backend")
TINY = Preset(
    name="tiny-thermal",
    data=DataConfig(structures=("cF4-Cu", "cI2-W"), neighbors=6,
                    thermal=ThermalConfig(particles=60, clouds_per_frame=40)),
    core=tiny_preset().core,
    training=TrainingConfig(batch_size=32, epochs=3, learning_rate=5e-3, schedule="cosine", warm_up=4, clip=1.0,
                            dynamic_training=256, dynamic_validation=80, jit_compile=False),
    dropout=0.0)
TASK = "shift_identification"


def histories(folder, engine, seeds=(13,), preset=TINY):
    cards = list(pretraining.pretrain([TASK], preset, folder, seeds=seeds, progress=False, engine=engine, workers=1))
    runs = [folder / preset.name / (f"{TASK}-{seed}" if i else TASK) for i, seed in enumerate(seeds)]
    return cards, [np.genfromtxt(run / "history.csv", delimiter=",", names=True) for run in runs], runs


def weights(run):
    with np.load(run / "best.npz") as arrays:
        return [arrays[name] for name in arrays]


@contextlib.contextmanager
def killed_in_epoch(number, loop, monkeypatch):
    """Trainings of a module end in this epoch, before it is written down."""
    kept = loop.record

    def killed(row, *arguments, **options):
        if row["epoch"] == number:
            raise KeyboardInterrupt
        kept(row, *arguments, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop, "record", killed)
        yield


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX is what the scan engine needs")
def test_another_backend_is_refused(tmp_path):
    with refused(option="engine", value="scan"):
        histories(tmp_path, "scan")


@ON_JAX
def test_one_program_trains_as_the_keras_loop_does(tmp_path):
    """The same questions in the same order: the losses agree to rounding, epoch by epoch."""
    _, (scan, other), runs = histories(tmp_path / "scan", "scan", (13, 14))
    _, (keras_loop,), (run,) = histories(tmp_path / "keras", "keras")
    for column in ("loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error", "learning_rate"):
        np.testing.assert_allclose(scan[column], keras_loop[column], rtol=2e-3, atol=1e-6, err_msg=column)
    assert (scan["loss"] != other["loss"]).all()
    for a, b in zip(weights(runs[0]), weights(run), strict=True):
        np.testing.assert_allclose(a, b, rtol=0.02, atol=2e-3)


@ON_JAX
def test_a_killed_run_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    _, (whole,), (whole_run,) = histories(tmp_path / "whole", "scan")
    from gala_ssl.training import scan
    with killed_in_epoch(2, scan, monkeypatch):
        histories(tmp_path / "killed", "scan")
    _, (resumed,), (run,) = histories(tmp_path / "killed", "scan")
    np.testing.assert_array_equal(resumed["val_loss"], whole["val_loss"])
    for a, b in zip(weights(run), weights(whole_run), strict=True):
        np.testing.assert_array_equal(a, b)


@ON_JAX
def test_a_schedule_that_replicas_cannot_share_is_refused(tmp_path):
    plateau = dataclasses.replace(TINY, training=dataclasses.replace(TINY.training, schedule="plateau"))
    with refused(option="schedule", value="plateau"):
        histories(tmp_path, "scan", preset=plateau)
