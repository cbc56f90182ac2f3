"""The grid as its user runs it: on local workers, again, and on a cluster of which a worker is killed."""
import multiprocessing
import os
import shutil
import signal
import threading
import time

import pandas as pd
import pytest
from dask.distributed import LocalCluster

from gala_ssl.tasks.models.pretrained import load_model, save_pretrained
from gala_ssl.training.transfer import CARD, FAILURE
from gala_ssl.training.workers import run_cells
from tests import tiny
from tests.scripts import main_of

# Dask leaves sockets for Python to close.
pytestmark = [pytest.mark.long, pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore::ResourceWarning"),
              pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

TASKS = ("denoising", "noisy_bond", "nearest_bond")


@pytest.fixture(scope="module")
def main():
    """The main function of experiments/transfer_grid.py."""
    return main_of("transfer_grid")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tiny.copy_to(tmp_path_factory.mktemp("tiny") / "weights", *TASKS)


def run(main, weights, folder, *options):
    main(["--preset", "smoke", "--weights", str(weights), "--directory", str(folder / "runs"),
          "--output", str(folder / "results"), "--sources", "scratch", TASKS[0], "--targets", *TASKS[1:],
          "--fractions", "1", "--seeds", "13", *options])


COUNT = 2 * (2 + 1)  # targets, free and frozen sources


def test_a_grid_is_run_once_and_what_is_missing_again(main, weights, tmp_path, capsys):
    run(main, weights, tmp_path, "--workers", "2")
    grid = pd.read_csv(tmp_path / "results/grid.csv")
    assert len(grid) == COUNT and not grid.duplicated(["source", "target", "fraction", "freeze", "seed"]).any()
    assert {path.name for path in (tmp_path / "results").iterdir()} == {
        "grid.csv", "tables.rst", "claims.rst", "figure4.png", "gains.png", "card.json"}
    cards = sorted((tmp_path / "runs").rglob(CARD))
    assert len(cards) == COUNT
    cards[0].unlink()
    times = {card: card.stat().st_mtime_ns for card in cards[1:]}
    capsys.readouterr()
    run(main, weights, tmp_path, "--list")
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["noisy_bond", "3", "done", "0", "failed", "0", "missing"] if TASKS[1] not in cards[0].parts else
        ["noisy_bond", "2", "done", "0", "failed", "1", "missing"],
        ["nearest_bond", "3", "done", "0", "failed", "0", "missing"] if TASKS[2] not in cards[0].parts else
        ["nearest_bond", "2", "done", "0", "failed", "1", "missing"]]
    run(main, weights, tmp_path, "--report", "--output", str(tmp_path / "so far"))
    assert len(pd.read_csv(tmp_path / "so far/grid.csv")) == COUNT - 1 and not cards[0].exists()
    run(main, weights, tmp_path, "--known", str(tmp_path / "results"))  # what other machines did is not done again
    assert len(pd.read_csv(tmp_path / "results/grid.csv")) == COUNT and not cards[0].exists()
    run(main, weights, tmp_path, "--workers", "1")
    assert sorted((tmp_path / "runs").rglob(CARD)) == cards
    assert {card: card.stat().st_mtime_ns for card in cards[1:]} == times
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "results/grid.csv").drop(columns="seconds"),
                                  grid.drop(columns="seconds"))


@pytest.fixture(params=["cluster", "local processes"])
def workers(request):
    """(options of the grid, function that returns the process ids of the workers)."""
    if request.param == "cluster":
        with LocalCluster(n_workers=2, threads_per_worker=1, memory_limit=0, dashboard_address=":0") as cluster:
            yield ["--scheduler", cluster.scheduler_address], lambda: [each.pid for each in cluster.workers.values()]
    else:
        yield ["--workers", "2"], lambda: [process.pid for process in multiprocessing.active_children()]


def test_a_killed_worker_loses_no_cell(main, weights, workers, tmp_path):
    options, processes = workers
    killed = []

    def kill_in_the_middle():
        while not list((tmp_path / "runs").rglob(CARD)):
            time.sleep(0.05)
        os.kill(processes()[0], signal.SIGKILL)
        killed.append(len(list((tmp_path / "runs").rglob(CARD))))

    killer = threading.Thread(target=kill_in_the_middle)
    killer.start()
    run(main, weights, tmp_path, *options)
    killer.join()
    assert killed[0] < COUNT
    grid = pd.read_csv(tmp_path / "results/grid.csv")
    assert len(grid) == COUNT and not grid.duplicated(["source", "target", "fraction", "freeze", "seed"]).any()
    assert not list((tmp_path / "runs").rglob("failure.json"))


def test_a_cell_that_failed_is_tried_once_and_told(main, weights, tmp_path, monkeypatch, capsys):
    """Also where its process ends with it, and another takes the next target."""
    tried = {}

    def watched(*arguments):
        for cell, card in run_cells(*arguments):
            path = tmp_path / "runs/smoke" / cell.name / FAILURE
            tried[path] = path.stat().st_mtime_ns if path.exists() else None
            yield cell, card

    monkeypatch.setattr("gala_ssl.training.workers.run_cells", watched)
    broken = shutil.copytree(weights, tmp_path / "broken")
    (broken / "noisy_bond.json").write_text("{}")
    with pytest.raises(SystemExit) as stop:
        run(main, broken, tmp_path, "--sources", "scratch", "noisy_bond", "--fractions", "1", "1", "--freeze", "free",
            "--workers", "1")
    assert stop.value.code == 2
    out, error = capsys.readouterr()
    assert "2 of 4 cells are in" in out and out.count("noisy_bond.json does not describe a network") == 2
    assert error.splitlines()[-1].startswith("error: 2 of them failed; --list shows their errors")
    assert sum(time is not None for time in tried.values()) == 2 and len(tried) == 4
    assert {path: path.stat().st_mtime_ns if path.exists() else None for path in tried} == tried


def test_a_source_without_weights_is_named_before_anything_runs(main, weights, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        run(main, weights, tmp_path, "--sources", "autoencoder", "combined")
    assert stop.value.code == 2
    assert "no weights in" in (said := capsys.readouterr().err) and "autoencoder, combined" in said
    assert not (tmp_path / "runs").exists()


def test_cells_of_other_weights_are_refused_and_stay(main, weights, tmp_path, capsys):
    cell = ["--sources", "denoising", "--targets", "nearest_bond", "--fractions", "0.1"]
    run(main, weights, tmp_path, *cell, "--workers", "1")
    others = tmp_path / "others"
    model, card = load_model("denoising", weights)
    model.set_weights([2 * array for array in model.get_weights()])
    save_pretrained(model, card, others)
    grid = (tmp_path / "results/grid.csv").read_bytes()
    for what in ([], ["--list"], ["--report"]):
        with pytest.raises(SystemExit) as stop:
            run(main, others, tmp_path, *cell, *what)
        assert stop.value.code == 2
        assert "holds a run with other settings (weights.denoising" in capsys.readouterr().err
    assert (tmp_path / "results/grid.csv").read_bytes() == grid


@pytest.mark.parametrize(("options", "sentence"), [
    (["--workers", "0"], "0 workers; it needs one at least"), (["--output", "{file}"], "is a file; give a folder")])
def test_what_cannot_work_is_said_before_anything_runs(main, weights, tmp_path, capsys, options, sentence):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(SystemExit) as stop:
        run(main, weights, tmp_path, *(option.format(file=file) for option in options))
    assert stop.value.code == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
