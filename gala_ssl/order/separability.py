"""How well an order parameter tells two snapshots apart: the scores of Table 1."""
import dataclasses

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from gala_ssl.base.errors import InputError
from gala_ssl.base.randomness import rng

# One thread: the sums are then the same on any number of cores, and faster where the cores are busy.
_one_thread = threadpool_limits.wrap(limits=1, user_api="blas")


@dataclasses.dataclass(frozen=True)
class Separability:
    """Area under the ROC curve of the first principal component for telling two snapshots apart.

    Attributes:
        auc: max(AUC, 1 - AUC), because the sign of a component is arbitrary: 0.5 (not at all) to 1 (wholly).
        low, high: 95 % bootstrap interval over particles. The sign stays the one that gave `auc`, so `low`
            may lie under 0.5: then the two cannot be told apart. Particles that are neighbours share much of
            their clouds; the interval takes them as independent and is to that extent too narrow.
    """

    auc: float
    low: float
    high: float


@_one_thread
def first_component(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First principal component of two snapshots' embeddings taken together (paper, Table 1).

    The embeddings are centred but not standardised: what varies most has the say.

    Args:
        x, y: (n, d) and (m, d) embeddings of the two snapshots.

    Returns:
        (n,) and (m,) float64. All zeros where the embeddings do not vary. A row of NaN, of a particle without
        neighbours, has NaN and does not count for the others.

    Raises:
        InputError: an empty snapshot, different dimensions, infinity, a row with NaN beside numbers, or nothing but
            rows of NaN.
    """
    x, y = _checked(x, y)
    both = np.concatenate([x, y])
    component, there = np.full(len(both), np.nan), ~_bare(both)
    if np.ptp(both[there], axis=0).any():
        component[there] = PCA(n_components=1, svd_solver="covariance_eigh").fit_transform(both[there])[:, 0]
    else:
        component[there] = 0
    return component[:len(x)], component[len(x):]


def separability(x: np.ndarray, y: np.ndarray, seed: int = 0, n_bootstrap: int = 1000) -> Separability:
    """Score of the first principal component as an order parameter that tells snapshot x from snapshot y.

    The component is found once; the bootstrap draws particles of each snapshot anew, with replacement.

    Args:
        x, y: (n, d) and (m, d) embeddings of the two snapshots; rows of NaN do not count.
        seed: of the bootstrap.
        n_bootstrap: number of draws.

    Returns:
        `Separability`. Embeddings that do not vary give 0.5.

    Raises:
        InputError: as `first_component`, a seed below 0, no draws.

    Example:
        >>> separability(baseline(liquid), baseline(solid)).auc
    """
    if seed < 0:
        raise InputError(f"The bootstrap needs a seed of at least 0, not {seed}.", option="seed", value=seed)
    if n_bootstrap < 1:
        raise InputError(f"The bootstrap needs at least one draw, not {n_bootstrap}.", option="n_bootstrap",
                         value=n_bootstrap)
    x, y = (part[~np.isnan(part)] for part in first_component(x, y))
    # Ranks of the distinct values, so that a resampled snapshot is a row of counts over them.
    ranks = np.unique(np.concatenate([x, y]), return_inverse=True)[1]
    size = ranks.max() + 1
    of_x, of_y = ranks[:len(x)], ranks[len(x):]
    auc = _auc(np.bincount(of_x, minlength=size), np.bincount(of_y, minlength=size))
    drawn = rng(seed, "bootstrap")
    draws = [_auc(np.bincount(drawn.choice(of_x, len(of_x)), minlength=size),
                  np.bincount(drawn.choice(of_y, len(of_y)), minlength=size)) for _ in range(n_bootstrap)]
    low, high = np.quantile(draws, [0.025, 0.975])
    if auc < 0.5:
        auc, low, high = 1 - auc, 1 - high, 1 - low
    return Separability(float(auc), float(low), float(high))


@_one_thread
def linear_separability(x: np.ndarray, y: np.ndarray, seed: int = 0, n_folds: int = 5) -> float:
    """AUC of a linear classifier on the whole embedding: what it knows beyond its first component.

    Logistic regression on standardised numbers, cross-validated; the mean of the folds' AUCs. A fold's
    particles have neighbours among the others, so compare with the control pair of snapshots that are alike.

    Args:
        x, y: (n, d) and (m, d) embeddings of the two snapshots; rows of NaN do not count.
        seed: of the division into folds.
        n_folds: folds, each with the two snapshots in their proportion.

    Returns:
        float, 0 to 1; 0.5 is chance, and chance may fall below it.

    Raises:
        InputError: as `first_component`, or a snapshot of fewer particles than folds.
    """
    x, y = (part[~_bare(part)] for part in _checked(x, y))
    if min(len(x), len(y)) < n_folds:
        raise InputError(f"Cross-validation with {n_folds} folds needs at least as many particles in each snapshot, "
                         f"but they have {len(x)} and {len(y)}.", option="n_folds", value=n_folds)
    labels = np.repeat([0, 1], [len(x), len(y)])
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    scores = cross_val_score(classifier, np.concatenate([x, y]), labels, cv=folds, scoring="roc_auc")
    return float(scores.mean())


def _auc(x, y):
    """P(value of y > value of x), ties counted half, from counts of both over the same ascending values."""
    return x @ (y[::-1].cumsum()[::-1] - 0.5 * y) / (x.sum() * y.sum())


def _checked(x, y):
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1:] != y.shape[1:] or not x.size or not y.size:
        raise InputError(f"Two snapshots' embeddings need the shapes (n, d) and (m, d) with at least one "
                         f"particle each, not {x.shape} and {y.shape}.", option="embeddings",
                         value=(x.shape, y.shape))
    for name, values in (("first", x), ("second", y)):
        bare = _bare(values)
        if bare.all():
            raise InputError(f"No particle of the {name} snapshot has neighbours, so nothing can be said about it; "
                             f"raise the cutoff.", option="embeddings", value=name)
        broken = int((~np.isfinite(values[~bare])).any(axis=1).sum())
        if broken:
            raise InputError(f"The embeddings of {broken} of {len(values)} particles of the {name} snapshot "
                             f"have NaN beside numbers, or infinity; mend the featurizer.", option="embeddings",
                             value=name)
    return x, y


def _bare(values):
    """(n,) bool: particles about which nothing can be said."""
    return np.isnan(values).all(axis=1)
