"""Embeddings on disks that are full or read-only: one sentence that names the file, and nothing half-written."""
import json
import os
import pathlib
import subprocess
import sys

import h5py
import numpy as np
import pytest

from gala_ssl.base.files import NotWritten, folder_aside, written_whole
from gala_ssl.base.hdf5 import SafeFile
from gala_ssl.commands.main import main
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.order import component_copies
from gala_ssl.order import embedding_files as embedded
from tests import tiny


@pytest.fixture(scope="module")
def trajectory(tmp_path_factory):
    path = tmp_path_factory.mktemp("trajectory") / "run.gsd"
    write_frames(path, [prototypes.build("cI2-W", 300, noise=0.05, seed=seed) for seed in range(2)])
    return path


@pytest.fixture
def weights(monkeypatch):
    """A folder with small networks; the same network is loaded once."""
    monkeypatch.setattr("gala_ssl.order.embedding.Embedding.from_pretrained", tiny.load_once)
    return tiny.FOLDER


@pytest.mark.parametrize(("state", "options"), [
    ("full", ["order.h5"]), ("fills up", ["order.h5"]), ("read-only", ["order.h5"]),
    ("full", ["order.npz"]), ("fills up", ["order.npz"]), ("read-only", ["order.npz"]), ("fills up", ["order.csv"]),
    ("fills up", ["order.h5", "--gsd", "coloured.gsd"]), ("fills up", ["order.h5", "--png", "order.png"])])
def test_an_embedding_without_room_leaves_nothing_behind(
        disk, weights, trajectory, monkeypatch, capsys, state, options):
    monkeypatch.chdir(disk.path)
    pathlib.Path("order.npz").write_text("mine")
    if state == "read-only":
        disk.remount("ro")
    else:
        disk.fill(0 if state == "full" else 60 * 1024)
    before = {path.name for path in disk.path.iterdir()}
    with pytest.raises(SystemExit) as stop:
        main(["embed", str(trajectory), "--weights", str(weights), "--quiet", "-o", *options])
    said = capsys.readouterr().err
    assert stop.value.code == 2 and said.count("\n") == 1
    reason = "Read-only file system" if state == "read-only" else "No space left on device"
    assert any(said.startswith(f"error: {name} cannot be written ({reason})") for name in options), said
    assert {path.name for path in disk.path.iterdir()} == before
    assert pathlib.Path("order.npz").read_text() == "mine"


@pytest.mark.parametrize("output", ["order.h5", "order.npz", "order.csv"])
@pytest.mark.parametrize(("when", "module", "name", "named"), [
    ("before", embedded.EmbeddingTable, "add_components", None),
    ("before", component_copies, "write_components", "coloured.gsd"),
    ("after", component_copies, "write_components", "order.png")])
def test_of_several_outputs_the_one_without_room_is_named_and_none_is_left(
        disk, weights, trajectory, monkeypatch, capsys, output, when, module, name, named):
    monkeypatch.chdir(disk.path)
    patch(monkeypatch, disk, when, module, name)
    with pytest.raises(SystemExit):
        main(["embed", str(trajectory), "--weights", str(weights), "--quiet", "-o", output,
              "--gsd", "coloured.gsd", "--png", "order.png"])
    assert_nothing_but_a_sentence(disk, capsys, named or output)


@pytest.mark.parametrize(("when", "named"), [("before", "order.csv"), ("after", "order.json")])
def test_a_csv_without_its_card_is_not_left(disk, weights, trajectory, monkeypatch, capsys, when, named):
    monkeypatch.chdir(disk.path)
    patch(monkeypatch, disk, when, embedded, "_write_csv")
    with pytest.raises(SystemExit):
        main(["embed", str(trajectory), "--weights", str(weights), "--quiet", "-o", "order.csv"])
    assert_nothing_but_a_sentence(disk, capsys, named)


def patch(monkeypatch, disk, when, module, name):
    """Fill the disk before or after the function of that name is called."""
    whole = getattr(module, name)

    def filling(*given):
        if when == "before":
            disk.fill()
        result = whole(*given)
        disk.fill()
        return result
    monkeypatch.setattr(module, name, filling)


def assert_nothing_but_a_sentence(disk, capsys, named):
    assert capsys.readouterr().err.startswith(f"error: {named} cannot be written (No space left on device); make room")
    assert [path.name for path in disk.path.iterdir()] == ["ballast"]


@pytest.mark.slow
def test_a_process_whose_hdf5_file_has_no_room_ends_in_a_sentence(disk, weights, trajectory):
    """Told of a full disk, HDF5 would bring the process down when it ends."""
    disk.fill(60 * 1024)
    done = subprocess.run([sys.executable, "-m", "gala_ssl", "embed", trajectory, "--weights", weights,
                           "--quiet", "-o", "order.h5"],
                          cwd=disk.path, capture_output=True, text=True, timeout=300,
                          env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parents[2])})
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("error: order.h5 cannot be written (No space left on device)")
    assert "Traceback" not in done.stderr and [path.name for path in disk.path.iterdir()] == ["ballast"]


def test_what_is_embedded_is_not_computed_to_the_end_without_room(disk):
    disk.fill(64 * 1024)
    with SafeFile(disk.path / "a.h5") as file:
        pass
    with h5py.File(disk.path / "a.h5") as read:
        assert not len(read)
    with pytest.raises(OSError, match="No space left"), SafeFile(disk.path / "a.h5") as file:
        for i in range(8):
            file[str(i)] = np.zeros((64, 64))
            file.check()
    assert i < 7


def test_closing_hides_no_other_error(disk):
    disk.fill(16 * 1024)
    with pytest.raises(KeyError, match="mine"), SafeFile(disk.path / "a.h5") as file:
        file["zeros"] = np.zeros(4096)
        raise KeyError("mine")


def test_an_error_of_another_file_keeps_its_own_words(tmp_path):
    for aside in (written_whole, folder_aside):
        with pytest.raises(FileNotFoundError, match="elsewhere") as found, aside(tmp_path / "mine"):
            open(tmp_path / "elsewhere")
        assert not isinstance(found.value, NotWritten)
        with pytest.raises(NotWritten, match="mine/deep/deeper cannot be written .Not a directory"):
            (tmp_path / "mine").write_text(json.dumps("mine"))
            with aside(tmp_path / "mine/deep/deeper"):
                pass
        (tmp_path / "mine").unlink()
        assert not list(tmp_path.iterdir())


def test_of_two_files_the_one_that_has_no_room_is_named(disk, tmp_path):
    disk.fill()
    with pytest.raises(NotWritten, match="^[^ ]*/inner cannot be written"), written_whole(tmp_path / "outer"):
        with written_whole(disk.path / "inner") as temporary:
            temporary.write_text("more than there is room for")
    assert not (tmp_path / "outer").exists()
