"""Where Keras is not installed, what needs it says so in a sentence, and what does not goes on."""
import sys

import pytest

import gala_ssl
from gala_ssl.base import backend
from gala_ssl.commands.main import main
from gala_ssl.kernel import library
from gala_ssl.order.network import open_network
from tests import tiny
from tests.refusals import refused


@pytest.fixture
def without_keras(monkeypatch):
    for name in ("keras", "tensorflow", "geometric_algebra_attention"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture
def without_kernel(monkeypatch, tmp_path):
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    library.library.cache_clear()
    yield
    library.library.cache_clear()


BOTH = "Keras and geometric-algebra-attention"


@pytest.mark.parametrize("arguments", [
    ["pretrain", "denoising"], ["transfer", "--list"], ["phases", "run.gsd"], ["attention", "run.gsd"]])
def test_a_command_that_trains_names_the_package_and_how_to_install_it(without_keras, arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr()
    assert ended.value.code == 2 and said.out == "" and said.err.count("\n") == 1
    assert BOTH in said.err and backend.INSTALL in said.err


@pytest.mark.parametrize("name", ["build_core", "build_model", "train", "find_phases"])
def test_public_names_that_are_of_keras_say_so(without_keras, name):
    with refused(option="package", value=BOTH):
        getattr(gala_ssl, name)


@pytest.mark.parametrize("options", [{"engine": "keras"}, {"attention": "fast"}])
def test_keras_is_asked_for_and_not_there(without_keras, options):
    with refused(option="package", value=BOTH):
        open_network("denoising", tiny.FOLDER, "mean", **options)


def test_a_network_opens_by_the_kernel_and_says_where_it_needs_keras(without_keras):
    if not library_is_there():
        pytest.skip("the kernel was not compiled: there is no C++ compiler")
    network, _ = open_network("denoising", tiny.FOLDER, "mean")
    assert network.engine == "kernel"
    with refused(option="package", value=BOTH) as said:
        network.keras()
    assert said.value.__cause__ is None
    with refused(option="package", value=BOTH) as said:
        network.dimension("summary")
    assert isinstance(said.value.__cause__, library.NotForKernel)


def test_neither_the_kernel_nor_keras_is_there(without_keras, without_kernel):
    with refused(option="package", value=BOTH) as said:
        open_network("denoising", tiny.FOLDER, "mean")
    assert isinstance(said.value.__cause__, library.NotForKernel) and "\n" not in str(said.value)


@pytest.mark.parametrize("missing", ["tensorflow", "geometric_algebra_attention"])
def test_a_part_of_it_is_missing(monkeypatch, tmp_path, missing):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, missing, None)
    option = "backend" if missing == "tensorflow" else "package"
    with refused(option=option, value=missing.replace("_", "-")):
        backend.check_keras()


def library_is_there():
    try:
        return library.library() is not None
    except library.NotForKernel:
        return False
