"""Training by the paper's schedule, in a run directory that a killed run continues from.

A run directory holds `history.csv` (a row an epoch), `checkpoint.npz` (weights and optimizer after the last epoch)
and `best.npz` (weights of the best validation loss), arrays in the order of the model's variables. The schedule is a
function of the history, and chance is a function of (seed, epoch), so nothing else needs to be remembered.
"""
import collections
import csv
import math
import pathlib
import time
import warnings

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from gala_ssl.base.errors import InputError, reason
from gala_ssl.base.files import written_whole
from gala_ssl.base.randomness import rng
from gala_ssl.base.runs import alone_in

HISTORY, CHECKPOINT, BEST = "history.csv", "checkpoint.npz", "best.npz"
# Of earlier versions, in which Keras wrote it.
_OLD_CHECKPOINT = "checkpoint.weights.h5"


def schedule(losses, learning_rate, patience):
    """Return (learning rate, whether to stop) after the epochs with these validation losses.

    Args:
        losses: validation loss of each epoch so far.
        learning_rate: of the first epoch.
        patience: (halve after, stop after) so many epochs without a better loss than the best before
            (paper, Appendix D). The count for halving starts again after each halving.
    """
    halve_after, stop_after = patience
    best, waited, waited_to_halve = math.inf, 0, 0
    for loss in losses:
        if loss < best:
            best, waited, waited_to_halve = loss, 0, 0
            continue
        waited, waited_to_halve = waited + 1, waited_to_halve + 1
        if waited_to_halve == halve_after:
            learning_rate, waited_to_halve = learning_rate / 2, 0
    return learning_rate, waited >= stop_after


def fit(model, task, training, validation, config, directory, progress=True):
    """Train `model` until the schedule ends, and leave it with its best weights.

    A directory with a finished run is only read; one with a killed run is continued to the same history
    and weights, to the bit on one machine, as if it had never been killed.

    Args:
        model: keras.Model from `build_model`; `trainable = False` of its layer "core" freezes that. One that
            `compile_for` has compiled already, of which its step was compiled perhaps, is taken as it is.
        task: Task, for the loss and the metric.
        training, validation: Stream.
        config: TrainingConfig.
        directory: of the run; made if it is not there.
        progress: show a bar (on a terminal only).

    Returns:
        pandas.DataFrame: the history, a row an epoch: epoch, learning_rate, loss, metric, val_loss,
        val_metric (the metric under its Keras name), seconds.
    """
    with alone_in(directory):
        return fit_alone(model, task, training, validation, config, directory, progress)


def fit_alone(model, task, training, validation, config, directory, progress=True):
    """As `fit`, for a caller that already holds the lock of the directory (`alone_in`)."""
    directory = pathlib.Path(directory)
    if model.compiled:
        restart_optimizer(model)
    else:
        compile_for(model, task, config, len(training))
    patience = config.static_patience if task.stream == "static" else config.dynamic_patience
    history = resume(model, directory, len(training))

    while len(history) < config.epochs:
        learning_rate = None
        if config.schedule == "plateau":
            learning_rate, stop = schedule([row["val_loss"] for row in history], config.learning_rate, patience)
            if stop:
                break
            model.optimizer.learning_rate = learning_rate
        row = _epoch(model, task, training, validation, len(history), config.seed, progress)
        record(row, history, model, task, config, directory, learning_rate)
    load_variables(model.weights, directory / BEST)
    return pd.DataFrame(history)


def record(row, history, model, task, config, directory, learning_rate=None):
    """Append an epoch's row to the history and save what the run goes on from.

    Without a learning rate, the row has the one that the optimizer has come to.

    Raises:
        FloatingPointError: the validation loss is not finite; nothing is saved then.
    """
    best = min((known["val_loss"] for known in history), default=math.inf)
    if learning_rate is None:
        learning_rate = float(f"{float(model.optimizer.learning_rate):.6g}")
    history.append({"learning_rate": learning_rate, **row})
    if not math.isfinite(row["val_loss"]):
        raise FloatingPointError(
            f"The validation loss of {task.name} is {row['val_loss']} after epoch {len(history)} in {directory}; "
            f"start again with a lower learning rate than {config.learning_rate}.")
    # In this order a kill at any moment leaves a checkpoint no newer than the rest.
    if row["val_loss"] < best:
        _save_variables(model.weights, directory / BEST)
    _save_history(history, directory / HISTORY)
    _save_variables(_state(model), directory / CHECKPOINT)


def compile_for(model, task, config, batches=1):
    """Compile `model` with the task's loss and metric and the schedule's optimizer, for epochs of `batches` steps."""
    rate = config.learning_rate
    if config.schedule == "cosine":
        steps = config.epochs * batches
        warm_up = min(config.warm_up, steps // 2)
        rate = keras.optimizers.schedules.CosineDecay(0.0, steps - warm_up, warmup_target=rate, warmup_steps=warm_up)
    accumulate = config.accumulate if config.accumulate > 1 else None  # Keras takes no 1
    model.compile(
        optimizer=keras.optimizers.Adam(rate, gradient_accumulation_steps=accumulate,
                                        global_clipnorm=config.clip or None),
        loss=getattr(keras.losses, task.loss)(reduction="mean_with_sample_weight"),
        weighted_metrics=[task.metric], jit_compile=config.jit_compile)
    model.optimizer.build(model.trainable_variables)


def restart_optimizer(model):
    """Forget the optimizer's moments and counts, so that a compiled model can be trained anew."""
    for variable in model.optimizer.variables:
        variable.assign(keras.ops.zeros(variable.shape, variable.dtype))


def _epoch(model, task, training, validation, epoch, seed, progress):
    """Train one epoch and validate; return its row of the history."""
    start = time.perf_counter()
    reseed(model, seed, epoch)
    with tqdm(total=len(training), desc=f"{task.name} epoch {epoch + 1}", unit="batch", leave=False,
              disable=None if progress else True) as bar, warnings.catch_warnings():
        # Heads that answer with the raw bonds leave the last block's multivectors without a gradient.
        warnings.filterwarnings("ignore", "Gradients do not exist for variables")
        fitted = model.fit(_batches(training, epoch), epochs=1, steps_per_epoch=len(training),
                           shuffle=False, verbose=0, callbacks=[_Progress(bar)]).history
        bar.set_postfix_str("validating")
        validated = validate(model, task, validation)
    row = {name: float(values[-1]) for name, values in fitted.items()}
    row |= {f"val_{name}": value for name, value in validated.items()}
    return {"epoch": epoch + 1, **row, "seconds": round(time.perf_counter() - start, 2)}


def validate(model, task, stream):
    """Return {name: mean over all clouds of a validation} of loss, metric and what layers track.

    The same questions each time, so that losses can be compared. Keras would count the last batch, of which a part is
    padding, as much as the others.
    """
    sums, counts = collections.Counter(), collections.Counter()
    for clouds, ((bonds, types), target, weights) in zip(stream.sizes, _batches(stream, 0)):
        model.reset_metrics()
        found = model.test_on_batch([bonds, types], target, weights, return_dict=True)
        for name, value in found.items():
            count = float(np.sum(weights)) if name == task.metric else clouds
            sums[name] += float(value) * count
            counts[name] += count
    return {name: sums[name] / max(counts[name], 1) for name in sums}


def _batches(stream, epoch):
    if keras.backend.backend() == "tensorflow":
        return stream.dataset(epoch)
    return (stream.filled(batch) for batch in stream.epoch(epoch))  # Keras takes generators, no other iterators


def reseed(model, seed, epoch):
    """Set the state of every dropout, so that an epoch's chance does not depend on the epochs before."""
    drawing = {id(generator.state) for generator in _seed_generators(model, set())}
    states = [variable for variable in model.variables if id(variable) in drawing]
    seeds = rng(seed, "dropout", epoch).integers(2**31, size=(len(states), 1))
    for state, number in zip(states, seeds, strict=True):
        state.assign(np.append(number, 0))


def _seed_generators(part, visited):
    """The keras.random.SeedGenerators of a model, a layer, or a list of these, however deep they lie."""
    if id(part) in visited:
        return []
    visited.add(id(part))
    if isinstance(part, keras.random.SeedGenerator):
        return [part]
    inside = vars(part).values() if isinstance(part, keras.layers.Layer) else part if isinstance(part, list) else ()
    return [found for each in list(inside) for found in _seed_generators(each, visited)]


class _Progress(keras.callbacks.Callback):
    """Shows batches and the running loss on a tqdm bar."""

    def __init__(self, bar):
        super().__init__()
        self.bar = bar

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()
        if not self.bar.disable:
            self.bar.set_postfix({name: f"{value:.4f}" for name, value in (logs or {}).items()}, refresh=False)


def resume(model, directory, batches):
    """Load the checkpoint, if there is one, and return the rows of the history that it has seen."""
    if not (directory / CHECKPOINT).exists():
        # A run killed in its first epoch may have a history of that one, but no more.
        if (directory / _OLD_CHECKPOINT).exists() or len(_read_history(directory / HISTORY)) > 1:
            raise InputError(f"{directory} holds a training without its {CHECKPOINT}, lost or of an earlier version of "
                             f"gala_ssl, so it cannot be continued; restore it, or remove the run to train anew.")
        return []
    load_variables(_state(model), directory / CHECKPOINT)
    # The optimizer's first variable counts batches, also those whose gradients wait for more; `iterations` does not.
    seen = int(model.optimizer.variables[0]) // batches
    history = _read_history(directory / HISTORY)
    if len(history) < seen:
        raise InputError(f"{directory / HISTORY} has {len(history)} epochs where the checkpoint beside it has seen "
                         f"{seen}; restore it, or remove the run to train anew.")
    return history[:seen]


def _state(model):
    """All that a training changes, but for the state of dropout, which is set anew each epoch."""
    return [*model.weights, *model.optimizer.variables]


# Keras's own files of weights take longer to write than a small epoch to train, and HDF5 crashes on a full disk.
def _save_variables(variables, path):
    with written_whole(path) as temporary:
        np.savez(temporary, *map(keras.ops.convert_to_numpy, variables))


def load_variables(variables, path):
    """Give variables the arrays of a file such as best.npz; InputError where they are not the file's."""
    try:
        # Opened here, because NumPy leaves a file open that is damaged.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            for variable, name in zip(variables, arrays, strict=True):
                variable.assign(arrays[name])
    except Exception as error:  # of a damaged file NumPy, zip and Keras each say it in a class of their own
        raise InputError(f"{path} cannot be loaded ({reason(error)}); restore it, or remove the run to train "
                         f"anew.") from error


def _read_history(path):
    """Return the rows of a history, no rows of no file, to the bit; pandas rounded numbers until its version 3.1."""
    if not path.exists():
        return []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
        return [{**row, "epoch": int(row["epoch"])} for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} is not a history of a training ({error}); restore it, or remove the run to train "
                         f"anew.") from error


def _save_history(history, path):
    with written_whole(path) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
