"""Which crystal a droplet is, for structures that template matching has no template of: lattice, sites, space group.

No structure is assumed. The lattice is where the vectors between particles pile up; the sites are where particles
pile up once all cells are folded into one; `spglib`, a package that is not ours, names the space group of that
averaged cell. It sees one grain, the one whose lattice is strongest; particles of others do not count.
"""
import dataclasses

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from gala_ssl.base.errors import InputError
from gala_ssl.simulation.identify.quasicrystal import droplet

# A vector of the lattice starts at every particle, one between sites at a part of them; surfaces take some from both.
LATTICE_PART, SITE_PART, BIN, WIDTH = 0.6, 0.3, 0.1, 0.3
# A particle of the grain has others in the same place of this part of the 26 nearest cells; of half at a flat face.
GRAIN_PART = 0.4
# Of points at random in a ball the root-mean-square distance from its centre is sqrt(3/5) radii; a liquid's has 0.95 of
# that around "sites", crystals near melting 0.6.
DISORDER = 0.8 * 0.6 ** 0.5
# A cell and the 26 around it, opposite ones at opposite ends, itself in the middle.
NEAREST_CELLS = np.indices((3, 3, 3)).reshape(3, -1).T - 1


@dataclasses.dataclass(frozen=True)
class AveragedCell:
    """A primitive cell and its sites.

    Attributes:
        vectors: (3, 3), rows are the lattice vectors, in the units of the positions.
        sites: (m, 3) fractional coordinates from 0 to 1.
        occupation: (m,) particles on each site over those on the fullest.
        spread: root-mean-square distance of the particles on sites from them.
        fraction: particles of the grain on sites over all particles of the frame, vapour and surface counted.
    """

    vectors: np.ndarray
    sites: np.ndarray
    occupation: np.ndarray
    spread: float
    fraction: float


def average(positions, length, reach=4.0, tolerance=0.25):
    """The `AveragedCell` of the strongest grain of a frame.

    Args:
        positions: (N, 3) in a periodic cube centred on 0; shortest distances near 1.
        length: edge of the cube.
        reach: longest lattice vector looked for; the three shortest that are not in one plane must lie within it.
        tolerance: a particle this close to a site is on it.
    Raises:
        InputError: no lattice is found, as in a liquid or a glass.
    """
    whole = np.asarray(droplet(positions, length), float)
    grain = whole[_with_partners(whole, _peaks(whole, whole, reach)[:1], 0.5)]
    vectors = _lattice(_peaks(grain, whole, reach), reach)
    grain = whole[_with_partners(whole, NEAREST_CELLS[14:] @ vectors, GRAIN_PART)]
    for _ in range(4):
        sites = _sites(grain @ np.linalg.inv(vectors), vectors, tolerance)
        found, cell, apart = _nearest(grain, vectors, sites)
        on = apart < tolerance
        # Lattice and sites together, by least squares: r = cell @ vectors + place of the site.
        columns = np.hstack([cell[on], found[on, None] == np.arange(len(sites))])
        solved = np.linalg.lstsq(columns, grain[on], rcond=None)[0]
        vectors, sites = solved[:3], solved[3:] @ np.linalg.inv(solved[:3])
    found, _, apart = _nearest(grain, vectors, sites)
    on = apart < tolerance
    count = np.bincount(found[on], minlength=len(sites))
    spread = float(np.sqrt(np.mean(apart[on] ** 2)))
    if spread > DISORDER * tolerance:
        raise InputError(f"The frame has no lattice: particles lie {spread:.3f} from the sites found, as in a liquid "
                         "or a glass.", option="positions")
    return AveragedCell(vectors, sites % 1, count / count.max(), spread, float(on.sum() / len(positions)))


def space_group(cell, precision=0.1):
    """Number of the space group and the Wyckoff letter of each site, by `spglib`: (223, "aacccccc").

    Args:
        cell: an `AveragedCell`.
        precision: how far sites may be off their symmetric places, in the units of the positions.
    """
    try:
        import spglib
    except ImportError as error:
        raise InputError("Naming a space group needs spglib; install it with: pip install spglib",
                         option="package", value="spglib") from error
    found = spglib.get_symmetry_dataset((cell.vectors, cell.sites, [1] * len(cell.sites)), symprec=precision)
    if found is None:
        raise InputError(f"The sites have no symmetry to {precision:g}; give a larger precision.",
                         option="precision", value=precision)
    return found.number, "".join(found.wyckoffs)


def _peaks(grain, whole, reach):
    """Where the vectors from particles of `grain` to those of `whole` pile up, (n, 3), the highest pile first.

    From the highest down to a part `LATTICE_PART` of it.
    """
    starts, tree = cKDTree(grain), cKDTree(whole)
    pairs = np.concatenate([whole[ends] - start for start, ends in zip(grain, starts.query_ball_tree(tree, reach))])
    pairs = pairs[np.any(pairs != 0, axis=1)]
    edges = BIN * np.arange(-np.ceil(reach / BIN) - 1, np.ceil(reach / BIN) + 2)
    density = ndimage.gaussian_filter(np.histogramdd(pairs, bins=(edges,) * 3)[0], 1.2)
    peaks = edges[np.argwhere((density == ndimage.maximum_filter(density, 7)) & (density > 0))] + BIN / 2
    tree = cKDTree(pairs)
    for _ in range(3):  # to the middle of what lies around
        near = tree.query_ball_point(peaks, WIDTH)
        peaks = np.array([pairs[inside].mean(axis=0) if inside else peak for inside, peak in zip(near, peaks)])
    height = tree.query_ball_point(peaks, WIDTH, return_length=True)
    order = np.argsort(-height, kind="stable")
    return peaks[order[height[order] > LATTICE_PART * height.max()]]


def _with_partners(whole, vectors, part):
    """Which particles have another one at this part or more of the ends of `vectors` and -`vectors`, (N,) bool."""
    tree = cKDTree(whole)
    ends = np.concatenate([vectors, -vectors])
    return np.mean([tree.query(whole + end)[0] < WIDTH for end in ends], axis=0) >= part


def _lattice(peaks, reach):
    """The three shortest of `peaks` that are not in one plane, (3, 3)."""
    basis = []
    for vector in peaks[np.argsort(np.linalg.norm(peaks, axis=1), kind="stable")]:
        trial = np.array([*basis, vector])
        unit = trial / np.linalg.norm(trial, axis=1, keepdims=True)
        if np.linalg.det(unit @ unit.T) > 0.1:  # the square of an area or a volume: not in one line, not in one plane
            basis.append(vector)
        if len(basis) == 3:
            return trial
    raise InputError(f"The frame has no lattice: fewer than three vectors up to {reach}, not in one plane, join enough "
                     "of its particles, as in a liquid or a glass; a cell with longer edges needs a longer reach.",
                     option="reach", value=reach)


def _sites(fractions, vectors, tolerance):
    """Where folded particles pile up, (m, 3) fractional, the fullest first."""
    points = fractions % 1
    sites, full = [], None
    while len(points):
        around = (points + NEAREST_CELLS[:, None]).reshape(-1, 3) @ vectors
        tree = cKDTree(around)
        middle = points[np.argmax(tree.query_ball_point(points @ vectors, tolerance, return_length=True))] @ vectors
        for _ in range(5):
            inside = tree.query_ball_point(middle, tolerance)
            middle = around[inside].mean(axis=0)
        full = full or len(inside)
        if len(inside) < SITE_PART * full:
            break
        sites.append(middle @ np.linalg.inv(vectors))
        points = np.delete(points, np.unique(np.array(inside) % len(points)), axis=0)
    return np.array(sites)


def _nearest(whole, vectors, sites):
    """The site nearest to each particle (n,), the cell it is in (n, 3), and how far away it is (n,)."""
    apart = (whole @ np.linalg.inv(vectors))[:, None] - sites
    cells = np.round(apart)
    distance = np.linalg.norm((apart - cells) @ vectors, axis=-1)
    found = distance.argmin(axis=1)
    every = np.arange(len(whole))
    return found, cells[every, found], distance[every, found]
