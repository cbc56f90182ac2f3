"""A file of frames, small networks, and the commands that read them."""
import gsd.hoomd
import numpy as np
import pytest

from gala_ssl.commands.main import main
from gala_ssl.order.embedding import Embedding
from tests import tiny
from tests.written import crystals


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder with small networks of two tasks."""
    return tiny.copy_to(tmp_path_factory.mktemp("weights"), "denoising", "frame_classification")


@pytest.fixture(scope="module")
def trajectory(tmp_path_factory):
    """A GSD file of three frames with velocities and a log."""
    path = tmp_path_factory.mktemp("trajectory") / "run.gsd"
    with gsd.hoomd.open(path, "w") as file:
        for step, frame in enumerate(crystals()):
            snapshot = gsd.hoomd.Frame()
            snapshot.configuration.box, snapshot.configuration.step = frame.box, 10 * step
            snapshot.particles.N, snapshot.particles.position = len(frame), frame.positions
            snapshot.particles.velocity = np.full((len(frame), 3), step + 1.0)
            snapshot.log = {"kT": np.array([0.5 + step])}
            file.append(snapshot)
    return path


@pytest.fixture
def embed(weights, trajectory, tmp_path, monkeypatch):
    """Run `gala-ssl embed` on the trajectory, in an empty folder; the same network is loaded once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Embedding, "from_pretrained", tiny.load_once)
    return lambda *options, path=trajectory: main(
        ["embed", str(path), "--weights", str(weights), *map(str, options)])
