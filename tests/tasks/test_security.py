"""Files from elsewhere: loading weights runs no code, and no name read from a file leads out of a folder."""
import json
import os
import pickle
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from gala_ssl.base.errors import InputError
from gala_ssl.base.provenance import sha256
from gala_ssl.commands.main import main
from gala_ssl.frames.reading import read_frames
from gala_ssl.order.network import open_network
from gala_ssl.simulation import cooling, systems
from gala_ssl.tasks.models.pretrained import load_model
from tests import bad_files, tiny
from tests.refusals import refused

pytestmark = pytest.mark.tensorflow


class Harm:
    """Pickled, it makes a folder called "harm" where it is loaded."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return tiny.copy_to(tmp_path_factory.mktemp("saved"), "denoising")


@pytest.fixture
def weights(saved, tmp_path, monkeypatch):
    """A folder with a network, in an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(saved, tmp_path / "weights")


def replaced(weights, content):
    """Other bytes for the file of weights, and their digest for its card, as who means harm would do; its path."""
    path = weights / "denoising.safetensors"
    path.write_bytes(content)
    card = json.loads((weights / "denoising.json").read_text())
    (weights / "denoising.json").write_text(json.dumps(card | {"sha256": sha256(path)}))
    return path


def arrays_with(change):
    """The bytes of a file of weights after `change` of its arrays by name."""
    arrays = load_file(tiny.FOLDER / "denoising.safetensors")
    change(arrays)
    return save(arrays)


@pytest.mark.parametrize("content", [
    lambda: pickle.dumps(Harm()), lambda: b"", lambda: (2**62).to_bytes(8, "little") + b"{}",
    lambda: (2**62).to_bytes(8, "little"), lambda: (60).to_bytes(8, "little") + json.dumps(
        {"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 8]}}).ljust(60).encode() + bytes(8),
    lambda: arrays_with(lambda arrays: arrays.pop("embed_types/bias")),
    lambda: arrays_with(lambda arrays: arrays.update({"embed_types/bias": np.ones(3, np.float32)}))],
    ids=["a pickle", "empty", "a header without end", "a header that is not there", "larger than the file",
         "an array missing", "another shape"])
@pytest.mark.parametrize("engine", ["kernel", "keras"])
def test_what_is_no_network_is_refused_by_both_engines(weights, tmp_path, content, engine):
    """Although the card has the digest of the file, as that of who means harm has."""
    path = replaced(weights, content())
    with refused(path=str(path), option=None):
        open_network("denoising", weights, "answer", engine=engine)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("engine", ["kernel", "keras"])
def test_a_bit_that_fell_over_is_noticed(weights, engine):
    path = weights / "denoising.safetensors"
    content = bytearray(path.read_bytes())
    content[-100] ^= 4
    path.write_bytes(content)
    with refused(path=str(path), option="sha256"):
        open_network("denoising", weights, "answer", engine=engine)


def test_a_trajectory_that_is_a_pickle_is_refused(tmp_path, monkeypatch):
    """As ASE wrote them before 2016."""
    monkeypatch.chdir(tmp_path)
    for content in (pickle.dumps(Harm()), b"PickleTrajectory" + pickle.dumps(Harm())):
        (tmp_path / "run.traj").write_bytes(content)
        with pytest.raises(InputError, match="run.traj cannot be read as an ASE trajectory"):
            read_frames(tmp_path / "run.traj")
    assert not (tmp_path / "harm").exists()


def test_a_state_of_a_simulation_that_is_a_pickle_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    system = systems.get("cF4-Cu").smoke()
    for content in ("array", "file"):
        if content == "array":
            np.savez("restart.npz", frame=np.array(Harm(), dtype=object))
        else:
            (tmp_path / "restart.npz").write_bytes(pickle.dumps(Harm()))
        with refused(path=str(tmp_path / "restart.npz")):
            cooling.cool(system, directory=tmp_path, frames=10)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("task", ["../harm", "/tmp/harm", "denoising/../../harm"])
def test_the_name_on_a_card_leads_nowhere(weights, task, tmp_path):
    card = json.loads((weights / "denoising.json").read_text())
    (weights / "denoising.json").write_text(json.dumps(card | {"task": task}))
    with refused(path=str(weights / "denoising.json"), option="task", value=task):
        load_model("denoising", weights)


def test_names_in_a_trajectory_and_on_the_command_line_lead_nowhere(weights, tmp_path, capsys, monkeypatch):
    """The names of types are the only words of a frame that a file chooses."""
    raw = bad_files.good().with_(names=("../../harm",))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    main(["embed", str(bad_files.write(tmp_path / "work" / "run.gsd", [raw])), "--weights", str(weights), "--task",
          "denoising", "--gsd", "copy.gsd", "--quiet"])
    assert sorted(os.listdir()) == ["copy.gsd", "run.gsd", "run_denoising.h5"]
    with pytest.raises(SystemExit):
        main(["embed", "run.gsd", "--task", "../harm"])
    assert "There is no task '../harm'" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["weights", "work"]
