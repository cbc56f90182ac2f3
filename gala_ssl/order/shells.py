"""Attention by neighbour shell: shells of a frame, and averages of attention weights over them."""
import freud
import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from gala_ssl.base.errors import InputError
from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest

# Of the radial distribution, in contact distances: width of a bin, and of the Gaussian that smooths it.
_BIN, _SMOOTHED = 0.02, 0.04
# A gap is where g(r) falls to less than this part of the lower one of the two maxima beside it.
_GAP = 0.8
# Nothing is sought in a g(r) below this part of its maximum, where only noise is.
_FLOOR = 0.01
# Plain bins where g(r) has no gap.
_PLAIN = 4


def shell_edges(frame, length, r_max):
    r"""The distances between a frame's neighbour shells, from the gaps of its radial distribution g(r).

    g(r) of all particles together (freud, bins of 0.02 lengths) is smoothed by a Gaussian of 0.04 lengths. A gap is a
    minimum below 0.8 of the lower one of the maxima beside it; where g(r) vanishes between two shells, the middle
    counts. A gas and other frames without a gap get four bins of equal width from `length` to `r_max`.

    Args:
        frame: Frame. length: its contact distance, in its own unit. r_max: the longest distance of interest, in that
            unit; distances beyond half the box are left out.

    Returns:
        (S - 1,) float64 edges between S shells, ascending, in the frame's unit of length.

    Raises:
        InputError: a length or r_max that is not positive.
    """
    if not 0 < length <= r_max < np.inf:
        raise InputError(f"Shells are sought from a contact distance up to a longest one, not from {length!r} to "
                         f"{r_max!r}.", option="length", value=(length, r_max))
    search = NeighborSearch(frame, Nearest(1))
    # A bin more behind the last, so that the end of the range is no gap; freud takes less than half the box.
    reach = min(r_max + 5 * _BIN * length, 0.999 * search.reach)
    bins = max(5, round(reach / (_BIN * length)))
    found = freud.density.RDF(bins, reach).compute(search.query)
    smooth = gaussian_filter1d(found.rdf.astype(np.float64), _SMOOTHED / _BIN)
    logarithm = np.log(np.maximum(smooth, _FLOOR * smooth.max(initial=0) + np.finfo(float).tiny))
    gaps, _ = find_peaks(-logarithm, prominence=-np.log(_GAP))
    edges = found.bin_centers[gaps].astype(np.float64)
    edges = edges[(edges > length) & (edges < r_max)]
    return edges if len(edges) else np.linspace(length, r_max, _PLAIN + 1)[1:-1]


def received(weights, reduces):
    """The part of a layer's attention that each bond receives, (..., L, k), of weights (..., L, k, k).

    It sums to 1 over the bonds of a cloud. Where every bond i looks at bonds j, it is the mean over i of w_ij; where
    pairs are weighed together (`reduces` (L,)), half of a pair's weight goes to each of its bonds. Zero for padding,
    and in a cloud without bonds.
    """
    total = weights.sum(axis=(-2, -1))[..., None]
    looked_at, looking = weights.sum(axis=-2), weights.sum(axis=-1)
    shared = np.where(np.asarray(reduces)[:, None], (looked_at + looking) / 2, looked_at)
    return np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)


def relative(weights):
    """Weights (..., k, k) relative to equal attention: 1 on the mean over the pairs of a cloud that are no padding.

    Args:
        weights: of one cloud and any layers, without padding.
    """
    return weights / weights.mean(axis=(-2, -1), keepdims=True)


class ShellSums:
    """Attention summed up by neighbour shell over any number of clouds, a part of them at a time.

    Args:
        edges: (S - 1,) between S shells, in the unit of the clouds. reduces: (L,) of `AttentionMaps`.

    Attributes:
        clouds: those with a bond. bonds: (S,) how many in all are in each shell. attention: (L, S) summed attention
            that the shells received, a cloud's 1. pairs: (S, S) how many; weights: (L, S, S) their attention, a cloud's
            1 in all.
    """

    def __init__(self, edges, reduces):
        self.edges, self.reduces = np.asarray(edges, np.float64), np.asarray(reduces)
        layers, shells = len(self.reduces), len(self.edges) + 1
        self.clouds, self.bonds, self.attention = 0, np.zeros(shells), np.zeros((layers, shells))
        self.pairs, self.weights = np.zeros((shells, shells)), np.zeros((layers, shells, shells))

    def add(self, clouds, weights):
        """Add PointClouds and their weights (n, L, k, k)."""
        shells = self.shells(clouds)
        member = (shells[..., None] == np.arange(len(self.bonds))).astype(np.float64)
        filled = clouds.mask.any(axis=1)
        total = np.maximum(weights.sum(axis=(-2, -1), dtype=np.float64), np.finfo(float).tiny)[..., None, None]
        self.clouds += int(filled.sum())
        self.bonds += member.sum(axis=(0, 1))
        self.attention += np.einsum("nlk,nks->ls", received(weights, self.reduces), member, optimize=True)
        counts = member.sum(axis=1)
        self.pairs += counts.T @ counts
        self.weights += np.einsum("nlij,nia,njb->lab", weights / total, member, member, optimize=True)

    def shells(self, clouds):
        """(n, k) shell of each bond, 0 for the innermost and -1 for padding."""
        found = np.searchsorted(self.edges, np.linalg.norm(clouds.bonds, axis=-1), side="right")
        return np.where(clouds.mask, found, -1)

    def relative(self):
        """(L, S, S): mean weight of a pair of shells relative to that of any pair; NaN where there is no such pair."""
        with np.errstate(invalid="ignore"):
            return self.weights / self.clouds / (self.pairs / self.pairs.sum())

    def received(self):
        """(L, S): mean attention that a bond of a shell receives relative to any bond; NaN of an empty shell."""
        with np.errstate(invalid="ignore"):
            return self.attention / self.clouds / (self.bonds / self.bonds.sum())

    def table(self, layers):
        """A DataFrame, a row a layer and shell.

        Columns: layer, shell (1 the innermost), r_min, r_max (the last one infinite), bonds (a particle), share (of
        the layer's attention), relative (a bond's, to that of any bond: 1 is no preference).
        """
        low, high, received = np.r_[0, self.edges], np.r_[self.edges, np.inf], self.received()
        rows = [{"layer": layer, "shell": s + 1, "r_min": low[s], "r_max": high[s],
                 "bonds": self.bonds[s] / max(self.clouds, 1), "share": self.attention[i, s] / max(self.clouds, 1),
                 "relative": received[i, s]}
                for i, layer in enumerate(layers) for s in range(len(self.bonds))]
        return pd.DataFrame(rows)
