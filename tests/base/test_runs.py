"""A run directory is one process's at a time; trainings, cells and cooling runs test that they ask."""
import os
import pathlib
import signal
import subprocess
import sys

import pytest

from gala_ssl.base.files import write_json, write_text
from gala_ssl.base.runs import RunConflict, check_settings, run_lock
from tests.refusals import refused

HOLD = """
import sys
from gala_ssl.base.runs import run_lock
with run_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of `tmp_path` until its input ends."""
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], env=environment, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def assert_taken(directory):
    with refused(path=str(directory), option=None) as caught:
        with run_lock(directory):
            raise AssertionError("two processes are in one directory")
    assert isinstance(caught.value, RunConflict)


@pytest.mark.parametrize("end", [lambda process: process.stdin.close(),
                                 lambda process: process.send_signal(signal.SIGKILL)], ids=["ended", "killed"])
def test_a_directory_is_refused_until_the_process_in_it_ends(holder, tmp_path, end):
    for _ in range(2):
        assert_taken(tmp_path)
    end(holder)
    holder.wait()
    with run_lock(tmp_path):
        assert_taken(tmp_path)  # within one process too
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_what_a_killed_process_was_writing_goes_and_nothing_else(tmp_path):
    killed, mine = tmp_path / "run/.writing-0a1b2c3d.npz", tmp_path / "run/history.csv"
    for path in (killed, mine):
        write_text(path, "epoch")
    (tmp_path / "run/.writing-folder").mkdir()
    with run_lock(tmp_path / "run"):
        assert sorted(path.name for path in mine.parent.iterdir()) == [".lock", ".writing-folder", "history.csv"]
        write_text(killed, "epoch")
        assert_taken(tmp_path / "run")
        assert killed.exists()


def test_an_error_inside_frees_the_directory(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyError), run_lock(tmp_path):
            raise KeyError("oops")


def test_the_setting_that_differs_is_named_with_both_values(tmp_path):
    settings = {"seed": 13, "training": {"epochs": 3, "rates": {"first": 0.1}}}
    write_json(tmp_path / "config.json", settings)
    check_settings(tmp_path, settings)
    check_settings(tmp_path / "not there", {})
    changed = {"seed": 13, "training": {"epochs": 2, "rates": {"first": 0.1}}}
    with refused(path=str(tmp_path), option="settings", value={"training.epochs": (3, 2)}):
        check_settings(tmp_path, changed)
