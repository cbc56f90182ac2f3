"""Of two processes that begin different runs in one directory, one has it and the other leaves it as it is."""
import dataclasses
import json
import multiprocessing

import pandas as pd
import pytest

from gala_ssl import prototypes
from gala_ssl.base import runs
from gala_ssl.base.errors import InputError
from gala_ssl.networks.config import CoreConfig
from gala_ssl.order import phases
from gala_ssl.training import pretrain as pretraining
from gala_ssl.training import transfer
from tests.selection import in_tiers
from tests.small_networks import tiny_preset

pytestmark = pytest.mark.tensorflow

PRESET = tiny_preset()
# Of the trainings, which are made up: they would take most of the time, and test_training.py has them.
HISTORY = pd.DataFrame({"epoch": [1], "val_loss": [0.5], "val_accuracy": [0.5], "seconds": [1.0]})
CELL = transfer.Cell(transfer.SCRATCH, "denoising", 1.0, False, 3)
FIRST, SECOND = 13, 14


def pretrain(directory, seed):
    list(pretraining.pretrain(["denoising"], PRESET, directory, seeds=[seed], progress=False))


def attempt(directory, seed):
    preset = dataclasses.replace(PRESET, data=dataclasses.replace(PRESET.data, seed=seed))
    found = transfer.attempt_cell(CELL, preset, directory=directory)
    if "error" in found:
        raise InputError(found["error"])


def identify(directory, seed):
    config = phases.PhaseConfig(every=2, fraction=0.2, neighbors=6, core=CoreConfig(width=6, hidden=6, blocks=1),
                                training=PRESET.training, seed=seed)
    frames = [prototypes.build("cF4-Cu", 100, noise=0.05, seed=i) for i in range(6)]
    phases.find_phases(frames, config, directory, progress=False)


# What is begun, in which module, and where its run is.
KINDS = {"pretraining": (pretrain, pretraining, f"{PRESET.name}/denoising"),
         "transfer": (attempt, transfer, CELL.name), "phases": (identify, phases, "")}


def begin(kind, directory, seed, place, reached, go, said):
    """Begin a run in this process, which says that it has reached a place, and waits there until it may go on."""
    function, module, _ = KINDS[kind]
    module.fit_alone = lambda *arguments: HISTORY
    owner, name = {"first look": (phases if kind == "phases" else runs, "check_settings"),
                   "environments": (module, "prototype_environments"), "training": (module, "fit_alone")}[place]
    original = getattr(owner, name)

    def waiting(*arguments, **keywords):
        found = original(*arguments, **keywords)
        if not reached.is_set():
            reached.set()
            go.wait(120)
        return found

    setattr(owner, name, waiting)
    try:
        function(directory, seed)
        said.put(None)
    except InputError as error:
        said.put(str(error))


class Begun:
    """A process of `begin`."""

    def __init__(self, context, *arguments):
        self.reached, self.go, self.said = context.Event(), context.Event(), context.Queue()
        self.process = context.Process(target=begin, args=(*arguments, self.reached, self.go, self.said))
        self.process.start()

    def end(self):
        """Let it go on to its end; what it was told, None of a run that is done."""
        self.go.set()
        said = self.said.get(timeout=120)
        self.process.join()
        return said


@pytest.fixture(scope="module")
def started():
    """Start a process of `begin`, with TensorFlow loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gala_ssl.order.phases", "gala_ssl.training.transfer"])
    return lambda *arguments: Begun(context, *arguments)


def contents(run):
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in run.iterdir()}


def assert_whole(kind, run, seed):
    """The run is that of the seed, and its card, of those that have one, tells the same as its config.json."""
    config = json.loads((run / "config.json").read_text())
    assert (config if kind == "phases" else config["data"])["seed"] == seed
    if kind == "pretraining":
        assert config.items() <= json.loads((run / "denoising.json").read_text()).items()
    if kind == "transfer":
        assert config["cell"].items() <= json.loads((run / transfer.CARD).read_text()).items()


@pytest.mark.parametrize("ended", [False, pytest.param(True, marks=pytest.mark.long)], ids=["goes on", "has ended"])
@pytest.mark.parametrize("kind", in_tiers(KINDS, (), ("phases",)))
def test_a_run_that_began_after_the_first_look_is_left_as_it_is(started, kind, ended, tmp_path):
    run = tmp_path / KINDS[kind][2]
    late = started(kind, tmp_path, FIRST, "first look")
    assert late.reached.wait(120)
    there = started(kind, tmp_path, SECOND, "training")
    assert there.reached.wait(120)
    if ended:
        assert there.end() is None
    before = contents(run)
    sentence = f"{run} holds a run with other settings" if ended else f"Another process is writing the run in {run};"
    assert sentence in late.end()
    assert contents(run) == before
    assert ended or there.end() is None
    assert_whole(kind, run, SECOND)


@pytest.mark.parametrize("kind", in_tiers(["pretraining", "transfer"], (), ("transfer",)))
def test_a_run_whose_environments_are_being_built_is_left_as_it_is(started, kind, tmp_path):
    run = tmp_path / KINDS[kind][2]
    there = started(kind, tmp_path, FIRST, "environments")
    assert there.reached.wait(120)
    before = contents(run)
    said = started(kind, tmp_path, SECOND, "training").end()
    assert f"{run} holds a run with other settings" in said or f"Another process is writing the run in {run};" in said
    assert contents(run) == before
    assert there.end() is None
    assert_whole(kind, run, FIRST)
