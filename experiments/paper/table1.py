"""Table 1 of the paper: its pairs of snapshots, and order parameters scored on them."""
import pathlib

from gala_ssl.base.errors import InputError
from gala_ssl.frames.reading import read_frames
from gala_ssl.order import compare
from gala_ssl.order.compare import Features, Pair

# Rows of the paper's table; 7 is our own. Snapshots are stems of GSD files, `<prototype>_<phase>`.
PAIRS = (
    Pair(1, "control: two liquids at one temperature", "cF4-Cu_liquid", "cF4-Cu_liquid_b"),
    Pair(2, "gas and liquid", "cI2-W_gas", "cI2-W_liquid"),
    Pair(3, "liquid and solid", "cI2-W_liquid", "cI2-W_solid"),
    Pair(4, "gas and quasicrystal", "iQC_gas", "iQC_solid"),
    Pair(5, "two liquids that form different crystals", "cF4-Cu_liquid", "hP2-Mg_liquid"),
    Pair(6, "two solids", "cF4-Cu_solid", "hP2-Mg_solid"),
    Pair(7, "two liquids of one family that order differently", "dQC_liquid", "hP2-Mg_liquid_narrow"),
)


class SnapshotFeatures(Features):
    """Featurizers on the snapshots of a directory, which are read when they are asked for.

    Args:
        directory: of `<snapshot>.gsd` files; the last frame of each is the snapshot.
    """

    def __init__(self, directory):
        super().__init__({})
        self.directory = pathlib.Path(directory)
        if not self.directory.is_dir():
            raise InputError(f"There is no folder {self.directory} to read snapshots from.", path=self.directory)

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
    """As `gala_ssl.order.compare.score_table`, of the paper's pairs."""
    return compare.score_table(featurizers, features, pairs, seed, n_bootstrap, progress)


def to_rst(table, pairs=PAIRS):
    """As `gala_ssl.order.compare.to_rst`, of the paper's pairs."""
    return compare.to_rst(table, pairs)
