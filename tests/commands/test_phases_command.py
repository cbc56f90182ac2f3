"""gala-ssl phases: what it finds, writes, says and refuses."""
import importlib
import json

import gsd.hoomd
import numpy as np
import pandas as pd
import pytest

from gala_ssl.commands.main import main
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from tests.refusals import failed
from tests.written import crystals


@pytest.fixture(scope="module")
def cooled(tmp_path_factory):
    """A GSD file of thirteen frames: one to leave out, six of a gas and six of a crystal, with energy and kT."""
    path = tmp_path_factory.mktemp("cooled") / "cooled.gsd"
    with gsd.hoomd.open(path, "w") as file:
        for i in range(13):
            frame = prototypes.build("cF4-Cu", 400, noise=0.04, seed=i)
            rng = np.random.default_rng([i])
            snapshot = gsd.hoomd.Frame()
            snapshot.configuration.box, snapshot.particles.N = frame.box, len(frame)
            gas = rng.uniform(-frame.box[:3] / 2, frame.box[:3] / 2, (len(frame), 3))
            snapshot.particles.position = gas if i < 7 else frame.positions
            snapshot.log = {"kT": np.array([2 - i / 10]), "potential_energy": np.array([-1.0 if i < 7 else -6.0])}
            file.append(snapshot)
    return path

PHASES = ("--frames", "1:", "--preset", "smoke", "--every", "2", "--fraction", "0.3", "--least", "1",
          "--k", "12", "--count", "2")


@pytest.fixture(scope="module")
def phases(cooled):
    """What `gala-ssl phases` writes of that file."""
    folder = cooled.parent / "new" / "phases"
    main(["phases", str(cooled), "-o", str(folder), *PHASES, "--epochs", "8", "--quiet"])
    return folder


@pytest.mark.slow
def test_phases_finds_the_transition_and_writes_histogram_figure_and_card(phases, cooled):
    assert {path.name for path in phases.iterdir()} == {"phases.csv", "phases.png", "card.json", "run"}
    card, table = json.loads((phases / "card.json").read_text()), pd.read_csv(phases / "phases.csv")
    assert (card["known"], card["asked"]) == ([1, 3, 5, 7, 9, 11], [2, 4, 6, 8, 10, 12])  # numbers in the file
    transition, = card["transitions"]
    assert (transition["last"], transition["first"]) == (6, 7) and transition["across"] < 0.1
    assert 0 < transition["chance"] <= 1 and transition["shown"] == (transition["chance"] <= 0.0501)
    assert list(table.columns) == ["true_frame", "predicted_frame", "part"] and len(table) == 36
    np.testing.assert_allclose(table.groupby("true_frame")["part"].sum(), 1, atol=1e-5)
    crossing = table[(table["true_frame"] < 7) & (table["predicted_frame"] > 6)]
    assert sorted(set(crossing["true_frame"])) == [2, 4, 6] and crossing["part"].mean() < 0.05
    assert card["settings"]["every"] == 2 and card["settings"]["neighbors"] == 12 and card["count"] == 2
    assert card["epochs"] <= 8 and 0 < card["accuracy"] < 1 and "keras" in card["versions"]
    assert card["trajectory"] == str(cooled) and (phases / "phases.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.long
def test_phases_trains_once_and_says_the_same_again(phases, cooled, capsys):
    before = {path: path.read_bytes() for path in phases.rglob("*.[cj]*")}
    arguments = ["phases", str(cooled), "-o", str(phases), *PHASES, "--epochs", "8"]
    main(arguments)
    said = capsys.readouterr().out
    assert "A phase ends and the next begins between frames 6 and 7 (" in said and "p = " in said
    assert "Of 1 to 6 phases, the likeliest number is 2. " in said
    main([*arguments, "--json"])
    assert json.loads(capsys.readouterr().out) == {"output": str(phases), **json.loads(before[phases / "card.json"])}
    assert {path: path.read_bytes() for path in phases.rglob("*.[cj]*")} == before
    for changes in (["--seed", "1"], ["--frames", "0:"], ["--epochs", "9"]):
        assert "holds a run with other settings" in failed(capsys, main, [*arguments, *changes])
    assert {path: path.read_bytes() for path in phases.rglob("*.[cj]*")} == before


def test_the_figure_of_the_phases_has_the_energy_under_it_where_it_is_logged(cooled, trajectory):
    module = importlib.import_module("gala_ssl.commands.phases")
    cut = [{"last": 3, "first": 4, "across": 0.0, "chance": 0.005, "shown": True}]
    for path, panels in ((cooled, ["predicted frame", "energy per particle", "", "kT"]),
                         (trajectory, ["predicted frame", ""])):
        figure = module.figure(read_frames(path), np.array([0, 2]), np.array([1, 3]), np.eye(2), cut)
        assert sorted(axes.get_ylabel() for axes in figure.axes) == sorted(panels)
    upper, lower = (axes for axes in module.figure(
        read_frames(cooled), np.array([0, 2]), np.array([1, 3]), np.eye(2), cut).axes[:2])
    assert upper.get_xlim() == lower.get_xlim()


@pytest.mark.parametrize("options, sentence", [
    (["--frames", "5"], "2 phases are told apart in 4 frames or more, not 1"),
    (["--frames", "9:2"], "not 0"),
    (["--frames", "::-1"], "not in the order of time"),
    (["--frames", "0,4,4,5,6"], "not in the order of time"),
    (["--frames", "20"], "there is no frame 20"),
    (["--count", "1"], "--count is 1"),
    (["--count", "7"], "7 phases are told apart in 14 frames or more, not 12"),
    (["--every", "1"], "every is 1"),
    (["--fraction", "0"], "fraction is 0.0"),
    (["--k", "1"], "neighbors is 1"),
    (["--epochs", "0"], "epochs is 0"),
    (["--seed", "-1"], "seed is -1"),
    (["-o", "cooled.gsd"], "cooled.gsd is a file; give a folder"),
])
def test_what_phases_refuses_leaves_nothing(cooled, options, sentence, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cooled.gsd").symlink_to(cooled)
    assert sentence in failed(capsys, main, ["phases", "cooled.gsd", *PHASES, *options])
    assert [path.name for path in tmp_path.iterdir()] == ["cooled.gsd"]


def test_phases_refuses_a_wrong_file_and_a_frame_that_cannot_be_used(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "There is no file none.gsd" in failed(capsys, main, ["phases", "none.gsd"])
    same = Frame(np.ones((50, 3)), [9, 9, 9, 0, 0, 0], np.zeros(50))
    write_frames(tmp_path / "same.gsd", [*crystals(3), same])
    arguments = ["phases", "same.gsd", *PHASES, "--frames", ":"]
    assert "same.gsd, frame 3 are at the same place" in failed(capsys, main, arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["same.gsd"]
