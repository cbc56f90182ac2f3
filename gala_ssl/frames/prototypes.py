"""The 50 prototype structures that the networks are trained on (paper, section "Data").

`prototypes.csv` holds their crystallographic facts, a row for each Wyckoff site. The first row of a structure
carries its name (Pearson symbol and a representative material; for hR the number counts the primitive cell),
AFLOW label, source, space group and lattice (angstrom, degrees); rows without a name add sites to it.
Coordinates refer to the standard setting of the International Tables: unique axis b, hexagonal axes for the
rhombohedral groups, origin choice 2 where there are two (`setting` 2, in ASE's numbering). Special values are
fractions. Species are dropped: every structure is used as one component, at a shortest distance of 1.

Sources, by their key in the table:
    Mehl2017: M. J. Mehl et al., The AFLOW library of crystallographic prototypes: part 1,
        Comput. Mater. Sci. 136, S1 (2017), doi:10.1016/j.commatsci.2017.01.017.
    Hicks2019: D. Hicks et al., The AFLOW library of crystallographic prototypes: part 2,
        Comput. Mater. Sci. 161, S1 (2019), doi:10.1016/j.commatsci.2018.10.043.
"""
import csv
import dataclasses
import difflib
import fractions
import functools
import importlib.resources
import math
import numbers

import numpy as np
from scipy.spatial import cKDTree

from gala_ssl.base.errors import InputError
from gala_ssl.base.randomness import rng
from gala_ssl.frames.frame import Frame, box_of, repeated


@dataclasses.dataclass(frozen=True)
class Prototype:
    """Crystallographic facts of one structure, as in the table.

    Attributes:
        name: such as "cP20-Mn".
        structure: its usual name, with the Strukturbericht symbol.
        label, source: AFLOW label and key of the reference.
        space_group, setting: number in the International Tables; 2 for origin choice 2, else 1.
        lattice: a, b, c in angstrom and alpha, beta, gamma in degrees, of the conventional cell.
        sites: pairs of a Wyckoff position, such as "12d", and fractional coordinates (3,) of a point of it.
        note: what departs from the source, and why.
    """

    name: str
    structure: str
    label: str
    source: str
    space_group: int
    setting: int
    lattice: tuple
    sites: tuple
    note: str = ""


@functools.cache
def _table():
    """All structures by name, in the order of the table."""
    path = importlib.resources.files("gala_ssl.frames").joinpath("prototypes.csv")
    rows, sites, notes = {}, {}, {}
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        if row["name"]:
            name = row["name"]
            rows[name], sites[name], notes[name] = row, [], []
        point = tuple(float(fractions.Fraction(row[axis])) for axis in "xyz")
        sites[name].append((row["site"], point))
        notes[name] += [f"{row['site']}: {row['note']}"] if row["note"] else []
    return {
        name: Prototype(
            name, row["structure"], row["label"], row["source"], int(row["space_group"]), int(row["setting"]),
            tuple(float(row[key]) for key in ("a", "b", "c", "alpha", "beta", "gamma")),
            tuple(sites[name]), "; ".join(notes[name]),
        )
        for name, row in rows.items()
    }


def names() -> tuple[str, ...]:
    """Names of the 50 prototypes, a tuple in the paper's order: the six trained on alone come first."""
    return tuple(_table())


def describe(name: str) -> Prototype:
    """The `Prototype` called `name`; InputError with the closest names if there is none."""
    if name in names():
        return _table()[name]
    close = difflib.get_close_matches(str(name), names(), n=4, cutoff=0.4)
    hint = f"did you mean {' or '.join(close)}?" if close else f"the names are {', '.join(names())}."
    raise InputError(f"There is no prototype structure called '{name}': {hint}", option="prototype", value=name)


@functools.cache
def unit_cell(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Conventional cell of a prototype, scaled to a shortest interparticle distance of 1.

    Returns:
        vectors (3, 3) float64: the cell vectors as rows, the first along x and the second in the xy plane.
        points (n, 3) float64: fractional coordinates in [0, 1) of the n particles. Both are read-only.
    """
    from ase.geometry import cellpar_to_cell  # which takes a fifth of a second
    from ase.spacegroup import Spacegroup

    prototype = describe(name)
    group = Spacegroup(prototype.space_group, prototype.setting)
    basis = [point for _, point in prototype.sites]
    points, _ = group.equivalent_sites(basis, onduplicates="error", symprec=1e-5)
    vectors = cellpar_to_cell(prototype.lattice)

    # The nearest particle of any particle lies in its own cell or a cell that touches it.
    images = np.indices((3, 3, 3)).reshape(3, -1).T - 1
    everything = (images[:, None] + points).reshape(-1, 3) @ vectors
    distances, _ = cKDTree(everything).query(points @ vectors, k=2)
    vectors = vectors / distances[:, 1].min()
    vectors.setflags(write=False)
    points.setflags(write=False)
    return vectors, points


def _reduced(vectors):
    """The same lattices with the least tilt: vectors (..., 3, 3) as rows, lower triangular both."""
    a, b, c = np.moveaxis(vectors, -2, 0)
    c = c - np.round(c[..., 1:2] / b[..., 1:2]) * b
    b = b - np.round(b[..., :1] / a[..., :1]) * a
    c = c - np.round(c[..., :1] / a[..., :1]) * a
    return np.stack([a, b, c], axis=-2)


def face_distances(vectors):
    """Distances (..., 3) between opposite faces of cells (..., 3, 3) with vectors as rows."""
    return 1 / np.linalg.norm(np.linalg.inv(vectors), axis=-2)


def _repeats(vectors, particles, min_particles):
    """How often to repeat a cell of `particles` along each vector (3,) to hold at least `min_particles`.

    Of all choices that reach the number, the one with the least product of (largest face distance / smallest)
    and (particles / `min_particles`): near cubic, with little excess. For 4096 that makes 217,670
    in the 50 structures. Equal repeats first, then more along the shortest edge, is the rule that gives the
    paper's 224,768, but it leaves long cells far from cubic (1 : 7 for hR3-Sm).
    """
    cells = -(-min_particles // particles)
    edge = (cells * np.linalg.det(vectors)) ** (1 / 3)
    limit = np.ceil(2 * edge / face_distances(vectors)).astype(int)
    nx, ny = np.indices(limit[:2]).reshape(2, -1) + 1
    choices = np.stack([nx, ny, -(-cells // (nx * ny))], axis=1)
    heights = face_distances(_reduced(choices[:, :, None] * vectors))
    cost = heights.max(axis=1) / heights.min(axis=1) * choices.prod(axis=1) / cells
    return choices[np.argmin(cost.round(9))]  # rounded: of equals the first, on every machine


def build(name: str, min_particles: int = 4096, noise: float = 0.0, seed: int = 0) -> Frame:
    """A prototype structure as a periodic frame of one component.

    The conventional cell is repeated, as near cubic as it allows, to at least `min_particles`. The shortest
    distance between particles is 1, periodic images included; then Gaussian noise is added.

    Args:
        name: one of `names()`.
        min_particles: least number of particles; the frame holds a whole number of cells.
        noise: standard deviation on each coordinate, in shortest distances (authors: 0.01, 0.03, 0.05).
        seed: non-negative integer. The noise is drawn from (seed, structure, noise level): equal arguments
            give an equal frame, and two levels, or two structures, share no random numbers.

    Returns:
        Frame: positions (N, 3) float32, wrapped into the box; the box with the least tilt that the lattice
        allows; label `name`.

    Raises:
        InputError: unknown name (the message lists close ones), `min_particles` below 1, `noise` negative or
            not finite, `seed` not a whole number from 0 up.

    >>> frame = build("cF4-Cu", noise=0.03, seed=13)
    >>> frame.positions.shape
    (4400, 3)
    """
    vectors, points = unit_cell(describe(name).name)
    if not isinstance(min_particles, numbers.Integral) or min_particles < 1:
        raise InputError(f"min_particles of prototype {name} is {min_particles!r}; give a whole number >= 1.",
                         option="min_particles", value=min_particles)
    if not isinstance(noise, numbers.Real) or not math.isfinite(noise) or noise < 0:
        raise InputError(f"noise of prototype {name} is {noise!r}; give a standard deviation >= 0.",
                         option="noise", value=noise)
    if not isinstance(seed, numbers.Integral) or seed < 0:
        raise InputError(f"seed of prototype {name} is {seed!r}; give a whole number >= 0.",
                         option="seed", value=seed)

    repeats = _repeats(vectors, len(points), min_particles)
    positions = repeated(points, repeats) @ vectors
    if noise > 0:
        level = int(np.float64(noise).view(np.uint64))  # its bits, because a seed is made of whole numbers
        positions += rng(seed, "prototype noise", names().index(name), level).normal(scale=noise, size=positions.shape)

    box = _reduced(repeats[:, None] * vectors)
    inside = positions @ np.linalg.inv(box)
    inside -= np.floor(inside + 1e-9)  # what rounding left just under the upper face belongs on the lower one
    return Frame(
        positions=((inside - 0.5) @ box).astype(np.float32),
        box=box_of(box),
        label=name,
        source=f"prototype {name}",
    )
