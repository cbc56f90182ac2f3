"""Is a droplet an icosahedral quasicrystal? Four signs that know nothing of how it was made.

1. Global bond order: Q_l of the bonds of a shell is far above its noise for l = 6, 10, 12 and at the noise for
   l = 2, 4, 8, the degrees in which the icosahedral group has no invariant (Steinhardt et al., 1983).
2. The bonds point along discrete axes (bond-orientational diagram).
3. The strongest axes make the angles of an icosahedron's two-fold axes, 36, 60, 72 and 90 degrees.
4. Along its axes the structure factor has sharp peaks whose positions grow by the golden ratio, not by whole
   numbers, and the strongest peaks of one length lie on all fifteen two-fold axes of an icosahedron, of two grains
   on those of two.
"""
import dataclasses

import freud
import numpy as np
from scipy.optimize import minimize
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from scipy.special import eval_legendre, sph_harm_y

from gala_ssl.base.errors import InputError
from gala_ssl.base.randomness import rng

GOLDEN = (1 + np.sqrt(5)) / 2


def bonds_of_shell(positions, length, r_min, r_max):
    """Unit vectors of the bonds between r_min and r_max, (n, 3); each pair has both directions.

    Args:
        positions: (N, 3) in a periodic cube centred on 0. length: edge of the cube.
    """
    box = freud.box.Box.cube(length)
    query = freud.locality.AABBQuery(box, box.wrap(np.asarray(positions, np.float32)))
    found = query.query(query.points, {"r_min": r_min, "r_max": r_max, "exclude_ii": True}).toNeighborList()
    vectors = np.asarray(found.vectors, float)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def droplet(positions, length, r_max=1.4):
    """The largest cluster, whole and around 0, (n, 3); particles closer than `r_max` are in one cluster."""
    box = freud.box.Box.cube(length)
    points = box.wrap(np.asarray(positions, np.float32))
    clusters = freud.cluster.Cluster()
    clusters.compute((box, points), neighbors={"r_max": r_max})
    largest = clusters.cluster_keys[0]  # sorted by size
    return box.wrap(points[largest] - box.center_of_mass(points[largest]))


def bond_order(directions, degrees=(2, 4, 6, 8, 10, 12)):
    r"""Global bond order of unit vectors over what random ones have, a dictionary by degree.

    :math:`Q_l = \sqrt{\frac{4 \pi}{2 l + 1} \sum_m |\langle Y_{lm} \rangle|^2}
    = \sqrt{\langle P_l(u \cdot v) \rangle}` over all pairs; n independent vectors have about :math:`1 / \sqrt{n}`.
    Bonds of both directions count as one.
    """
    # The mean over pairs of P_l(u . v) is found from moments: sum over m of |mean Y_lm|^2.
    theta, phi = np.arccos(np.clip(directions[:, 2], -1, 1)), np.arctan2(directions[:, 1], directions[:, 0])
    noise = 1 / np.sqrt(len(directions) / 2)
    order = {}
    for degree in degrees:
        means = [sph_harm_y(degree, m, theta, phi).mean() for m in range(-degree, degree + 1)]
        order[degree] = float(np.sqrt(4 * np.pi / (2 * degree + 1) * np.sum(np.abs(means) ** 2)) / noise)
    return order


def icosahedron():
    """Axes of an icosahedron, one of each pair of opposites: {5: (6, 3), 3: (10, 3), 2: (15, 3)}, unit vectors."""
    cyclic = [np.roll(np.eye(3), i, axis=1) for i in range(3)]
    five = [(0, 1, sign * GOLDEN) for sign in (1, -1)]
    three = [(0, sign * GOLDEN, 1 / GOLDEN) for sign in (1, -1)]
    axes = {5: np.concatenate([np.array(five) @ turn for turn in cyclic])}
    axes[3] = np.concatenate([*(np.array(three) @ turn for turn in cyclic),
                              [(1, 1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1)]])
    halves = [(1, s * GOLDEN, t / GOLDEN) for s in (1, -1) for t in (1, -1)]
    # The two-fold axes lie midway between neighbouring five-fold ones.
    axes[2] = np.concatenate([*(np.array(halves)[:, [0, 2, 1]] @ turn for turn in cyclic), np.eye(3)])
    return {fold: of / np.linalg.norm(of, axis=1, keepdims=True) for fold, of in axes.items()}


@dataclasses.dataclass(frozen=True)
class Orientation:
    """How an icosahedron lies best among bonds.

    Attributes:
        rotation: (3, 3); `axes[fold] @ rotation.T` are the axes in the droplet.
        score: how well it fits; the function that found it defines it.
    """

    rotation: np.ndarray
    score: float


def orient(directions, starts=400, seed=0):
    """Turn an icosahedron to where its harmonics are strongest on the bonds, of either sign; an `Orientation`.

    Its score is the root of the sum of squares of the icosahedral harmonics of degrees 6, 10 and 12, averaged over the
    bonds, each over its noise; about 2 for random bonds. Of two grains it may lie between the grains, see `grains`.
    """
    five = icosahedron()[5]
    if len(directions) == 0:
        raise InputError("There are no bonds in the shell to lay an icosahedron among.", option="directions")

    # Of n random directions the mean has this variance: six axes, whose harmonics overlap.
    variances = [eval_legendre(degree, five @ five.T).sum() / (2 * degree + 1) / (len(directions) / 2)
                 for degree in (6, 10, 12)]

    def minus_score(turn):
        cosines = directions @ Rotation.from_rotvec(turn).apply(five).T
        means = [eval_legendre(degree, cosines).sum(axis=1).mean() for degree in (6, 10, 12)]
        return -np.sqrt(sum(mean**2 / variance for mean, variance in zip(means, variances)))

    turns = Rotation.random(starts, rng=rng(seed, "orientations")).as_rotvec()
    starting = sorted(turns, key=minus_score)[:6]
    found = min((minimize(minus_score, turn, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-4})
                 for turn in starting), key=lambda result: result.fun)
    return Orientation(Rotation.from_rotvec(found.x).as_matrix(), float(-found.fun))


def strongest_axes(directions, count=15, width=0.08, points=8000):
    """The `count` strongest peaks of the bond-orientational diagram, (count, 3) unit vectors, strongest first.

    Bonds are smoothed over an angle of `width` radians on a spiral grid; u and -u are one axis.
    """
    grid = _hemisphere(points)
    density = np.zeros(points)
    for part in np.array_split(directions, max(1, len(directions) // 2000)):
        density += np.exp((np.abs(grid @ part.T) - 1) / width**2).sum(axis=1)
    return grid[_highest(grid, density, count, 4 * width)]


def angles_between(axes):
    """Angles between all pairs of axes, in degrees from 0 to 90, ascending."""
    upper = np.triu_indices(len(axes), 1)
    return np.sort(np.degrees(np.arccos(np.clip(np.abs(axes @ axes.T), 0, 1))[upper]))


def across(axis):
    """Two unit vectors (2, 3) at right angles to a unit vector and to each other."""
    axis = np.asarray(axis, float)
    side = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
    side /= np.linalg.norm(side)
    return np.stack([side, np.cross(axis, side)])


def structure_factor(positions, axis, q):
    r"""Structure factor :math:`|\sum_j \exp(i q\, u \cdot r_j)|^2 / N` along the unit vector u = `axis`.

    Args:
        positions: (N, 3), of a droplet that no face of the box cuts. q: (m,) wave numbers.
    """
    phases = np.exp(1j * np.outer(q, np.asarray(positions, float) @ np.asarray(axis)))
    return np.abs(phases.sum(axis=1)) ** 2 / len(positions)


def mean_structure_factors(positions, orientation, q):
    """{fold: S(q) averaged over the axes of that fold, (m,)}."""
    return {fold: np.mean([structure_factor(positions, axis, q) for axis in axes @ orientation.rotation.T], axis=0)
            for fold, axes in icosahedron().items()}


def bragg_peaks(q, factor, least=10):
    """Wave numbers at which S(q) has a peak of at least `least`, ascending; q and factor are (m,)."""
    middle = factor[1:-1]
    return q[1:-1][(middle > factor[:-2]) & (middle >= factor[2:]) & (middle >= least)]


def bragg_axes(positions, wave_number, count=15, apart=0.15, points=8000):
    """The `count` directions, `apart` radians or more from each other, in which S is largest at a wave number.

    Args:
        positions: (n, 3), of a droplet that no face of the box cuts.
    Returns:
        Unit vectors (count, 3), strongest first, and the structure factor in their directions (count,).
    """
    grid = _hemisphere(points)
    factor = _along(positions, grid, wave_number)
    highest = _highest(grid, factor, count, apart)
    return grid[highest], factor[highest]


def grains(positions, wave_number, most=4, starts=5000, points=8000, seed=0):
    """The orientations of an icosahedron that have a peak of S at a wave number on each of their two-fold axes.

    Args:
        positions: (n, 3), of a droplet that no face of the box cuts.
        most: grains looked for at most.
        starts: random orientations to start from. points: of a half sphere, on which these are compared.
    Returns:
        List of `Orientation`, the strongest first; `score` is the mean of S over the fifteen axes. An orientation
        counts if S is nowhere on them less than a third of that mean, which the peaks of a cubic crystal, on six or
        three of the fifteen, do not reach. A droplet of two grains has two.
    """
    grid, two = _hemisphere(points), icosahedron()[2]
    on_grid, tree = np.tile(_along(positions, grid, wave_number), 2), cKDTree(np.concatenate([grid, -grid]))
    turns = Rotation.random(starts, rng=rng(seed, "orientations"))
    coarse = np.array([on_grid[tree.query(turn.apply(two))[1]].mean() for turn in turns])
    found = []

    def along(turn):
        return _along(positions, turn.apply(two), wave_number)

    def is_found(turn):
        return any(_same_axes(turn.apply(two), grain.rotation, two) for grain in found)

    for start in turns[np.argsort(-coarse)[:10 * most]]:
        if is_found(start):
            continue
        best = minimize(lambda vector: -along(Rotation.from_rotvec(vector)).mean(), start.as_rotvec(),
                        method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-2})
        turn = Rotation.from_rotvec(best.x)
        factors = along(turn)
        if factors.min() > factors.mean() / 3 and not is_found(turn):
            found.append(Orientation(turn.as_matrix(), float(factors.mean())))
    return sorted(found, key=lambda grain: -grain.score)[:most]


def _same_axes(axes, rotation, two, within=0.1):
    """Whether axes (15, 3) are those of an icosahedron turned by `rotation`, each to `within` radians."""
    return np.abs(axes @ rotation @ two.T).max(axis=1).min() > np.cos(within)


def _along(positions, axes, wave_number):
    """S at one wave number along each of the axes (m, 3), (m,)."""
    return np.array([structure_factor(positions, axis, [wave_number])[0] for axis in axes])


def _highest(grid, values, count, apart):
    """Where on the grid the `count` highest values are, highest first, each `apart` radians or more from the others."""
    peaks = []
    for i in np.argsort(-values):
        if all(abs(grid[i] @ grid[j]) < np.cos(apart) for j in peaks):
            peaks.append(i)
        if len(peaks) == count:
            break
    return peaks


def _hemisphere(points):
    """A spiral of equally dense unit vectors with z > 0."""
    i = np.arange(points) + 0.5
    z = i / points
    angle = 2 * np.pi * i / GOLDEN
    return np.stack([np.sqrt(1 - z**2) * np.cos(angle), np.sqrt(1 - z**2) * np.sin(angle), z], axis=1)
