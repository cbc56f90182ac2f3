"""Blocks of a frame classifier's confusion: which frames of a trajectory are of one phase (paper, Appendix A)."""
import itertools

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.randomness import rng

# Frames of which all permutations are tried.
_FEW = 6


def blocks(histogram, count):
    r"""Divide frames into `count` runs such that clouds are mistaken within their own run rather than for another's.

    A cloud of a frame in a run is taken for one of the run's frames, but for a part of the clouds, one for all runs,
    that goes to the others; either way for a frame in proportion to how often that frame is named at all. (A network
    that cannot tell the frames of a phase apart names one or two of them and hardly ever the rest.) The division is
    the one of greatest likelihood, found by dynamic programming. Without the proportions this is a stochastic block
    model, with them its degree-corrected form (Karrer and Newman, Phys. Rev. E 83, 016107 (2011)).

    Args:
        histogram: (k, k), how often clouds of frame i (row) were taken for frame j (column); rows are normalised here.
        count: number of runs, 1 to k.

    Returns:
        (starts, likelihood): (count,) int, first frame of each run; mean log likelihood of a cloud.
    """
    histogram = np.asarray(histogram, float)
    k = len(histogram)
    if histogram.shape != (k, k) or not 1 <= count <= k:
        raise InputError(f"{count} runs of frames need a square histogram of as many frames or more, not one of shape "
                         f"{histogram.shape}.", option="count", value=count)
    rows = histogram / np.maximum(histogram.sum(axis=1, keepdims=True), 1e-300)
    # within[a, b]: all that frames a ... b - 1 are taken for each other.
    corner = np.pad(rows.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    first, last = np.meshgrid(np.arange(k + 1), np.arange(k + 1), indexing="ij")
    within = corner[last, last] - corner[first, last] - corner[last, first] + corner[first, first]
    size = last - first
    # How often each frame is named, and those of a run together; a run that is never named is taken for nothing.
    named = rows.sum(axis=0)
    together = corner[k, last] - corner[k, first]
    share, rest = (np.log(np.maximum(part, 1e-12)) for part in (together, k - together))
    best = None
    # The part that strays is found with the division: for a given one the division is exact, and back.
    for stray in np.geomspace(1e-3, 0.5, 25):
        inside = within * (np.log(1 - stray) - share)
        outside = (size - within) * (np.log(stray) - rest)
        likelihood, starts = best_division(np.where(size > 0, inside + outside, -np.inf), count)
        if best is None or likelihood > best[0]:
            best = likelihood, starts
    return best[1], (best[0] + np.sum(named * np.log(np.maximum(named, 1e-12)))) / k


def chance_of_blocks(histogram, first, second, seed=0, draws=199):
    """How often chance alone divides two neighbouring groups of frames as clearly: 1 / (draws + 1) to 1.

    The frames of both are divided into two runs anew. A permutation test: the rows change places among each other, so
    that what a frame is taken for has nothing to do with when it was, and are divided as well. Three frames on either
    side can be told apart at 0.05; fewer on one side only where the other has more.

    Args:
        histogram: (k, k), how often clouds of frame i (row) were taken for frame j (column).
        first, second: indices of the groups' frames; of up to 6 frames all permutations are tried.
        seed: of the permutations, so many as `draws`.

    Returns:
        float: the part of the divisions, the one found among them, that are as likely. 1 for two frames.
    """
    both = np.concatenate([first, second])
    rows = np.asarray(histogram, float)[np.ix_(both, both)]
    if len(both) < 3:
        return 1.0
    found, k = blocks(rows, 2)[1], len(rows)
    if k <= _FEW:
        orders = itertools.permutations(range(k))
    else:
        generator = rng(seed, "permutations of frames", int(both[0]), k)
        orders = [range(k), *(generator.permutation(k) for _ in range(draws))]
    return float(np.mean([blocks(rows[list(order)], 2)[1] >= found - 1e-12 for order in orders]))


def confusion(histogram, first, second):
    """Part of the clouds of two groups of frames that are taken for the other group: 0 to 1, 0.5 by chance.

    Of clouds that are taken for a frame of either group; the mean of both directions, so that sizes do not matter.

    Args:
        histogram: (k, k), how often clouds of frame i (row) were taken for frame j (column).
        first, second: indices of the groups' frames. A group of which no cloud is taken for either counts as chance.
    """
    histogram = np.asarray(histogram, float)
    parts = []
    for own, other in ((first, second), (second, first)):
        kept, strayed = (histogram[np.ix_(own, columns)].sum() for columns in (own, other))
        parts.append(strayed / (kept + strayed) if kept + strayed else 0.5)
    return float(np.mean(parts))


def best_division(score, count):
    """Best sum of `score[a, b]` over `count` runs a ... b - 1 that follow each other from 0 to k, and their starts."""
    k = len(score) - 1
    value, choices = score[0].copy(), []
    for _ in range(count - 1):
        through = value[:, None] + score
        choices.append(through.argmax(axis=0))
        value = through.max(axis=0)
    starts, end = [], k
    for choice in reversed(choices):
        end = int(choice[end])
        starts.append(end)
    return value[k], np.array([0, *reversed(starts)])
