"""Table 1 of the paper: order parameters against pairs of snapshots, by how well each separates each."""
import dataclasses
import pathlib

import numpy as np
import pandas as pd
from tqdm import tqdm

from gala_ssl.analysis.roc import linear_separability, separability
from gala_ssl.analysis.tables import simple_table
from gala_ssl.data.reading import read_frames
from gala_ssl.errors import InputError


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two snapshots to be told apart.

    Attributes:
        number: row of the paper's table; 7 is our own.
        name: what the pair asks.
        first, second: stems of the snapshots' GSD files, `<prototype>_<phase>`.
    """

    number: int
    name: str
    first: str
    second: str

    @property
    def labels(self):
        """The two snapshots in words."""
        return self.first.replace("_", " "), self.second.replace("_", " ")


PAIRS = (
    Pair(1, "control: two liquids at one temperature", "cF4-Cu_liquid", "cF4-Cu_liquid_b"),
    Pair(2, "gas and liquid", "cI2-W_gas", "cI2-W_liquid"),
    Pair(3, "liquid and solid", "cI2-W_liquid", "cI2-W_solid"),
    Pair(4, "gas and quasicrystal", "iQC_gas", "iQC_solid"),
    Pair(5, "two liquids that form different crystals", "cF4-Cu_liquid", "hP2-Mg_liquid"),
    Pair(6, "two solids", "cF4-Cu_solid", "hP2-Mg_solid"),
    Pair(7, "two liquids of one family that order differently", "dQC_liquid", "hP2-Mg_liquid_narrow"),
)


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


class SnapshotFeatures(Features):
    """Featurizers on the snapshots of a directory, which are read when they are asked for.

    Args:
        directory: of `<snapshot>.gsd` files; the last frame of each is the snapshot.
    """

    def __init__(self, directory):
        super().__init__({})
        self.directory = pathlib.Path(directory)
        if not self.directory.is_dir():
            raise InputError(f"There is no folder {self.directory} to read snapshots from.")

    def path(self, snapshot):
        """The file of a snapshot, which may not be there yet."""
        return self.directory / f"{snapshot}.gsd"

    def has(self, pair):
        return self.path(pair.first).exists() and self.path(pair.second).exists()

    def __call__(self, featurizer, name):
        if name not in self.frames:
            self.frames[name] = read_frames(self.path(name), -1)[0]
        return super().__call__(featurizer, name)


def table1(featurizers, features, pairs=PAIRS, seed=0, n_bootstrap=1000, progress=True):
    """Score every featurizer on every pair of snapshots.

    Args:
        featurizers: callables `frame -> (N, d)` of distinct names.
        features: the `Features` of the frames that the pairs name.
        pairs: sequence of `Pair`.
        seed, n_bootstrap: see `separability`; seed also of the linear classifier's folds.
        progress: show a bar (on a terminal only).

    Returns:
        DataFrame with a row for each method and pair: method, pair (number), first, second (snapshots), auc,
        low, high (first component and its bootstrap interval), linear_auc, n1, n2 (particles). A pair of
        which a snapshot is missing has NaN scores and no particles.

    Raises:
        InputError: two featurizers of one name, or a snapshot that cannot be read or has too few particles.
    """
    names = [featurizer.name for featurizer in featurizers]
    if len(set(names)) != len(names):
        raise InputError(f"Featurizers are told apart by name, but these are called {', '.join(names)}.")
    cells = [(featurizer, pair) for featurizer in featurizers for pair in pairs]
    rows = []
    for featurizer, pair in tqdm(cells, "table 1", disable=None if progress else True):
        row = {"method": featurizer.name, "pair": pair.number, "first": pair.first, "second": pair.second}
        scores = {"auc": np.nan, "low": np.nan, "high": np.nan, "linear_auc": np.nan, "n1": 0, "n2": 0}
        if features.has(pair):
            x, y = features(featurizer, pair.first), features(featurizer, pair.second)
            scores = dataclasses.asdict(separability(x, y, seed, n_bootstrap))
            scores |= {"linear_auc": linear_separability(x, y, seed), "n1": len(x), "n2": len(y)}
        rows.append(row | scores)
    return pd.DataFrame(rows)


def to_rst(table, pairs=PAIRS):
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
