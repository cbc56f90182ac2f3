"""Training by the paper's schedule, in a run directory that a killed run continues from.

The schedule is a function of the history, and chance is a function of (seed, epoch), so nothing else than the files of
`gala_ssl.training.checkpoint` needs to be remembered.
"""
import collections
import math
import pathlib
import time
import warnings

import keras
import numpy as np
import pandas as pd

from gala_ssl.base.progress import Bar
from gala_ssl.base.randomness import rng
from gala_ssl.base.runs import run_lock
from gala_ssl.training.checkpoint import BEST, load_variables, record, resume
from gala_ssl.training.lessons import Lessons


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


def fit(model, task, training, validation, config, directory, progress=True, engine="keras"):
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
        engine: "keras", or "kernel" for steps by the compiled kernel, see `gala_ssl.training.lessons`.

    Returns:
        pandas.DataFrame: the history, a row an epoch: epoch, learning_rate, loss, metric, val_loss,
        val_metric (the metric under its Keras name), seconds.
    """
    with run_lock(directory):
        return fit_alone(model, task, training, validation, config, directory, progress, engine)


def fit_alone(model, task, training, validation, config, directory, progress=True, engine="keras"):
    """As `fit`, for a caller that already holds the lock of the directory (`run_lock`)."""
    directory = pathlib.Path(directory)
    if model.compiled:
        restart_optimizer(model)
    else:
        compile_for(model, task, config, len(training))
    patience = config.static_patience if task.stream == "static" else config.dynamic_patience
    history = resume(model, directory, len(training))
    lessons = Lessons(model, task) if engine == "kernel" else None
    if len(history) < config.epochs:
        make_metrics(model, training)

    with Bar(total=config.epochs, initial=len(history), desc=f"{task.name} epochs at most", unit="epoch", leave=False,
             shown=progress) as bar:
        while len(history) < config.epochs:
            learning_rate = None
            if config.schedule == "plateau":
                learning_rate, stop = schedule([row["val_loss"] for row in history], config.learning_rate, patience)
                if stop:
                    break
                model.optimizer.learning_rate = learning_rate
            row = _epoch(model, task, training, validation, len(history), config.seed, progress, lessons)
            record(row, history, model, task, config, directory, learning_rate)
            bar.set_postfix_str(f"val_loss={row['val_loss']:.4f}", refresh=False)
            bar.update()
    load_variables(model.weights, directory / BEST)
    return pd.DataFrame(history)


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


def make_metrics(model, stream):
    """Make the variables of the compiled metrics; TensorFlow traces a step twice, in twice the time, that makes some.
    """
    (bonds, _), target, weights = stream.filled(stream.batch(0, 0))
    sizes = (size or known for size, known in zip(model.output.shape, bonds.shape))
    model.compute_metrics(None, keras.ops.convert_to_tensor(target), keras.ops.zeros(tuple(sizes)),
                          keras.ops.convert_to_tensor(weights))
    model.reset_metrics()


def restart_optimizer(model):
    """Forget the optimizer's moments and counts, so that a compiled model can be trained anew."""
    for variable in model.optimizer.variables:
        variable.assign(keras.ops.zeros(variable.shape, variable.dtype))


def _epoch(model, task, training, validation, epoch, seed, progress, lessons=None):
    """Train one epoch and validate; return its row of the history."""
    start = time.perf_counter()
    reseed(model, seed, epoch)
    with Bar(total=len(training), desc=f"{task.name} epoch {epoch + 1}", unit="batch", leave=False,
             shown=progress) as bar, warnings.catch_warnings():
        # Heads that answer with the raw bonds leave the last block's multivectors without a gradient.
        warnings.filterwarnings("ignore", "Gradients do not exist for variables")
        if lessons:
            row = lessons.epoch(training, epoch, bar)
        else:
            fitted = model.fit(_batches(training, epoch), epochs=1, steps_per_epoch=len(training),
                               shuffle=False, verbose=0, callbacks=[_Progress(bar)]).history
            row = {name: float(values[-1]) for name, values in fitted.items()}
        bar.set_postfix_str("validating")
        validated = validate(model, task, validation)
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
    """Shows batches and the running loss on a bar."""

    def __init__(self, bar):
        super().__init__()
        self.bar = bar

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()
        if not self.bar.disable:
            self.bar.set_postfix({name: f"{value:.4f}" for name, value in (logs or {}).items()}, refresh=False)
