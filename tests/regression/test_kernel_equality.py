"""The compiled kernel on real frames: as near to double precision as XLA."""
import pathlib

import keras
import numpy as np
import pytest

from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.reading import read_frames
from gala_ssl.kernel import NotForKernel, instruction_set
from gala_ssl.order.network import open_network
from gala_ssl.tasks.models.pretrained import load_model
from tests.selection import in_tiers

try:
    instruction_set()
except NotForKernel:
    pytest.skip("the kernel was not compiled: there is no C++ compiler", allow_module_level=True)

TRAJECTORIES = pathlib.Path(__file__).parents[2] / "data" / "trajectories"
COUNT = 128


@pytest.fixture(scope="module")
def clouds():
    """Clouds of a crystal and of a liquid."""
    frames = [read_frames(TRAJECTORIES / f"cI2-W_{name}.gsd", -1)[0] for name in ("solid", "liquid")]
    chosen = [point_clouds(frame, Nearest(20)).in_contact_distances()[:COUNT] for frame in frames]
    return (np.concatenate([each.bonds for each in chosen]) / 2, np.concatenate([each.types for each in chosen]))


@pytest.mark.tensorflow
@pytest.mark.parametrize("task", in_tiers(["frame_classification", "denoising", "shift_identification", "noisy_bond"],
                                          (), ("frame_classification",)))
def test_the_kernel_is_as_exact_as_xla(clouds, task):
    found = {engine: open_network(task, "thermal", "answer", engine=engine, jit_compile=True)[0](
        *clouds, "answer", COUNT) for engine in ("kernel", "keras")}
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        model, _ = load_model(task, "thermal")
        exact = np.asarray(model([array.astype(np.float64) for array in clouds]))
    finally:
        keras.config.set_dtype_policy(policy)
    assert exact.dtype == np.float64
    errors = {engine: np.sqrt(np.mean((values - exact) ** 2)) for engine, values in found.items()}
    assert errors["kernel"] <= 3 * errors["keras"], errors
