"""The commands of gala-ssl as their user runs them, with real files and with wrong ones."""
import configparser
import importlib
import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest

from gala_ssl.commands.main import commands, main
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.order.classical import baselines
from gala_ssl.simulation import systems
from gala_ssl.tasks import TASKS
from tests import tiny
from tests.refusals import failed, refused
from tests.scripts import main_of

ROOT = pathlib.Path(__file__).parents[2]
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in commands())])
def test_help_is_there_at_once(arguments):
    code = f"""
import sys
from gala_ssl.commands.main import main
from tests.refusals import failed
try:
    main({arguments!r})
except SystemExit as stop:
    assert not stop.code
heavy = {{"tensorflow", "keras", "freud", "matplotlib", "pandas", "ase", "dask"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "gala" in done.stdout


def test_the_script_of_the_package_is_the_command_line():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    name, target = config["options.entry_points"]["console_scripts"].strip().split(" = ")
    module, function = target.split(":")
    assert name == "gala-ssl" and getattr(importlib.import_module(module), function) is main


def test_a_command_that_is_not_there(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["enbed"])
    assert stop.value.code == 2 and "did you mean 'embed'?" in capsys.readouterr().err


def test_compare_scores_two_frames_by_all_methods(weights, trajectory, tmp_path, capsys):
    main(["compare", f"{trajectory}@0", str(trajectory), "--weights", str(weights), "-o", str(tmp_path / "new"),
          "--bootstrap", "5", "--quiet"])
    text = capsys.readouterr().out
    assert "two snapshots: run, frame 0 / run, frame 2 (300 and 300 particles)" in text and "pair 1" not in text
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "table.csv", "table.rst", "densities.png", "card.json"}
    table = pd.read_csv(tmp_path / "new/table.csv")
    names = [baseline.name for baseline in baselines()]
    assert list(table["method"]) == [*names, "denoising", "frame_classification", "all_tasks"]
    assert (table["auc"] > 0.5).all() and table["auc"].max() > 0.9  # noise of 0.02 and of 0.08
    assert (tmp_path / "new/table.rst").read_text() in text
    card = json.loads((tmp_path / "new/card.json").read_text())
    assert list(card["snapshots"].values()) == [f"{trajectory}, frame 0", f"{trajectory}, frame 2"]
    main(["compare", f"{trajectory}@0", f"{trajectory}@-1", "--tasks", "--bootstrap", "5", "--quiet", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in rows] == names
    np.testing.assert_allclose([row["auc"] for row in rows], table["auc"][:len(names)], atol=1e-6)


@pytest.mark.parametrize("options, sentence", [
    (["run.gsd@9"], "has 3 frames, so there is no frame 9"),
    (["none.gsd"], "There is no file"),
    (["run.gsd@2"], "was given twice"),
    (["run.gsd@0", "--tasks", "alchemy"], "There is no task 'alchemy'"),
    (["run.gsd@0", "--seed", "-1"], "integer from 0 to 2^32 - 1"),
    (["run.gsd@0", "-o", "run.gsd"], "run.gsd is a file; give a folder"),
])
def test_what_compare_refuses(trajectory, options, sentence, capsys, monkeypatch):
    monkeypatch.chdir(trajectory.parent)
    assert sentence in failed(capsys, main, ["compare", "run.gsd", *options, "--quiet"])
    assert [path.name for path in trajectory.parent.iterdir()] == ["run.gsd"]


def test_info_tells_tasks_weights_engines_and_versions(weights, capsys):
    main(["info", "--weights", str(weights), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert list(found["tasks"]) == list(TASKS) and set(found["engines"]) == {"lammps", "hoomd"}
    assert found["weights"]["denoising"] | {"sha256": ""} == {
        "preset": "tiny", "epochs": 3, "metric": "mean_absolute_error", "best": 0.25, "neighbors": tiny.NEIGHBORS,
        "sha256": ""}
    assert found["versions"]["keras"] == keras.__version__
    for state in found["engines"].values():
        assert state["installed"] or "install it with" in state["remedy"]
    main(["info"])
    text = capsys.readouterr().out
    assert "frame_classification  preset" in text and "best validation accuracy 0." in text


def test_info_refuses_a_folder_that_is_not_there_or_weights_without_card(tmp_path, weights, capsys):
    assert "no folder" in failed(capsys, main, ["info", "--weights", str(tmp_path / "none")])
    (tmp_path / "denoising.safetensors").write_bytes(b"")
    assert "have no card denoising.json" in failed(capsys, main, ["info", "--weights", str(tmp_path)])


def test_simulate_lists_its_systems(capsys):
    main(["simulate", "--list"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(systems.names())
    assert "no simulated system 'x'" in failed(capsys, main, ["simulate", "x"])


def test_pretrain_refuses_before_it_starts(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no task 'denosing'" in failed(capsys, main, ["pretrain", "denosing"])
    assert "no preset 'laptop'" in failed(capsys, main, ["pretrain", "--preset", "laptop"])
    assert not list(tmp_path.iterdir())


def test_transfer_lists_its_cells_and_says_how_to_install_dask(weights, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["transfer", "--weights", str(weights), "--sources", "scratch", "denoising", "--targets",
               "frame_classification", "--fractions", "1", "--seeds", "1", "--preset", "smoke"]
    main([*options, "--list"])
    assert capsys.readouterr().out.split() == ["frame_classification", "0", "done", "0", "failed", "3", "missing"]
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    assert 'pip install "dask[distributed]"' in failed(capsys, main, options)
    assert "no weights in" in failed(capsys, main, [*options, "--sources", "autoencoder"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "command"), [
    ("pretrain", "pretrain"), ("transfer_grid", "transfer"), ("simulate", "simulate"),
    ("phase_identification", "phases")])
def test_the_experiments_have_the_options_of_their_commands(name, command, capsys):
    said = []
    for run, arguments in ((main_of(name), ["--help"]), (main, [command, "--help"])):
        with pytest.raises(SystemExit) as stop:
            run(arguments)
        assert stop.value.code == 0
        said.append(capsys.readouterr().out)
    options = [text[text.index("options:"):] for text in said]
    assert options[0] == options[1]


@pytest.mark.slow
def test_the_shipped_weights_embed_a_prototype(tmp_path, monkeypatch, capsys):
    """As a process, from nothing but a file."""
    write_frames(tmp_path / "fcc.gsd", [prototypes.build("cF4-Cu", 300, noise=0.03)])
    done = subprocess.run([sys.executable, "-m", "gala_ssl", "embed", "fcc.gsd", "-o", "fcc.csv"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "rows to fcc.csv in" in done.stdout
    assert pd.read_csv(tmp_path / "fcc.csv").filter(like="embedding_").shape[1] == 32


def test_an_unknown_suffix_is_no_table():
    with refused(path="a.xlsx"):
        importlib.import_module("gala_ssl.order.embedding_files").check_output(pathlib.Path("a.xlsx"))
