"""Imports: fast and silent at the door, no TensorFlow where none is needed, every public name there."""
import inspect
import os
import pathlib
import subprocess
import sys

import pytest

import gala_ssl


def modules(room):
    """Names of the modules of a package of gala_ssl, by their files."""
    folder = pathlib.Path(gala_ssl.__file__).parent
    return sorted(".".join(("gala_ssl", *path.relative_to(folder).with_suffix("").parts))
                  for path in (folder / room).rglob("*.py") if path.name != "__init__.py")


WITHOUT_KERAS = ["gala_ssl", *modules("commands"), *modules("base"), *modules("frames"), *modules("clouds"),
                 "gala_ssl.tasks", *modules("tasks/data"), "gala_ssl.training.presets", "gala_ssl.order.classical",
                 *modules("plot"), *modules("simulation"), "gala_ssl.kernel", *modules("kernel"),
                 *(f"gala_ssl.order.{name}" for name in ("compare", "embedding", "identify", "network", "transformer"))]


def run(code, **environment):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **environment})


def test_data_analysis_and_simulation_import_no_network_library_and_say_nothing():
    """In one process, in this order, so that the first that breaks the rule is named."""
    assert len(WITHOUT_KERAS) > 12
    lines = ["import sys, importlib", "heavy = {'tensorflow', 'keras', 'jax'}"]
    for name in WITHOUT_KERAS:
        lines += [f"importlib.import_module({name!r})", f"assert not heavy & set(sys.modules), {name!r}"]
    done = run("\n".join(lines))
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")


def test_the_front_door_imports_nothing_heavy():
    done = run("import sys, gala_ssl; print(sorted({'numpy', 'freud', 'keras'} & set(sys.modules)))")
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_help_waits_for_nothing_but_numpy():
    done = run("import sys, gala_ssl.commands.main as line; line.commands()\n"
               "print({'freud', 'scipy', 'pandas', 'matplotlib', 'ase', 'gsd', 'sklearn', 'h5py'} & set(sys.modules))")
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


@pytest.mark.any_backend
def test_public_functions_are_annotated():
    functions = [value for name in gala_ssl.__all__ if inspect.isfunction(value := getattr(gala_ssl, name))]
    assert len(functions) >= 10
    for function in [*functions, gala_ssl.prototypes.build, gala_ssl.Embedding.__call__, gala_ssl.Steinhardt.__call__]:
        signature = inspect.signature(function)
        assert signature.return_annotation is not signature.empty, function
        assert [name for name, each in signature.parameters.items() if each.annotation is each.empty
                and name not in ("self", "kwargs")] == [], function


@pytest.mark.any_backend
def test_public_names_resolve():
    for name in gala_ssl.__all__:
        assert getattr(gala_ssl, name) is not None
    for name in ("read_frames", "point_clouds", "build_core", "build_model", "Embedding", "compare", "identify"):
        assert callable(getattr(gala_ssl, name))
    assert callable(gala_ssl.prototypes.build) and len(gala_ssl.prototypes.names()) == 50
    for name in ("copy_weights", "find_phases", "train"):
        assert callable(getattr(gala_ssl, name))
    assert {"denoising", "frame_classification"} <= set(gala_ssl.TASKS)
    assert gala_ssl.CoreConfig().attention == "fast"
    assert set(dir(gala_ssl)) == set(gala_ssl.__all__)


@pytest.mark.tensorflow
@pytest.mark.parametrize(("level", "said"), [
    pytest.param("3", "", marks=pytest.mark.slow), pytest.param("0", "InitializeLog", marks=pytest.mark.slow)])
def test_what_tensorflow_says_when_it_is_imported_is_not_passed_on(level, said):
    """In the command line, unless one asks for it."""
    done = run("import sys\nfrom gala_ssl.base.quiet import quietly\n"
               "with quietly(): import gala_ssl.order.keras_network; assert 'tensorflow' in sys.modules",
               TF_CPP_MIN_LOG_LEVEL=level)
    assert done.returncode == 0, done.stderr
    assert said in done.stderr and bool(said) == bool(done.stderr)


def test_what_is_said_on_standard_error_and_is_not_harmless_is_passed_on():
    harmless = "I0000 00:00:1795406072.3 16694 port.cc:153] oneDNN\\n"
    done = run("import os; from gala_ssl.base.quiet import held_back\n"
               f"with held_back(): os.write(2, b'{harmless}E0000 a failure\\n'); print('said', file=os.sys.stderr)\n"
               "os.write(2, b'after\\n')")
    assert done.stderr == "E0000 a failure\nsaid\nafter\n"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="No gala_ssl attribute prototype"):
        _ = gala_ssl.prototype


def test_jax_needs_no_tensorflow():
    """Where JAX is installed: with TensorFlow hidden, everything but the published layers imports."""
    pytest.importorskip("jax")
    names = ", ".join(f"gala_ssl.{room}" for room in ("networks.layers.attention", "tasks.models.build",
                                                      "training.pretrain", "training.scan", "order.embedding"))
    done = run(f"import sys; sys.modules['tensorflow'] = None; import {names}", KERAS_BACKEND="jax")
    assert done.returncode == 0, done.stderr
