"""What a user gets wrong on the command line: one sentence on stderr, exit status 2, nothing half-written."""
import json
import os
import pathlib
import re
import subprocess
import sys

import keras
import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.commands.main import main, script
from gala_ssl.networks.core import build_core
from gala_ssl.tasks import TASKS
from tests.scripts import main_of
from tests.small_networks import small_config

SCRIPT = pathlib.Path(__file__).parents[2] / "experiments" / "pretrain.py"


@pytest.fixture(scope="module")
def pretrain():
    """The main function of experiments/pretrain.py."""
    return main_of("pretrain")


def failed(main, arguments, capsys):
    """Run `main` with arguments that are wrong; return the one line it says."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("error: ") and said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["denosing"], "There is no task 'denosing'; did you mean 'denoising'? Choose from autoencoder, denoising, "),
    (["denoising", "clasification"], "There is no task 'clasification'"),
    (["--preset", "laptop"], "There is no preset 'laptop'; choose from paper, desktop, grid, "),
    (["--attention", "quick", "--preset", "smoke"], "attention is 'quick'; it must be 'published' or 'fast'"),
    (["--seed", "-3", "--preset", "smoke"], "seed is -3; it must be an integer from 0"),
])
def test_wrong_names_and_values(pretrain, arguments, sentence, tmp_path, capsys):
    directories = ["--directory", tmp_path / "runs", "--output", tmp_path / "output"]
    assert sentence in failed(pretrain, arguments + directories, capsys)
    assert not list(tmp_path.iterdir())


def test_a_directory_that_is_a_file(pretrain, tmp_path, capsys):
    (tmp_path / "runs").write_text("mine")
    said = failed(pretrain, ["denoising", "--preset", "smoke", "--directory", tmp_path / "runs"], capsys)
    assert str(tmp_path / "runs") in said
    assert (tmp_path / "runs").read_text() == "mine"


def test_ctrl_c_ends_without_a_traceback(monkeypatch, capsys):
    from gala_ssl.commands import info

    def stopped(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(info, "run", stopped)
    with pytest.raises(SystemExit) as stop:
        main(["info"])
    assert stop.value.code == 130
    assert capsys.readouterr().err == "\ninterrupted: nothing was written\n"


@pytest.mark.parametrize("option", ["--directory", "--output"])
@pytest.mark.parametrize("inside", ["", "deeper/still"])
def test_a_file_where_a_folder_should_be_is_found_before_the_training(tmp_path, capsys, monkeypatch, option, inside):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("mine")
    said = failed(main, ["pretrain", "denoising", "--preset", "smoke", option, tmp_path / "mine" / inside], capsys)
    assert f"{tmp_path / 'mine'} is a file; give a folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_seed_that_is_no_number(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["pretrain", "--seeds", "thirteen"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("error: argument --seeds: invalid int value: 'thirteen';")


@pytest.mark.parametrize("name, sentence", [
    ("tensorflo", "KERAS_BACKEND is 'tensorflo'; set it to one of tensorflow, jax, torch, numpy, or leave it unset."),
    ("torch", "KERAS_BACKEND is 'torch', which is not installed; install it, or leave it unset.")])
def test_a_backend_that_is_not_there(name, sentence, capsys, monkeypatch, tmp_path):
    """Known before Keras is imported, and no hindrance to --help."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_BACKEND", name)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert failed(main, ["pretrain"], capsys) == f"error: {sentence}\n"
    with pytest.raises(SystemExit) as stop:
        main(["pretrain", "--help"])
    assert stop.value.code == 0


@pytest.mark.any_backend
def test_published_attention_on_another_backend(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    sentence = "TensorFlow backend only, not on jax; take attention 'fast'"
    with pytest.raises(InputError, match=sentence):
        build_core(small_config("published"))
    assert sentence in failed(main, ["pretrain", "denoising", "--preset", "smoke", "--attention", "published",
                                     "--directory", tmp_path / "runs"], capsys)
    assert not list(tmp_path.iterdir())


def test_other_settings_in_the_directory(pretrain, tmp_path, capsys):
    run = tmp_path / "smoke" / "denoising"
    run.mkdir(parents=True)
    (run / "config.json").write_text(json.dumps({"task": "denoising", "preset": "smoke"}))
    said = failed(pretrain, ["denoising", "--preset", "smoke", "--directory", tmp_path], capsys)
    assert f"{run} holds a run with other settings (core.attention None, now fast; " in said
    assert " more); choose another directory" in said
    assert [path.name for path in run.iterdir()] == ["config.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '"smoke"'])
def test_a_configuration_that_cannot_be_read(pretrain, content, tmp_path, capsys):
    run = tmp_path / "smoke" / "denoising"
    run.mkdir(parents=True)
    (run / "config.json").write_text(content)
    said = failed(pretrain, ["denoising", "--preset", "smoke", "--directory", tmp_path], capsys)
    assert str(run) in said
    assert (run / "config.json").read_text() == content


def test_as_a_process(tmp_path):
    done = subprocess.run([sys.executable, SCRIPT, "denosing"], cwd=tmp_path, capture_output=True, text=True,
                          timeout=120, env=os.environ)
    assert (done.returncode, done.stdout) == (2, "")
    # TensorFlow tells of itself when it is loaded, whatever TF_CPP_MIN_LOG_LEVEL says (its issue 100442).
    tensorflows = re.compile("WARNING: All log messages|I0000 ")
    ours = [line for line in done.stderr.splitlines() if not tensorflows.match(line)]
    assert len(ours) == 1 and ours[0].startswith("error: There is no task 'denosing'")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [
    InputError("a.gsd is not GSD."), FileNotFoundError("No file a.gsd."), FloatingPointError("Loss is nan.")])
def test_what_a_user_can_mend_is_a_sentence(error, capsys):
    @script
    def main(argv=None):
        raise error

    assert failed(main, [], capsys) == f"error: {error}\n"


def test_what_only_a_programmer_can_mend_keeps_its_traceback():
    @script
    def main(argv=None):
        raise KeyError("oops")

    with pytest.raises(KeyError):
        main([])


def test_what_main_returns_comes_back():
    assert script(lambda argv=None: argv)(["a"]) == ["a"]


@pytest.mark.long
def test_the_smoke_preset_trains_once_and_is_read_the_second_time(tmp_path):
    command = [sys.executable, SCRIPT, "--preset", "smoke", "--directory", "runs", "--output", "output"]
    said, times = [], []
    for _ in range(2):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600,
                              env=os.environ)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
        times.append({path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*")})
    assert said[0] == said[1] and times[0] == times[1]
    assert [line.split()[0] for line in said[0].splitlines()] == list(TASKS)
    assert {path.name for path in (tmp_path / "output").iterdir()} == {
        f"{task}.{suffix}" for task in TASKS for suffix in ("safetensors", "json")}
