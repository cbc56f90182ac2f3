"""Training for an accelerator: whole epochs in one compiled program, several trainings of one shape at once.

`fit_scan` keeps the run directories of `gala_ssl.training.fit.fit` and asks the same questions in the same order, so
that either continues what the other began. The steps of an epoch are a JAX scan; trainings that differ in seed or data
only are replicas along a leading axis (vmap), which an accelerator takes at once. Processes beside it make the
questions of the next epochs.
"""
import concurrent.futures
import contextlib
import multiprocessing
import os
import pathlib
import time
import warnings

import freud
import jax
import jax.numpy as jnp
import keras
import numpy as np
import pandas as pd

from gala_ssl.base.errors import InputError
from gala_ssl.base.progress import Bar
from gala_ssl.base.runs import run_lock
from gala_ssl.training.checkpoint import BEST, load_variables, record, resume
from gala_ssl.training.fit import compile_for, reseed, restart_optimizer

# Epochs whose questions are made ahead, a replica.
_AHEAD = 2


def check_engine():
    """InputError unless Keras's backend is JAX, on which the scan runs."""
    if keras.backend.backend() != "jax":
        raise InputError("The scan engine runs on Keras's JAX backend only; set KERAS_BACKEND=jax, or take the keras "
                         "engine.", option="engine", value="scan")


def fit_scan(models, task, training, validation, configs, directories, workers=None, progress=True):
    """Train replicas together until their schedule ends, and leave each with its best weights.

    Args:
        models: keras.Model of one architecture each, from `build_model`. task: Task.
        training, validation: a Stream for each replica, of one shape.
        configs: TrainingConfig of each, alike but for the seed; the schedule is "cosine".
        directories: run directory of each; as `gala_ssl.training.fit.fit` has them.
        workers: processes that make questions; None for one less than there are processors.
        progress: show a bar (on a terminal only).

    Returns:
        list of pandas.DataFrame: the history of each replica, as `gala_ssl.training.fit.fit` returns it.

    Raises:
        InputError: another backend than JAX, a schedule that replicas cannot share, or run directories that have come
            to different epochs.
    """
    check_engine()
    config = configs[0]
    if config.schedule != "cosine" or config.accumulate > 1:
        option = "schedule" if config.schedule != "cosine" else "accumulate"
        raise InputError("The scan engine trains by the cosine schedule without accumulation of gradients; choose the "
                         "preset thermal, or the keras engine.", option=option, value=getattr(config, option))
    directories = [pathlib.Path(directory) for directory in directories]
    with contextlib.ExitStack() as stack:
        for directory in directories:
            stack.enter_context(run_lock(directory))
        for model in models:
            if model.compiled:
                restart_optimizer(model)
            else:
                compile_for(model, task, config, len(training[0]))
        histories = [resume(model, directory, len(stream))
                     for model, directory, stream in zip(models, directories, training)]
        done = {len(history) for history in histories}
        if len(done) > 1:
            raise InputError(f"The runs {', '.join(map(str, directories))} have come to different epochs "
                             f"({sorted(done)}); continue each by the keras engine, or remove them to train anew.",
                             option="directories", value=directories)
        _train(models, task, training, validation, configs, directories, histories, workers, progress)
    for model, directory in zip(models, directories):
        load_variables(model.weights, directory / BEST)
    return [pd.DataFrame(history) for history in histories]


def _train(models, task, training, validation, configs, directories, histories, workers, progress):
    epochs, first = configs[0].epochs, len(histories[0])
    if first >= epochs:
        return
    with _makers(training[0], workers) as pool, Bar(
            total=epochs, initial=first, desc=task.name, unit="epoch", shown=progress) as bar:
        asked = [pool.submit(stream.stacked, 0) for stream in validation]
        coming = {epoch: [pool.submit(stream.stacked, epoch) for stream in training]
                  for epoch in range(first, min(epochs, first + _AHEAD))}
        checks = _together(future.result() for future in asked)
        questions = _together(future.result() for future in coming.pop(first))
        train, evaluate = _programs(models[0], task, _state(models), questions, checks, validation[0].sizes)
        for epoch in range(first, epochs):
            start = time.perf_counter()
            if epoch + _AHEAD < epochs:
                coming[epoch + _AHEAD] = [pool.submit(stream.stacked, epoch + _AHEAD) for stream in training]
            if epoch > first:
                questions = _together(future.result() for future in coming.pop(epoch))
            for model, config in zip(models, configs):
                reseed(model, config.seed, epoch)
            state, found = train(_state(models), questions)
            checked = evaluate(state[:2], checks)
            state, found, checked = jax.device_get((state, found, checked))
            _give(models, state)
            seconds = round(time.perf_counter() - start, 2)
            for i, (model, history) in enumerate(zip(models, histories)):
                row = {"epoch": epoch + 1, "loss": float(found[0][i]), task.metric: float(found[1][i]),
                       "val_loss": float(checked[0][i]), f"val_{task.metric}": float(checked[1][i]),
                       "seconds": seconds}
                record(row, history, model, task, configs[i], directories[i])
            bar.update()
            bar.set_postfix({f"val_{task.metric}": f"{float(np.mean(checked[1])):.4f}"}, refresh=False)


@contextlib.contextmanager
def _makers(stream, workers):
    """Processes that make questions, or threads where a stream holds its environments, which would be copied."""
    count = workers or max(1, (os.cpu_count() or 2) - 1)
    if stream.environments is not None:
        with concurrent.futures.ThreadPoolExecutor(min(count, 4)) as pool:
            yield pool
        return
    with concurrent.futures.ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _start) as pool:
        # The questions are NumPy's; a process that makes them should not take the accelerator.
        with _environment("JAX_PLATFORMS", "cpu"):
            list(pool.map(_nothing, range(count)))  # starts all of them
        yield pool


@contextlib.contextmanager
def _environment(name, value):
    """An environment variable for the processes that start in the block."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _start():
    """What a process that makes questions does first: as many processes as processors need no threads beside them."""
    freud.set_num_threads(1)


def _nothing(i):
    time.sleep(0.05)


def _together(replicas):
    """The arrays of several replicas, stacked along a leading axis."""
    return [np.stack(arrays) for arrays in zip(*replicas)]


def _state(models):
    """Trainable, other and optimizer's variables of all models, NumPy arrays stacked along a leading axis."""
    groups = [(model.trainable_variables, model.non_trainable_variables, model.optimizer.variables) for model in models]
    return tuple([np.stack([np.asarray(variable.value) for variable in same]) for same in zip(*kind)]
                 for kind in zip(*groups))


def _give(models, state):
    """Give the models the variables of a state."""
    for i, model in enumerate(models):
        groups = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
        for variables, values in zip(groups, state):
            for variable, value in zip(variables, values):
                variable.assign(value[i])


def _programs(model, task, state, questions, checks, sizes):
    """Return (train, evaluate), compiled for all replicas at once.

    train(state, questions) -> (state, (loss, metric)) and evaluate(variables, checks) -> (loss, metric), means over
    the clouds or bonds that count, (replicas,) each; `sizes` (batches,) are the clouds in each batch of `checks`.
    """
    loss = getattr(keras.losses, task.loss)(reduction="mean_with_sample_weight")
    optimizer = model.optimizer

    def asked(variables, batch, training):
        """Loss, other variables, and (loss, sum of the metric over what counts, number of what counts) of a batch."""
        bonds, types, target, weights = batch
        answer, others, added = model.stateless_call(
            *variables, [bonds, types], training=training, return_losses=True)
        value = loss(target, answer, sample_weight=weights) + sum(added)
        metric = jnp.sum(_METRICS[task.metric](target, answer) * weights)
        return value, (others, (value, metric, jnp.sum(weights)))

    def step(state, batch):
        trained, others, moments = state
        (_, (others, found)), gradients = jax.value_and_grad(
            lambda trained: asked((trained, others), batch, True), has_aux=True)(trained)
        trained, moments = optimizer.stateless_apply(moments, gradients, trained)
        return (trained, others, moments), found

    def means(found, sizes=1.0):
        losses, metrics, counts = found
        sizes = jnp.broadcast_to(jnp.asarray(sizes, losses.dtype), losses.shape)
        return (losses * sizes).sum() / sizes.sum(), metrics.sum() / jnp.maximum(counts.sum(), 1)

    def train(state, batches):
        state, found = jax.lax.scan(step, state, tuple(batches))
        return state, means(found)

    def evaluate(variables, batches):
        return means(jax.lax.map(lambda batch: asked(variables, batch, False)[1][1], tuple(batches)), sizes)

    # Rotation-equivariance needs all of float32, which an accelerator rounds products to less than.
    with jax.default_device(jax.devices()[0]), jax.default_matmul_precision("highest"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Gradients do not exist for variables")
        replicas = len(questions[0])
        lowered = [jax.jit(_for_replicas(function, replicas)).lower(*arguments)
                   for function, arguments in ((train, (state, questions)), (evaluate, (state[:2], checks)))]
    with concurrent.futures.ThreadPoolExecutor(len(lowered)) as pool:
        return list(pool.map(lambda program: program.compile(), lowered))


def _for_replicas(function, replicas):
    """The function with a leading axis of replicas on all arrays; of one replica without the mapping's cost."""
    if replicas > 1:
        return jax.vmap(function)
    return lambda *arguments: jax.tree.map(lambda x: x[None], function(*jax.tree.map(lambda x: x[0], arguments)))


_METRICS = {
    "accuracy": keras.metrics.sparse_categorical_accuracy,
    "mean_absolute_error": keras.metrics.mean_absolute_error,
}
