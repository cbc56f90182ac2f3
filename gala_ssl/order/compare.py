"""Order parameters against pairs of snapshots, by how well each separates each: the treatment of Table 1."""
import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from gala_ssl.base.errors import InputError
from gala_ssl.base.progress import Bar
from gala_ssl.base.tables import simple_table
from gala_ssl.frames.objects import FrameLike, as_frame
from gala_ssl.order.featurizer import OrderParameter
from gala_ssl.order.regions import matched
from gala_ssl.order.separability import linear_separability, separability

_SCORES, _FOLDS = ("auc", "low", "high", "linear_auc"), 5


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two snapshots to be told apart.

    Attributes:
        number: row of a table.
        name: what the pair asks.
        first, second: names of the snapshots.
    """

    number: int
    name: str
    first: str
    second: str

    @property
    def labels(self):
        """The two snapshots in words."""
        return self.first.replace("_", " "), self.second.replace("_", " ")


class Features:
    """Featurizers on frames known by name, each combination computed once and kept in memory.

    Args:
        frames: mapping of names to Frames.

    Called with a featurizer and a name it gives the (N, dimension) array; featurizers are told apart by `name`.
    A `Concatenation` is put together from its parts, so that none of them is computed again.
    """

    def __init__(self, frames):
        self.frames, self._found = dict(frames), {}

    def has(self, pair):
        """Whether both snapshots of `pair` are there."""
        return pair.first in self.frames and pair.second in self.frames

    def __call__(self, featurizer, name):
        key = featurizer.name, name
        if key not in self._found:
            parts = [self(part, name) for part in getattr(featurizer, "featurizers", ())]
            self._found[key] = np.hstack(parts) if parts else np.asarray(featurizer(self.frames[name]))
        return self._found[key]


def score_table(featurizers, features, pairs, seed=0, n_bootstrap=1000, progress=True, match=False):
    """Score every featurizer on every pair of snapshots.

    Args:
        featurizers: callables `frame -> (N, d)` of distinct names.
        features: the `Features` of the frames that the pairs name.
        pairs: sequence of `Pair`.
        seed, n_bootstrap: see `separability`; seed also of the linear classifier's folds.
        progress: show a bar (on a terminal only).
        match: add columns matched_auc and so on, the same scores for particles drawn so that vapour, surface and bulk
            have the same share in both snapshots (`gala_ssl.order.regions.matched`); NaN for fewer than five of them.

    Returns:
        DataFrame with a row for each method and pair: method, pair (number), first, second (snapshots), auc,
        low, high (first component and its bootstrap interval), linear_auc, n1, n2 (particles that have
        neighbours). A pair of which a snapshot is missing has NaN scores and no particles.

    Raises:
        InputError: two featurizers of one name, or a snapshot that cannot be read or has too few particles.
    """
    names = [featurizer.name for featurizer in featurizers]
    if len(set(names)) != len(names):
        raise InputError(f"Featurizers are told apart by name, but these are called {', '.join(names)}.",
                         option="featurizers", value=names)
    cells = [(featurizer, pair) for featurizer in featurizers for pair in pairs]
    drawn = {pair.number: matched(features.frames[pair.first], features.frames[pair.second], seed)
             for pair in pairs if match and features.has(pair)}
    rows = []
    for featurizer, pair in Bar(cells, "scores", unit="score", shown=progress):
        row = {"method": featurizer.name, "pair": pair.number, "first": pair.first, "second": pair.second}
        scores = dict.fromkeys(_SCORES, np.nan) | {"n1": 0, "n2": 0}
        if features.has(pair):
            x, y = features(featurizer, pair.first), features(featurizer, pair.second)
            scores = _scores(x, y, seed, n_bootstrap)
            if match:
                x, y = (values[rows] for values, rows in zip((x, y), drawn[pair.number]))
                enough = min(_counted(x), _counted(y)) >= _FOLDS
                found = _scores(x, y, seed, n_bootstrap) if enough else dict.fromkeys(scores, np.nan)
                scores |= {f"matched_{name}": value for name, value in found.items()}
        rows.append(row | scores)
    return pd.DataFrame(rows)


def _scores(x, y, seed, n_bootstrap):
    scores = dataclasses.asdict(separability(x, y, seed, n_bootstrap))
    return scores | {"linear_auc": linear_separability(x, y, seed, _FOLDS), "n1": _counted(x), "n2": _counted(y)}


def _counted(values):
    return int((~np.isnan(values).all(axis=1)).sum())


def compare(first: FrameLike, second: FrameLike, methods: Sequence[OrderParameter], *, seed: int = 0,
            n_bootstrap: int = 1000, progress: bool = True, match: bool = False) -> pd.DataFrame:
    """Tell two frames apart by each of several order parameters.

    Args:
        first, second: frames of at least five particles each.
        methods: callables `frame -> (N, d)` of distinct names, learned or classical.
        seed: of the bootstrap and of the linear classifier's folds. n_bootstrap: draws. progress: show a bar (on a
            terminal only).
        match: score each method also on particles drawn so that vapour, surface and bulk have the same share in both
            frames, so that droplets of different size are compared by their inside; see
            `gala_ssl.order.regions.matched`.

    Returns:
        DataFrame with a row a method, in the order given: index method; auc, low, high (area under the ROC curve of the
        first principal component, max(AUC, 1 - AUC), with its 95 % interval), linear_auc (of a linear classifier on all
        of it, cross-validated), n1, n2 (particles; those without neighbours, whose rows are NaN, do not count); with
        `match` the same again as matched_auc and so on.

    Raises:
        InputError: two methods of one name, or too few particles.

    Example:
        >>> run = gala_ssl.read_frames("run.gsd")
        >>> gala_ssl.compare(run[0], run[-1], [gala_ssl.Steinhardt()])
    """
    frames = {"first": as_frame(first), "second": as_frame(second)}
    features, pair = Features(frames), Pair(1, "two snapshots", "first", "second")
    table = score_table(methods, features, [pair], seed, n_bootstrap, progress, match)
    return table.drop(columns=["pair", "first", "second"]).set_index("method")


def to_rst(table, pairs):
    """The table for reading, as reStructuredText: methods down, pairs across, and what the pairs are.

    A single pair has no number.

    Scores of the first component carry half the width of their 95 % interval; "not yet" stands where a
    snapshot is missing, "too few" where fewer than five particles have the same shares.
    """
    def component(row):
        return f"{row.auc:.3f} ±{(row.high - row.low) / 2:.3f}"

    def linear(row):
        return f"{row.linear_auc:.3f}"

    prefix, lines, tables = "matched_", [], [("", table)]
    if f"{prefix}auc" in table:
        names = {name: name.removeprefix(prefix) for name in table if name.startswith(prefix)}
        tables += [(", matched shares of vapour, surface and bulk",
                    table.drop(columns=list(names.values())).rename(columns=names))]
    for addition, scores in tables:
        for title, cell in (("First principal component: max(AUC, 1 - AUC)", component),
                            ("Linear classifier on the whole embedding, cross-validated: AUC", linear)):
            title, missing = title + addition, "too few" if addition else "not yet"
            lines += [title, "-" * len(title), "", *_grid(scores, pairs, cell, missing), ""]
    lines += ["Pairs", "-----", ""] if len(pairs) > 1 else ["Pair", "----", ""]
    for pair in pairs:
        sizes = table.loc[table["pair"] == pair.number, ["n1", "n2"]].max()
        size = f"{sizes['n1']} and {sizes['n2']} particles" if sizes["n1"] else "not yet"
        number = f"{pair.number}. " if len(pairs) > 1 else ""
        lines.append(f"{number}{pair.name}: {' / '.join(pair.labels)} ({size})")
    return "\n".join(lines) + "\n"


def _grid(table, pairs, cell, missing):
    """The lines of a reStructuredText table, one row a method, of the texts that `cell` makes of rows."""
    rows = []
    for method, of_method in table.groupby("method", sort=False):
        of_pair = {row.pair: row for row in of_method.itertuples()}
        texts = (missing if np.isnan(of_pair[p.number].auc) else cell(of_pair[p.number]) for p in pairs)
        rows.append([method.replace("_", " "), *texts])
    header = [f"pair {pair.number}" for pair in pairs] if len(pairs) > 1 else ["score"]
    return simple_table(["method", *header], rows)
