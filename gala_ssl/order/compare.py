"""Order parameters against pairs of snapshots, by how well each separates each: the treatment of Table 1."""
import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
from tqdm import tqdm

from gala_ssl.base.errors import InputError
from gala_ssl.base.tables import simple_table
from gala_ssl.frames.objects import FrameLike
from gala_ssl.order.featurizer import OrderParameter
from gala_ssl.order.separability import linear_separability, separability


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


def score_table(featurizers, features, pairs, seed=0, n_bootstrap=1000, progress=True):
    """Score every featurizer on every pair of snapshots.

    Args:
        featurizers: callables `frame -> (N, d)` of distinct names.
        features: the `Features` of the frames that the pairs name.
        pairs: sequence of `Pair`.
        seed, n_bootstrap: see `separability`; seed also of the linear classifier's folds.
        progress: show a bar (on a terminal only).

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
    rows = []
    for featurizer, pair in tqdm(cells, "scores", disable=None if progress else True):
        row = {"method": featurizer.name, "pair": pair.number, "first": pair.first, "second": pair.second}
        scores = {"auc": np.nan, "low": np.nan, "high": np.nan, "linear_auc": np.nan, "n1": 0, "n2": 0}
        if features.has(pair):
            x, y = features(featurizer, pair.first), features(featurizer, pair.second)
            scores = dataclasses.asdict(separability(x, y, seed, n_bootstrap))
            scores |= {"linear_auc": linear_separability(x, y, seed), "n1": _counted(x), "n2": _counted(y)}
        rows.append(row | scores)
    return pd.DataFrame(rows)


def _counted(values):
    return int((~np.isnan(values).all(axis=1)).sum())


def compare(first: FrameLike, second: FrameLike, methods: Sequence[OrderParameter], *, seed: int = 0,
            n_bootstrap: int = 1000, progress: bool = True) -> pd.DataFrame:
    """Tell two frames apart by each of several order parameters.

    Args:
        first, second: frames of at least five particles each.
        methods: callables `frame -> (N, d)` of distinct names, learned or classical.
        seed: of the bootstrap and of the linear classifier's folds. n_bootstrap: draws. progress: show a bar (on a
            terminal only).

    Returns:
        DataFrame with a row a method, in the order given: index method; auc, low, high (area under the ROC curve of the
        first principal component, max(AUC, 1 - AUC), with its 95 % interval), linear_auc (of a linear classifier on all
        of it, cross-validated), n1, n2 (particles; those without neighbours, whose rows are NaN, do not count).

    Raises:
        InputError: two methods of one name, or too few particles.

    Example:
        >>> run = gala_ssl.read_frames("run.gsd")
        >>> gala_ssl.compare(run[0], run[-1], [gala_ssl.Steinhardt()])
    """
    features, pair = Features({"first": first, "second": second}), Pair(1, "two snapshots", "first", "second")
    table = score_table(methods, features, [pair], seed, n_bootstrap, progress)
    return table.drop(columns=["pair", "first", "second"]).set_index("method")


def to_rst(table, pairs):
    """The table for reading, as reStructuredText: methods down, pairs across, and what the pairs are.

    A single pair has no number.

    Scores of the first component carry half the width of their 95 % interval; "not yet" stands where a
    snapshot is missing.
    """
    def component(row):
        return f"{row.auc:.3f} ±{(row.high - row.low) / 2:.3f}"

    def linear(row):
        return f"{row.linear_auc:.3f}"

    lines = []
    for title, cell in (("First principal component: max(AUC, 1 - AUC)", component),
                        ("Linear classifier on the whole embedding, cross-validated: AUC", linear)):
        lines += [title, "-" * len(title), "", *_grid(table, pairs, cell), ""]
    lines += ["Pairs", "-----", ""] if len(pairs) > 1 else ["Pair", "----", ""]
    for pair in pairs:
        sizes = table.loc[table["pair"] == pair.number, ["n1", "n2"]].max()
        size = f"{sizes['n1']} and {sizes['n2']} particles" if sizes["n1"] else "not yet"
        number = f"{pair.number}. " if len(pairs) > 1 else ""
        lines.append(f"{number}{pair.name}: {' / '.join(pair.labels)} ({size})")
    return "\n".join(lines) + "\n"


def _grid(table, pairs, cell):
    """The lines of a reStructuredText table, one row a method, of the texts that `cell` makes of rows."""
    rows = []
    for method, of_method in table.groupby("method", sort=False):
        of_pair = {row.pair: row for row in of_method.itertuples()}
        texts = ("not yet" if np.isnan(of_pair[p.number].auc) else cell(of_pair[p.number]) for p in pairs)
        rows.append([method.replace("_", " "), *texts])
    header = [f"pair {pair.number}" for pair in pairs] if len(pairs) > 1 else ["score"]
    return simple_table(["method", *header], rows)
