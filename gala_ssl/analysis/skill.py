"""How much a trained network knows: beside the trivial answer, and by what its embedding tells of structures."""
import keras
import numpy as np
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


@threadpool_limits.wrap(limits=1, user_api="blas")
def linear_probe(embeddings, labels, seed=0, n_folds=3):
    """Accuracy of a linear classifier that names the structure from an embedding, cross-validated.

    Logistic regression on standardised numbers.

    Args:
        embeddings: (n, d). labels: (n,) integers. seed: of the division into folds. n_folds: folds.

    Returns:
        (mean, standard deviation) over the folds.
    """
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    scores = cross_val_score(classifier, embeddings, labels, cv=folds)
    return float(scores.mean()), float(scores.std())
