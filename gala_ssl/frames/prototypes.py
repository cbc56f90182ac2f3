"""Prototype structures: the 50 that the shipped networks are trained on (paper, section "Data"), and a library.

`prototypes.csv` holds the crystallographic facts of the fifty, a row for each Wyckoff site. The first row of a
structure carries its name (Pearson symbol and a representative material; for hR the number counts the primitive cell),
AFLOW label, source, space group and lattice (angstrom, degrees); rows without a name add sites to it.
Coordinates refer to the standard setting of the International Tables: unique axis b, hexagonal axes for the
rhombohedral groups, origin choice 2 where there are two (`setting` 2, in ASE's numbering). Special values are
fractions. Species are dropped: every structure is used as one component, at a shortest distance of 1.

`library.csv` holds those of 823 other structures of one, two and three components in the same way, with the chemical
symbol of each site, which is the type of its particles. Two structures of one name are told apart by their space
group and sites. Left out are those with sites that are not full, with nearer atoms than 0.7 angstrom, or for which
spglib finds another space group than the source names. `library_alike.csv` names those that are alike.

Sources, by their key in the tables:
    Mehl2017: M. J. Mehl et al., The AFLOW library of crystallographic prototypes: part 1,
        Comput. Mater. Sci. 136, S1 (2017), doi:10.1016/j.commatsci.2017.01.017.
    Hicks2019: D. Hicks et al., The AFLOW library of crystallographic prototypes: part 2,
        Comput. Mater. Sci. 161, S1 (2019), doi:10.1016/j.commatsci.2018.10.043.
    Hicks2021: D. Hicks et al., The AFLOW library of crystallographic prototypes: part 3,
        Comput. Mater. Sci. 199, 110450 (2021), doi:10.1016/j.commatsci.2021.110450.
    Eckert2024: H. Eckert et al., The AFLOW library of crystallographic prototypes: part 4,
        Comput. Mater. Sci. 240, 112988 (2024), doi:10.1016/j.commatsci.2024.112988.
"""
import difflib
import functools
import math
import numbers
from collections.abc import Iterable

import numpy as np

from gala_ssl.base.errors import InputError, check_choice
from gala_ssl.base.randomness import rng
from gala_ssl.frames.crystals import Crystal, crystal_frame, shortest_distance
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.prototype_tables import Prototype, read_alike, read_table

# In what structures may be alike, from much to little.
ALIKE = ("structure", "places", "environments")


def _paper():
    return read_table("prototypes.csv")


@functools.cache
def _all():
    """All structures by name: the fifty of the paper, then the library."""
    return _paper() | read_table("library.csv")


def names(*, library: bool = False, components: int | Iterable[int] | None = None,
          space_group: int | Iterable[int] | None = None, distinct: str | None = None) -> tuple[str, ...]:
    """Names of the 50 prototypes of the paper, in its order: the six trained on alone come first.

    With any argument these are names of the library, which has the fifty in front, then structures of one, two and
    three components.

    Args:
        library: True for all 873.
        components: number or numbers of types of particles. space_group: number or numbers.
        distinct: leave out what is alike an earlier one that is chosen: in "structure" (up to scale, and the names of
            types), in "places" (whatever the types), or in "environments" (of 20 neighbours, in perfect crystals).

    >>> len(names()), len(names(components=2)), names(components=1, space_group=227)
    (50, 449, ('cF136-Si', 'cF8-C', 'cF32-C'))
    """
    if not library and components is None and space_group is None and distinct is None:
        return tuple(_paper())
    if distinct is not None:
        check_choice("distinct", distinct, ALIKE)
    found, seen = [], set()
    for name, prototype in _all().items():
        if not (_within(len(prototype.type_names), components) and _within(prototype.space_group, space_group)):
            continue
        key = name if distinct is None else alike(name, distinct)
        if key not in seen:
            seen.add(key)
            found.append(name)
    return tuple(found)


def _within(number, wanted):
    return wanted is None or number in np.atleast_1d(list(wanted) if isinstance(wanted, Iterable) else wanted)


def alike(name: str, what: str = "structure") -> str:
    """The first name of the library that is the same as `name`; `name` itself where no earlier one is.

    Args:
        name: of a prototype.
        what: "structure": up to scale and the names of types; "places": the types of particles do not count either;
            "environments": nor do places further off: every environment of 20 neighbours of one is found in the other
            within 3 % of its mean bond, in perfect crystals.

    >>> alike("cP4-Cu3Au", "places"), alike("cP4-Cu3Au")
    ('cF4-Cu', 'cP4-Cu3Au')
    """
    check_choice("what", what, ALIKE)
    return read_alike().get(describe(name).name, {}).get(what, name)


def describe(name: str) -> Prototype:
    """The `Prototype` called `name`; InputError with the closest names if there is none."""
    for table in (_paper, _all):  # the library takes longer to read
        if name in table():
            return table()[name]
    close = difflib.get_close_matches(str(name), _all(), n=4, cutoff=0.4)
    hint = f"did you mean {' or '.join(close)}?" if close else f"the names are {', '.join(names())}, and more."
    raise InputError(f"There is no prototype structure called '{name}': {hint}", option="prototype", value=name)


@functools.cache
def unit_cell(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Conventional cell of a prototype, scaled to a shortest interparticle distance of 1.

    Returns:
        vectors (3, 3) float64: the cell vectors as rows, the first along x and the second in the xy plane.
        points (n, 3) float64: fractional coordinates in [0, 1) of the n particles. Both are read-only.
    """
    vectors, points, _ = _cell(name)
    return vectors, points


@functools.cache
def _cell(name):
    """Vectors, points and the site (n,) of each point."""
    from ase.geometry import cellpar_to_cell  # which takes a fifth of a second
    from ase.spacegroup import Spacegroup

    prototype = describe(name)
    group = Spacegroup(prototype.space_group, prototype.setting)
    basis = [point for _, point in prototype.sites]
    points, sites = group.equivalent_sites(basis, onduplicates="error", symprec=1e-5)
    vectors = cellpar_to_cell(prototype.lattice)
    vectors = vectors / shortest_distance(vectors, points)
    vectors.setflags(write=False)
    points.setflags(write=False)
    return vectors, points, np.asarray(sites)


def unit_types(name: str) -> np.ndarray:
    """Types (n,) int of the particles of `unit_cell`, places in the `type_names` of `describe(name)`."""
    prototype = describe(name)
    return np.array([prototype.type_names.index(kind) for kind in prototype.site_types])[_cell(name)[2]]


def crystal(name: str) -> Crystal:
    """The `Crystal` of a prototype, its conventional cell as plain values."""
    prototype, (vectors, points) = describe(name), unit_cell(name)
    return Crystal(name, vectors, points, unit_types(name), prototype.type_names, f"prototype {name}",
                   prototype.space_group)


def build(name: str, min_particles: int = 4096, noise: float = 0.0, seed: int = 0) -> Frame:
    """A prototype structure as a periodic frame.

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
        allows; label `name`. Types are the chemical symbols of the representative material where there are several,
        else all are "A".

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

    def displacements(shape):
        number = list(_paper() if name in _paper() else _all()).index(name)
        level = int(np.float64(noise).view(np.uint64))  # its bits, because a seed is made of whole numbers
        return rng(seed, "prototype noise", number, level).normal(scale=noise, size=shape)

    return crystal_frame(vectors, points, min_particles, displacements if noise > 0 else None, unit_types(name),
                         type_names=describe(name).type_names, label=name, source=f"prototype {name}")
