"""One seed for all weights of a network: the numbers Keras would draw, and nothing else in the process is seeded."""
import pathlib
import random

import keras
import numpy as np
import pytest

import gala_ssl
from gala_ssl.networks.combined import combine_cores
from gala_ssl.networks.core import build_core
from gala_ssl.tasks.models.build import build_model, seeded
from tests.small_networks import small_config

pytestmark = pytest.mark.any_backend


def autoencoder(attention):
    """The task with every kind of weight: of labels, of a latent, of dropout."""
    cores = [build_core(small_config(attention, blocks=1), name=f"core_{name}") for name in "ab"]
    return build_model("autoencoder", combine_cores(cores))


@pytest.mark.parametrize("attention", [
    "fast", pytest.param("published", marks=[pytest.mark.tensorflow, pytest.mark.long])])
def test_weights_are_those_of_keras_and_the_process_draws_as_before(attention):
    keras.utils.set_random_seed(13)
    expected = [np.asarray(variable) for variable in autoencoder(attention).variables]
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    with seeded(13):
        found = [np.asarray(variable) for variable in autoencoder(attention).variables]
    assert len(found) == len(expected) > 40
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mine, other)
    if attention == "fast":  # the package of the published layers takes seeds that are not used
        assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() == before[1]


def test_another_seed_gives_other_weights_and_blocks_lie_in_each_other():
    def kernel():
        return np.asarray(build_core(small_config(blocks=1)).get_layer("embed_types").kernel)

    with seeded(13):
        with seeded(14):
            inner = kernel()
        outer = kernel()
    with seeded(13):
        np.testing.assert_array_equal(kernel(), outer)
    assert (inner != outer).any() and (kernel() != outer).any()


def test_nothing_private_of_keras_is_used():
    for path in pathlib.Path(gala_ssl.__file__).parent.rglob("*.py"):
        assert "keras.src" not in path.read_text(encoding="utf-8"), path
