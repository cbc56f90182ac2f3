"""The scripts of experiments/, as functions to call."""
import importlib.util
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).parents[1] / "experiments"


def main_of(name):
    """Return the main function of experiments/`name`.py."""
    return module(name).main


def module(name):
    """Return experiments/`name`.py, imported."""
    spec = importlib.util.spec_from_file_location(f"experiments_{name}", EXPERIMENTS / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded  # where dataclasses look their own module up
    spec.loader.exec_module(loaded)
    return loaded
