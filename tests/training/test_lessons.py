"""Training by the compiled kernel: the questions, the course and the run directory of the Keras loop."""
import dataclasses

import numpy as np
import pytest

from gala_ssl.kernel import NotForKernel, library
from gala_ssl.training import fit, pretrain
from tests.refusals import refused
from tests.training.test_scan import TASK, TINY, killed_in_epoch

pytestmark = pytest.mark.tensorflow
try:
    library.library()
except NotForKernel:
    pytest.skip("the kernel was not compiled: there is no C++ compiler", allow_module_level=True)


def trained(run, engine="kernel", task=TASK, preset=TINY):
    pretrain.train(task, run_dir=run, preset=preset, engine=engine, progress=False)
    with np.load(run / "best.npz") as arrays:
        return np.genfromtxt(run / "history.csv", delimiter=",", names=True), [arrays[name] for name in arrays]


@pytest.mark.slow
def test_the_kernel_trains_as_the_keras_loop_does(tmp_path):
    """The losses agree to what running statistics that move after a step, not before it, make of them."""
    (by_kernel, _), (by_keras, _) = trained(tmp_path / "kernel"), trained(tmp_path / "keras", "keras")
    for column in ("loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error", "learning_rate"):
        np.testing.assert_allclose(by_kernel[column], by_keras[column], rtol=0.03, err_msg=column)
    assert by_kernel["val_loss"][-1] < by_kernel["val_loss"][0]


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    history, weights = trained(tmp_path / "whole")
    with killed_in_epoch(2, fit, monkeypatch):
        trained(tmp_path / "killed")
    resumed, same = trained(tmp_path / "killed")
    np.testing.assert_array_equal(resumed["val_loss"], history["val_loss"])
    for a, b in zip(same, weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_it_cannot_train_is_refused_before_anything_is_learned(tmp_path):
    with refused(option="head"):
        trained(tmp_path / "autoencoder", task="autoencoder")
    with refused(option="dropout"):
        trained(tmp_path / "dropout", preset=dataclasses.replace(TINY, dropout=0.1))
