"""Where in a sample a particle is: in the dense bulk, at its surface, or in the vapour around it."""
import numpy as np

from gala_ssl.base.randomness import rng
from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.objects import as_frame
from gala_ssl.order.pooling import Surroundings, pooled

REGIONS = ("vapour", "surface", "bulk")
# Bonds that density is measured by; how much longer than those of the densest twentieth they are in the vapour.
_NEIGHBORS, _LONGER, _DENSEST = 20, 1.15, 0.05
# How far the middle of its neighbours is from a particle at an edge, in mean bonds; at most 0.08 in hot crystals.
_ONE_SIDED = 0.1


def regions(frame):
    """(N,) the region of each particle as its place in `REGIONS`: 0 vapour, 1 surface, 2 bulk.

    A particle is dense if the mean distance to its 20 nearest neighbours is less than 1.15 times that of the densest
    twentieth of the frame (their largest). It is of the bulk if all of these neighbours are dense as well, else of the
    surface; what is not dense is vapour. All is relative to the frame: the bulk of a frame of gas is its densest part.

    Args:
        frame: a Frame of N particles, or what `gala_ssl.as_frame` makes one of.

    Raises:
        InputError: what the search for 20 neighbours refuses.
    """
    frame = as_frame(frame)
    # Only in a cluster of fewer than two particles has one no neighbour at all.
    mean = np.concatenate([np.bincount(some.query_point_indices, some.distances, some.num_query_points)
                           / np.maximum(some.neighbor_counts, 1) for _, some in _searched(frame)])
    dense = mean < _LONGER * np.quantile(mean, _DENSEST)
    inside = dense & (pooled(dense[:, None].astype(float), frame, _NEIGHBORS)[:, 0] > 0.999)
    return dense.astype(int) + inside


def in_bulk(frame):
    """(N,) bool: the particles of the dense bulk of a frame, away from surfaces and vapour, see `regions`."""
    return regions(frame) == REGIONS.index("bulk")


def at_edge(frame, around=None):
    """(N,) bool: the particles whose surroundings lie to one side, at a surface or in a vapour; also inside a pore.

    That is so where the mean bond vector to the 20 nearest neighbours, over the mean length of these bonds, averaged as
    a vector over a particle and its 12 nearest, is longer than 0.1: at a surface all of them point inwards, and from
    the sites of a crystal they point everywhere. In the hot crystals of results/hot_crystals it is 0.08 at most, in the
    prototypes at a noise of 0.07 longer for few particles of four (graphite, boron, beta-U, alpha-Mn). Density is not
    compared, as `regions` does.

    Args:
        frame: a Frame of N particles, or what `gala_ssl.as_frame` makes one of.
        around: its `Surroundings` of 12 neighbours, where they are known already.

    Raises:
        InputError: what the search for 20 neighbours refuses.
    """
    frame = as_frame(frame)
    found = []
    for _, some in _searched(frame):
        total = np.stack([np.bincount(some.query_point_indices, column, some.num_query_points)
                          for column in np.asarray(some.vectors).T], axis=1)
        lengths = np.bincount(some.query_point_indices, some.distances, some.num_query_points)
        found.append(total / np.where(lengths > 0, lengths, 1)[:, None])
    return np.linalg.norm((around or Surroundings(frame))(np.concatenate(found)), axis=1) > _ONE_SIDED


def _searched(frame):
    return NeighborSearch(frame, Nearest(_NEIGHBORS)).parts()


def matched(first, second, seed=0):
    """Particles of two frames, drawn so that vapour, surface and bulk have the same share in both.

    As many as possible are kept: of each region, in each frame, the smaller one of the two shares, times N.

    Args:
        first, second: Frames. seed: of the drawing.

    Returns:
        two sorted arrays of numbers of particles, empty where the frames have no region in common.

    Raises:
        InputError: as `regions`.
    """
    where = [regions(frame) for frame in (first, second)]
    shares = np.min([np.bincount(each, minlength=len(REGIONS)) / len(each) for each in where], axis=0)
    drawn = rng(seed, "matched regions")
    return tuple(np.sort(np.concatenate([
        drawn.permutation(np.flatnonzero(each == region))[:round(share * len(each))]
        for region, share in enumerate(shares)])) for each in where)
