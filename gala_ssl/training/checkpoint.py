"""What a training leaves in its run directory, and how it goes on from there.

A run directory holds `history.csv` (a row an epoch), `checkpoint.npz` (weights and optimizer after the last epoch)
and `best.npz` (weights of the best validation loss), arrays in the order of the model's variables.
"""
import csv
import math

import keras
import numpy as np
import pandas as pd

from gala_ssl.base.errors import InputError, reason
from gala_ssl.base.files import written_whole

HISTORY, CHECKPOINT, BEST = "history.csv", "checkpoint.npz", "best.npz"


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


def resume(model, directory, batches):
    """Load the checkpoint, if there is one, and return the rows of the history that it has seen."""
    if not (directory / CHECKPOINT).exists():
        # A run killed in its first epoch may have a history of that one, but no more.
        if len(_read_history(directory / HISTORY)) > 1:
            raise InputError(f"{directory} holds a training without its {CHECKPOINT}, so it cannot be continued; "
                             f"restore the file, or remove the run to train anew.", path=directory / CHECKPOINT)
        return []
    load_variables(_state(model), directory / CHECKPOINT)
    # The optimizer's first variable counts batches, also those whose gradients wait for more; `iterations` does not.
    seen = int(model.optimizer.variables[0]) // batches
    history = _read_history(directory / HISTORY)
    if len(history) < seen:
        raise InputError(f"{directory / HISTORY} has {len(history)} epochs where the checkpoint beside it has seen "
                         f"{seen}; restore it, or remove the run to train anew.", path=directory / HISTORY)
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
                         f"anew.", path=path) from error


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
                         f"anew.", path=path) from error


def _save_history(history, path):
    with written_whole(path) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
