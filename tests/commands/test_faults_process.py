"""What the package does to the process that imports it or runs its command line."""
import importlib.util
import json
import os
import subprocess
import sys

import pytest

from gala_ssl.base.backend import check_keras
from gala_ssl.base.quiet import held_back, quietly
from gala_ssl.commands import embed
from gala_ssl.commands.main import main
from tests.refusals import refused


def test_importing_changes_nothing_in_the_process():
    code = ("import os, sys\nbefore = dict(os.environ), list(sys.meta_path)\nimport gala_ssl, gala_ssl.commands.main\n"
            "assert (dict(os.environ), list(sys.meta_path)) == before")
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("level", [None, "3", "0"])
def test_the_command_line_is_quiet_in_itself_alone(monkeypatch, level):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    if level is not None:
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", level)
    before = dict(os.environ), list(sys.meta_path)
    with quietly():
        assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == (level or "3")
        assert len(sys.meta_path) - len(before[1]) == (level != "0")
    assert (dict(os.environ), list(sys.meta_path)) == before


def test_a_closed_standard_error_is_no_error(tmp_path):
    """Only a process can close it. A file opened after that would get its number, and TensorFlow's lines."""
    code = ("import os, sys\nfrom gala_ssl.commands.main import script\nfrom gala_ssl.base.quiet import held_back\n"
            "with held_back(): pass\n"
            "@script\ndef main(argv=None):\n"
            "    with open('mine', 'w') as file, held_back():\n        os.write(2, b'of a library')\n"
            "    print('said', file=sys.stderr)\n"
            "main()\nprint('done', sys.stderr)")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([f'exec "{sys.executable}" -c "$0" 2>&-', code], shell=True, cwd=tmp_path, timeout=60,
                          stdout=subprocess.PIPE, text=True, env=environment)
    assert (done.returncode, done.stdout) == (0, "done None\n")
    assert (tmp_path / "mine").read_text() == ""


def test_nothing_is_held_back_where_standard_error_is_no_object(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with held_back():
        pass


def test_without_docstrings_there_is_help(monkeypatch, capsys):
    """As under python -OO."""
    monkeypatch.setattr(embed, "__doc__", None)
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0 and "embed" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["theano", "no_such_torch"])
def test_the_backend_in_the_settings_of_keras_is_checked(monkeypatch, tmp_path, name):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text(json.dumps({"backend": name}))
    with refused(path=str(tmp_path / "keras.json"), option="backend", value=name):
        check_keras()
    for backend in ("tensorflow", "jax"):  # the variable has the say
        monkeypatch.setenv("KERAS_BACKEND", backend)
        if backend != "jax" or importlib.util.find_spec("jax"):
            check_keras()


@pytest.mark.parametrize("settings", [None, "{", "[]", json.dumps({"floatx": "float32"})])
def test_settings_of_keras_without_a_backend_are_no_error(monkeypatch, tmp_path, settings):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    if settings is not None:
        (tmp_path / ".keras").mkdir()
        (tmp_path / ".keras/keras.json").write_text(settings)
    check_keras()


def test_messages_name_commands_that_are_installed(tmp_path):
    from gala_ssl.commands.transfer import check_weights
    with refused(path=str(tmp_path), option="sources", value=["denoising"]) as said:
        check_weights(["denoising"], tmp_path)
    assert "gala-ssl pretrain denoising --output" in str(said.value)
