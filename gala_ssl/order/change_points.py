"""When does a series change its level? A test against correlated noise, and the division that it allows."""
import numpy as np
from scipy.signal import detrend, lfilter

from gala_ssl.base.randomness import rng
from gala_ssl.order.blocks import best_division

# Rows of a level, at least: one row alone is an outlier.
SHORTEST = 2
# Series as they would be without a change, in a test; a division never has more levels.
_SIMULATED, _MOST_LEVELS = 199, 12
# Rows of a piece in which the noise is looked at, about, and the most pieces.
_FITTED, _MOST_PIECES = 24, 4
# Below this, differences are rounding: the standard deviation of a value that seems to have none.
_RESOLUTION = 1e-3
# Rows that the noise forgets its start in, and how long a correlation it may have.
_BURN_IN, _LONGEST = 60, 0.95


def change_points(series, level=0.01, seed=0):
    """Rows at which the level of a series changes.

    One more change is accepted at a time (sequential test of Bai and Perron, Econometrica 66, 47 (1998)): the rows of
    each level are divided once more where this lowers the sum of squares most, and by how much is compared with series
    without a change. These are made of what levels and slopes leave: noise that remembers its last value
    (autoregressive of first order, the sieve bootstrap of Buehlmann, Bernoulli 3, 123 (1997)). So slow fluctuations do not count as changes, and `level` is the probability to find any change
    in a series that has none. The places are those of the best division into as many levels (dynamic programming).

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
    # What several levels and their slopes leave: neither further changes nor a level reached slowly are slow noise.
    pieces = min(max(rows // _FITTED, 2), _MOST_PIECES)
    noise = np.concatenate([detrend(piece, axis=0) for piece in np.split(series, division(series, pieces))])
    simulated = noise_like(noise, pieces, rows, _SIMULATED, generator)
    return float((1 + np.sum(_gain(simulated) >= found)) / (1 + _SIMULATED))


def noise_like(residuals, pieces, rows, count, generator):
    """Series of the noise that these residuals show, (count, rows, K).

    Args:
        residuals: (T, K). pieces: of the series, from each of which a level or a line was removed.
        rows: of a series. count: of series. generator: numpy.random.Generator.
    """
    spread = np.sum(residuals**2)
    memory = np.sum(residuals[1:] * residuals[:-1]) / spread if spread else 0.0
    # Too small for few rows: lines were removed (Marriott and Pope, Biometrika 41, 390 (1954)), and the
    # estimate scatters. Slow noise that is taken for fast noise gives false alarms, so it is taken at its upper end.
    memory += (pieces * (2 + 4 * memory) + np.sqrt(len(residuals))) / len(residuals)
    memory = min(max(memory, 0.0), _LONGEST)
    steps = residuals[1:] - memory * residuals[:-1]
    steps = (steps - steps.mean(axis=0)) * np.sqrt(len(steps) / max(len(steps) - 1 - 2 * pieces, 1))
    drawn = steps[generator.integers(len(steps), size=(count, rows + _BURN_IN))]
    # Neither two equal series nor a distribution of few values: a little smooth noise on top.
    drawn = drawn + generator.normal(size=drawn.shape) * np.maximum(0.3 * steps.std(axis=0), _RESOLUTION)
    return lfilter([1.0], [1.0, -memory], drawn, axis=1)[:, _BURN_IN:]


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
