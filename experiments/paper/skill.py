"""How much a trained network knows: beside the trivial answer, and by what its embedding tells of structures."""
import keras
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits


def trivial_score(task, stream):
    """Loss and metric of the task's trivial answer on all batches of a stream, as {name: value}.

    Args:
        task: Task. stream: Stream, of its validation.
    """
    batches = list(stream.epoch(0))
    bonds, types, target, weights = (np.concatenate(arrays) for arrays in zip(
        *((*inputs, target, weights) for inputs, target, weights in batches), strict=True))
    answer = task.trivial_answer((bonds, types), target)
    loss = getattr(keras.losses, task.loss)(reduction="mean_with_sample_weight")(target, answer, weights)
    scores = {"loss": float(loss)}
    if task.target_is_length:
        scores[task.metric] = float(np.average(np.abs(answer - target).mean(axis=-1), weights=weights))
    else:
        # Of classes that are equally likely one is drawn, so a fraction 1 / n of them is right.
        likely = answer == answer.max(axis=-1, keepdims=True)
        right = np.take_along_axis(likely, target[..., None], axis=-1)[..., 0] / likely.sum(axis=-1)
        scores[task.metric] = float(np.average(right, weights=weights))
    return scores


def noisy_bond_accuracy(model, stream, edges=(0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, np.inf)):
    """Accuracy of the noisy bond on bonds at rest, and on moved bonds by the length of the move.

    Args:
        model: keras.Model of the task. stream: Stream, of its validation.
        edges: between the groups of lengths, in shortest distances.

    Returns:
        DataFrame with a row a group: move (the group's name), bonds (their number), accuracy.
    """
    moves, right = [], []
    clean = stream.environments.clouds.bonds
    for i in range(len(stream)):
        (bonds, types), target, _ = stream.batch(0, i)
        moved = bonds * stream.x_scale - clean[stream.chosen(0, i)]
        moves.append(np.where(target == 1, np.linalg.norm(moved, axis=-1), -1).ravel())
        right.append((np.asarray(model.predict_on_batch([bonds, types])).argmax(axis=-1) == target).ravel())
    moves, right = np.concatenate(moves), np.concatenate(right)
    groups = [("at rest", moves < 0)]
    groups += [(f"{low} to {high}", (moves >= low) & (moves < high)) for low, high in zip(edges, edges[1:])]
    return pd.DataFrame([{"move": name, "bonds": int(of.sum()), "accuracy": right[of].mean()} for name, of in groups])


def axis_errors(model, stream):
    """Error of the autoencoder along each of the three axes that it draws a cloud by.

    The first two axes come from two learned vectors of the cloud, the third is their cross product: along it a bond's
    coordinate changes sign in a mirror.

    Args:
        model: keras.Model of the task. stream: Stream, of its validation.

    Returns:
        DataFrame with a row an axis: axis (1, 2, 3), error and trivial_error, mean absolute in the networks' unit of
        length, the latter of the answer 0, and correlation of right and given coordinates.
    """
    drawn = keras.Model(model.inputs, [model.get_layer("axes").output, model.output])
    right, given = [], []
    for i in range(len(stream)):
        (bonds, types), target, weights = stream.batch(0, i)
        axes, answer = map(np.asarray, drawn.predict_on_batch([bonds, types]))
        for found, vectors in ((right, target), (given, answer)):
            found.append(np.einsum("bnc,bac->bna", vectors, axes)[weights > 0])
    right, given = np.concatenate(right), np.concatenate(given)
    return pd.DataFrame({
        "axis": [1, 2, 3], "error": np.abs(given - right).mean(axis=0), "trivial_error": np.abs(right).mean(axis=0),
        "correlation": [np.corrcoef(x, y)[0, 1] for x, y in zip(right.T, given.T)]})


@threadpool_limits.wrap(limits=1, user_api="blas")
def linear_probe(embeddings, labels, seed=0, n_folds=3):
    """Accuracy of a linear classifier that names the structure from an embedding, cross-validated.

    Logistic regression on standardised numbers.

    Args:
        embeddings: (n, d). labels: (n,) integers. seed: of the division into folds. n_folds: folds.

    Returns:
        (mean, standard deviation) over the folds.
    """
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    scores = cross_val_score(classifier, embeddings, labels, cv=folds)
    return float(scores.mean()), float(scores.std())
