"""Transfer learning: the core that one task trained as the start of another (paper, Figure 4, Tables 4 to 8)."""
import contextlib
import dataclasses
import functools
import pathlib
import traceback

from gala_ssl.base.errors import InputError, check_choice
from gala_ssl.base.files import read_json, write_json
from gala_ssl.base.provenance import sha256
from gala_ssl.base.runs import CONFIG, RunConflict, check_settings, finished, run_lock
from gala_ssl.networks.combined import combine_cores, freeze_cores
from gala_ssl.networks.core import build_core
from gala_ssl.networks.weights import copy_weights
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.data.environments import prototype_environments
from gala_ssl.tasks.models.build import build_model, seeded
from gala_ssl.tasks.models.cards import weights_and_card
from gala_ssl.tasks.models.pretrained import load_model
from gala_ssl.tasks.models.sets import SHIPPED
from gala_ssl.training.fit import compile_for, fit_alone
from gala_ssl.training.presets import Preset
from gala_ssl.training.pretrain import core_config, streams

SCRATCH, COMBINED = "scratch", "combined"
# What "combined" has side by side, in this order: more tasks do not change what finished cells mean.
PARTS = ("autoencoder", "denoising", "frame_classification", "shift_identification", "noisy_bond", "nearest_bond")
CARD, FAILURE = "card.json", "failure.json"


@dataclasses.dataclass(frozen=True)
class Cell:
    """One training of the grid.

    Attributes:
        source: the task whose core is the start, "scratch" for none, or "combined" for those of `PARTS` side by side.
        target: the task that is trained.
        fraction: part of the environments to train on, of those the target would have.
        freeze: whether the core keeps its weights.
        seed: of the head's weights, the choice of environments and the training.
    """

    source: str
    target: str
    fraction: float
    freeze: bool
    seed: int

    def __post_init__(self):
        check_choice("source", self.source, sources())
        check_choice("target", self.target, TASKS)
        if not 0 < self.fraction <= 1:
            raise InputError(f"The fraction is {self.fraction}; it must lie above 0 and at most at 1.",
                             option="fraction", value=self.fraction)
        if self.source == SCRATCH and self.freeze:
            raise InputError("A core from scratch knows nothing yet; it cannot be frozen.", option="freeze", value=True)

    @property
    def name(self):
        """Where the cell is, under the directory of its grid."""
        freedom = "frozen" if self.freeze else "free"
        return f"{self.target}/{self.source}-{freedom}-{self.fraction:g}-seed{self.seed}"


def sources():
    """Names of what a core may start from."""
    return (SCRATCH, *TASKS, COMBINED)


def parts(source):
    """Names of the tasks whose weights a source is made of."""
    return {SCRATCH: (), COMBINED: PARTS}.get(source, (source,))


def cells(chosen_sources, targets, fractions, freezes, seeds):
    """List the Cells of a grid, target by target; from scratch there is no frozen core."""
    return [Cell(source, target, fraction, freeze, seed)
            for target in targets for freeze in freezes for source in chosen_sources
            if not (freeze and source == SCRATCH) for fraction in fractions for seed in seeds]


def transfer(source, target, fraction=1.0, freeze=False, preset=Preset(), weights=None, directory="runs/transfer",
             seed=None, progress=True):
    """Train `target` on the core that `source` trained, in a run directory that resumes.

    Args:
        source, target, fraction, freeze: see `Cell`.
        preset: Preset, what else the training needs to know.
        weights: folder of the sources' weights; None is those shipped.
        directory: under which the cell's run directory is.
        seed: instead of the preset's.
        progress: show bars (on a terminal only).

    Returns:
        dict: the cell's card: its attributes, "best" (row of the history with the best validation loss), "epochs",
        "seconds".

    Example:
        >>> transfer("denoising", "noisy_bond", fraction=1e-2, freeze=True)["best"]["val_accuracy"]
    """
    cell = Cell(source, target, fraction, freeze, preset.training.seed if seed is None else seed)
    return run_cell(cell, preset, weights, directory, progress)


def run_cell(cell, preset, weights=None, directory="runs/transfer", progress=False):
    """Train one Cell and return its card; one that is done is read, one that was killed goes on.

    Models are kept between calls in one process, because compiling one takes as long as a short training.
    """
    run = pathlib.Path(directory) / cell.name
    settings = check_cell(cell, preset, weights, directory)
    card = finished(run, settings, CARD)
    if card is None:
        with run_lock(run):  # and look again, because another process may have ended a run meanwhile
            card = finished(run, settings, CARD) or _train(cell, preset, weights, settings, run, progress)
    return card


def _train(cell, preset, weights, settings, run, progress):
    """Train a cell in its run directory, whose lock the caller holds, and return its card."""
    write_json(run / CONFIG, settings)
    training = dataclasses.replace(preset.training, seed=cell.seed)
    task = TASKS[cell.target].for_training(preset.data)
    sides = streams(task, _environments(preset.data), preset.data, training, cell.fraction)
    model = _compiled(cell.target, cell.source == COMBINED, cell.freeze, preset)
    _start(model, cell, preset, weights)
    history = fit_alone(model, task, *sides, training, run, progress)
    best = history.loc[history["val_loss"].idxmin()]
    card = {**settings["cell"], "metric": task.metric, "best": {key: float(value) for key, value in best.items()},
            "epochs": len(history), "seconds": float(history["seconds"].sum())}
    write_json(run / CARD, card)
    (run / FAILURE).unlink(missing_ok=True)
    return card


def attempt_cell(cell, preset, weights=None, directory="runs/transfer"):
    """As `run_cell`, but an error is returned as {"error": sentence}, and written down unless the run is another's."""
    try:
        return run_cell(cell, preset, weights, directory)
    except Exception as error:
        failure, run = {"error": f"{type(error).__name__}: {error}"}, pathlib.Path(directory) / cell.name
        if not isinstance(error, RunConflict):
            failure["traceback"] = traceback.format_exc()
            with contextlib.suppress(RunConflict), run_lock(run):
                write_json(run / FAILURE, failure)
        return failure


def read_cell(cell, directory):
    """Return the card of a cell that is done, {"error": ...} of one that failed, or None."""
    run = pathlib.Path(directory) / cell.name
    for name in (CARD, FAILURE):
        if (run / name).exists():
            return read_json(run / name)
    return None


def check_cell(cell, preset, weights, directory):
    """Return what a cell is defined by, as plain values; InputError where its run directory holds something else."""
    settings = {"cell": dataclasses.asdict(cell),
                **{name: preset.values()[name] for name in ("data", "core", "training")},
                "weights": digests(parts(cell.source), weights)}
    check_settings(pathlib.Path(directory) / cell.name, settings)
    return settings


def digests(names, weights=None):
    """{name: what is in the weights of that task}: SHA-256 of those in a folder, or of those shipped."""
    return {name: sha256(weights_and_card(name, weights or SHIPPED)[0]) for name in names}


# A worker has cells of few forms at a time; building a model takes as long as a small cell.
@functools.lru_cache(maxsize=2)
def _compiled(target, combined, freeze, preset):
    """A model for cells of this form, compiled; its weights are whatever the last cell left."""
    model = _untrained(target, combined, preset)
    if freeze:
        freeze_cores(model.get_layer("core"))
    compile_for(model, TASKS[target].for_training(preset.data), preset.training)
    return model


def _start(model, cell, preset, weights):
    """Give a model of the cell's form the weights that the cell starts from."""
    combined = cell.source == COMBINED
    model.set_weights(_drawn_weights(cell.target, combined, cell.seed, preset))
    core = model.get_layer("core")
    for name in parts(cell.source):
        copy_weights(_source_core(name, weights), core.get_layer(f"core_{name}") if combined else core)


@functools.lru_cache(maxsize=3)
def _drawn_weights(target, combined, seed, preset):
    """The weights of an untrained model of the seed, those of a pretraining."""
    with seeded(seed):
        return _untrained(target, combined, preset).get_weights()


def _untrained(target, combined, preset):
    task = TASKS[target].for_training(preset.data)
    config = core_config(task, preset)
    if combined:
        core = combine_cores([build_core(config, name=f"core_{name}") for name in PARTS])
    else:
        core = build_core(config)
    return build_model(task, core)


def _source_core(name, weights):
    return _loaded_core(name, weights, digests([name], weights)[name])


# By what is in the file: a task may be trained again into one folder.
@functools.lru_cache(maxsize=len(PARTS))
def _loaded_core(name, weights, digest):
    return load_model(name, weights or SHIPPED)[0].get_layer("core")


@functools.lru_cache(maxsize=1)
def _environments(data):
    return prototype_environments(data, progress=False)
