"""When does a series change its level? A test against correlated noise, and the division that it allows."""
import numpy as np

from gala_ssl.base.randomness import rng
from gala_ssl.order.blocks import best_division

# Rows of a level, at least: one row alone is an outlier.
SHORTEST = 2
# Series as they would be without a change, in a test; a division never has more levels.
_SIMULATED, _MOST_LEVELS = 199, 12
# Correlation of the noise of one row with that of the next, at most, and rows in which it forgets its start.
_MEMORY, _BURN_IN = 0.8, 40
# The median of absolute normal numbers; and the standard deviation of values that seem to have no noise.
_MEDIAN, _RESOLUTION = 0.6745, 1e-3


def change_points(series, level=0.01, seed=0):
    """Rows at which the level of a series changes.

    One more change is accepted at a time (sequential test of Bai and Perron, Econometrica 66, 47 (1998)): the rows of
    each level are divided once more where this lowers the sum of squares most, and by how much is compared with series
    of noise without a change. The noise is measured by second differences, which neither levels nor slopes have, and
    taken to be slow: neighbouring rows have a correlation of 0.8. So slow fluctuations do not count as changes. `level`
    is the probability to find any change in a series of such noise; in faster noise it is smaller. The places are those
    of the best division into as many levels (dynamic programming).

    Args:
        series: (T, K), K values in each of T rows. level: probability of a false alarm. seed: of the simulated series.

    Returns:
        (count,) int, the first row of each level but the first; empty where there is no change, and of fewer than
        6 rows.
    """
    series = _main_directions(np.asarray(series, float))
    starts = np.array([], int)
    while len(starts) + 1 < min(_MOST_LEVELS, len(series) // SHORTEST):
        runs = np.split(series, starts)
        chances = [chance_of_no_change(run, rng(seed, "change points", len(starts), i)) for i, run in enumerate(runs)]
        if min(chances) > level:
            break
        starts = division(series, len(starts) + 2)
    return starts


def division(series, count):
    """The first row of each but the first of `count` levels that leave the smallest sum of squares, (count - 1,)."""
    series = np.asarray(series, float) - np.mean(series, axis=0)
    rows = len(series)
    sums = np.pad(series.cumsum(axis=0), ((1, 0), (0, 0)))
    first, last = np.meshgrid(np.arange(rows + 1), np.arange(rows + 1), indexing="ij")
    size = last - first
    explained = np.zeros((rows + 1, rows + 1))
    for column in sums.T:
        explained += (column[None, :] - column[:, None])**2
    score = np.where(size >= SHORTEST, explained / np.maximum(size, 1), -np.inf)
    return best_division(score, count)[1][1:]


def chance_of_no_change(series, generator):
    """How probable so clear a change of level is in a series (T, K) without one, of the same noise: 1 / 200 to 1."""
    rows = len(series)
    if rows < 3 * SHORTEST:
        return 1.0
    found = _gain(series[None])
    simulated = slow_noise(series, _SIMULATED, generator)
    return float((1 + np.sum(_gain(simulated) >= found)) / (1 + _SIMULATED))


def slow_noise(series, count, generator):
    """Series of noise as large as that of this one and of a correlation of 0.8 from row to row, (count, T, K).

    Args:
        series: (T, K), whose second differences have the size of the noise. generator: numpy.random.Generator.
    """
    from scipy.signal import lfilter  # which takes half a second, and few calls come here

    rows = len(series)
    size = np.median(abs(np.diff(series, 2, axis=0)), axis=0) / _MEDIAN
    # What second differences are of the noise itself; few of them scatter.
    size = size / np.sqrt(6 - 8 * _MEMORY + 2 * _MEMORY**2) * (1 + 4 / rows)
    steps = generator.normal(size=(count, rows + _BURN_IN, series.shape[1])) * np.maximum(size, _RESOLUTION)
    return np.sqrt(1 - _MEMORY**2) * lfilter([1.0], [1.0, -_MEMORY], steps, axis=1)[:, _BURN_IN:]


def _gain(batch):
    """By how much the sum of squares of each series (n, T, K) falls where it is divided best into two levels, (n,)."""
    batch = batch - batch.mean(axis=1, keepdims=True)
    rows = batch.shape[1]
    size = np.arange(SHORTEST, rows - SHORTEST + 1)
    sums = batch.cumsum(axis=1)[:, size - 1]
    return np.max(np.sum(sums**2, axis=2) * rows / (size * (rows - size)), axis=1)


def _main_directions(series, kept=0.999):
    """The series in the few directions in which nearly all of its variance lies."""
    centred = series - series.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    parts = np.cumsum(sizes**2) / max(np.sum(sizes**2), 1e-300)
    count = 1 + int(np.searchsorted(parts, kept))
    return left[:, :count] * sizes[:count]
