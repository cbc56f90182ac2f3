"""Files from elsewhere: loading weights runs no code, and no name read from a file leads out of a folder."""
import json
import os
import pickle
import shutil
import zipfile

import h5py
import keras
import numpy as np
import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.commands.main import main
from gala_ssl.frames.reading import read_frames
from gala_ssl.simulation import cooling, systems
from gala_ssl.tasks.models.archive import check_archive
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


def harmful():
    """A layer of Python code that makes a folder called "harm" when it is called."""
    return keras.layers.Lambda(lambda x: (__import__("os").mkdir("harm"), x)[1], output_shape=(1,))


def rewritten(weights, member=None, change=None, **more):
    """Change a member of the archive by a function of its bytes, and add others by name."""
    path = weights / "denoising.keras"
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents |= {member: change(contents[member])} if member else more
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def with_lambda(content):
    """The config of a network in whose midst Python code is, as Keras writes it."""
    config = json.loads(content)
    config["config"]["layers"].append(keras.saving.serialize_keras_object(harmful()))
    return json.dumps(config).encode()


def naming(**what):
    def change(content):
        config = json.loads(content)
        config["config"]["layers"].append({"config": {}, **what})
        return json.dumps(config).encode()
    return change


@pytest.mark.parametrize("change, named", [
    (with_lambda, "Lambda"),
    (naming(module="os", class_name="system", config="mkdir harm"), "os.system"),
    (naming(module="keras.utils", class_name="function", config="get_file"), "keras.utils.function"),
    (naming(module="builtins", class_name="function", config="exec"), "builtins.function"),
    (naming(module="keras.src.saving", class_name="__lambda__", config={"value": ""}), "__lambda__"),
    (naming(module=None, class_name="Harm", registered_name="tests>Harm"), "Harm"),
], ids=["Lambda", "os.system", "get_file", "exec", "__lambda__", "registered"])
def test_a_network_that_names_more_than_layers_is_refused(weights, change, named, tmp_path):
    path = rewritten(weights, "config.json", change)
    with refused(path=str(path), option="members") as caught:
        load_model("denoising", weights)
    assert any(named in member for member in caught.value.value)
    assert not (tmp_path / "harm").exists()


def test_the_lambda_of_these_tests_does_harm_where_it_is_let(tmp_path, monkeypatch):
    """So that the test above tests something."""
    monkeypatch.chdir(tmp_path)
    keras.Sequential([keras.Input((1,)), harmful()]).save("harm.keras")
    with pytest.raises(ValueError, match="Lambda"):
        keras.saving.load_model("harm.keras")
    with refused(path=str(tmp_path / "harm.keras"), option="members") as caught:
        check_archive(tmp_path / "harm.keras")
    assert any("Lambda" in member for member in caught.value.value)
    assert not (tmp_path / "harm").exists()
    keras.saving.load_model("harm.keras", safe_mode=False)(np.ones((1, 1)))
    assert (tmp_path / "harm").exists()


@pytest.mark.parametrize("name", ["../harm", "/tmp/harm", "assets/harm.py", "harm.pkl"])
def test_an_archive_with_other_members_is_refused(weights, tmp_path, name):
    path = rewritten(weights, **{name: b"harm"})
    with refused(path=str(path), option="members", value=[name]):
        load_model("denoising", weights)
    assert not (tmp_path / "harm").exists() and not (weights / "harm").exists()


def test_an_archive_that_would_fill_the_memory_is_refused(weights, monkeypatch):
    monkeypatch.setattr("gala_ssl.tasks.models.archive._LARGEST", 1000)
    with refused(path=str(weights / "denoising.keras"), option="size"):
        load_model("denoising", weights)


def stored_outside(file, name):
    shape, dtype = file[name].shape, file[name].dtype
    del file[name]
    file.create_dataset(name, shape, dtype, external=[("secret", 0, h5py.h5f.UNLIMITED)])


def virtual(file, name):
    layout = h5py.VirtualLayout(file[name].shape, file[name].dtype)
    if file[name].shape:
        layout[:] = h5py.VirtualSource("secret.h5", name, file[name].shape)
        del file[name]
        file.create_virtual_dataset(name, layout)


def linked(make):
    """A change of a dataset to a link to another, as `make` makes it of the name of the dataset."""
    def change(file, name):
        del file[name]
        file[name] = make(name)
    return change


@pytest.mark.parametrize("change, said", [
    (stored_outside, "the numbers of another file as "), (virtual, "the numbers of another file as "),
    (linked(lambda name: h5py.ExternalLink("secret.h5", name)), "the ExternalLink "),
    (linked(lambda name: h5py.SoftLink("/all")), "the SoftLink ")],
    ids=["external", "virtual", "ExternalLink", "SoftLink"])
def test_numbers_from_elsewhere_are_refused(weights, tmp_path, change, said):
    """HDF5 can point to other files of the machine that reads it, or to other places of its own."""
    (tmp_path / "secret").write_bytes(bytes(10_000))

    def changed(content):
        for name in ("weights.h5", "secret.h5"):
            (tmp_path / name).write_bytes(content)
        with h5py.File(tmp_path / "weights.h5", "r+") as file:
            found = []
            file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
            file["all"] = file[found[0]][()]
            for name in found:
                change(file, name)
        return (tmp_path / "weights.h5").read_bytes()

    path = rewritten(weights, "model.weights.h5", changed)
    with refused(path=str(path), option="members") as caught:
        load_model("denoising", weights)
    assert all(member.startswith(f"{said}layers/") for member in caught.value.value)


def test_a_pickle_is_no_network(weights, tmp_path):
    (weights / "denoising.keras").write_bytes(pickle.dumps(Harm()))
    with refused(path=str(weights / "denoising.keras"), option=None):
        load_model("denoising", weights)
    assert not (tmp_path / "harm").exists()


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
