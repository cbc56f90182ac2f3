"""Coordination shells of the prototypes against geometry and the crystallographic literature."""
import numpy as np
import pytest
from scipy.spatial import cKDTree

from gala_ssl.frames import prototypes


def shells(name, site, number):
    """The first `number` shells (count, distance) around a Wyckoff site, in float64 and without a box."""
    vectors, points = prototypes.unit_cell(name)
    images = np.indices((5, 5, 5)).reshape(3, -1).T - 2
    crystal = (images[:, None] + points).reshape(-1, 3) @ vectors
    center = np.array(prototypes.describe(name).sites[site][1]) @ vectors
    distances = np.sort(cKDTree(crystal).query(center, k=60)[0])[1:]
    starts = np.flatnonzero(np.diff(distances, prepend=0) > 1e-4)
    counts = np.diff(np.append(starts, len(distances)))
    return [(int(n), float(r)) for n, r in zip(counts, distances[starts], strict=True)][:number]


def assert_shells(name, expected):
    """Shells of a structure with one site: equal counts, distances over the shortest to 1e-9."""
    found = shells(name, 0, len(expected))
    assert [count for count, _ in found] == [count for count, _ in expected]
    np.testing.assert_allclose([r for _, r in found], [r for _, r in expected], atol=1e-9)


@pytest.mark.parametrize(
    "name, squares",
    [
        ("cF4-Cu", [(12, 1), (6, 2), (24, 3), (12, 4)]),
        ("cI2-W", [(8, 1), (6, 4 / 3), (12, 8 / 3), (24, 11 / 3), (8, 4)]),
        ("cP1-Po", [(6, 1), (12, 2), (8, 3), (6, 4)]),
        ("cF8-C", [(4, 1), (12, 8 / 3), (12, 11 / 3), (6, 16 / 3)]),
    ],
)
def test_cubic_lattices(name, squares):
    """Squared distances fixed by symmetry alone."""
    assert_shells(name, [(count, square**0.5) for count, square in squares])


def test_hcp():
    """hcp of axial ratio q = 1.6236; at the ideal 1.6330: 12, 6, 2 and 18 at squares 1, 2, 8/3 and 3."""
    a, _, c, *_ = prototypes.describe("hP2-Mg").lattice
    q2 = (c / a) ** 2
    squares = [(6, 1 / 3 + q2 / 4), (6, 1), (6, 4 / 3 + q2 / 4), (2, q2), (12, 7 / 3 + q2 / 4), (6, 3)]
    assert_shells("hP2-Mg", [(count, (square / squares[0][1]) ** 0.5) for count, square in squares])


def test_simple_hexagonal():
    """Axial ratio below 1: two along c, six in the plane, twelve above and below those."""
    a, _, c, *_ = prototypes.describe("hP1-HgSn6-10").lattice
    assert_shells("hP1-HgSn6-10", [(2, 1), (6, a / c), (12, (a**2 + c**2) ** 0.5 / c)])


def test_beta_manganese():
    """beta-Mn (Shoemaker et al., Acta Cryst. B 34, 3573 (1978)): the shortest bonds join 8c sites."""
    assert [count for count, _ in shells("cP20-Mn", 0, 4)] == [3, 3, 3, 3]
    assert [count for count, _ in shells("cP20-Mn", 1, 6)] == [2, 2, 4, 2, 2, 2]


@pytest.mark.parametrize(
    "name, cut, coordination",
    [
        ("cP20-Mn", 1.45, [12, 14]),  # 8c icosahedral, 12d Z14
        ("cI58-Mn", 1.45, [16, 16, 12, 13]),  # 2a, 8c, 24g, 24g
        ("tP30-U", 1.5, [12, 15, 14, 12, 14]),  # the sigma phase: Z12, Z14 and Z15 polyhedra
        ("hP4-La", 1.2, [12, 12]),
        ("hR3-Sm", 1.2, [12, 12]),
        ("oC8-Ga", 1.3, [7]),  # 1 + 2 + 2 + 2
        ("tI4-Sn", 1.15, [6]),  # 4 + 2
        ("tI4-Si", 1.3, [5]),
        ("cP46-Si", 1.3, [4, 4, 4]),
        ("cF136-Si", 1.3, [4, 4, 4]),
        ("cI16-Si", 1.3, [4]),
        ("tP12-Si", 1.3, [4, 4]),
        ("hP6-C", 1.3, [4]),
        ("tI8-C", 1.3, [4]),
        ("tP12-C", 1.3, [4] * 2),
        ("mC16-C", 1.3, [4] * 4),
        ("mP8-C", 1.3, [4] * 4),
        ("oP16-C", 1.3, [4] * 4),
        ("hR2-C", 1.3, [3]),
        ("hR2-As", 1.15, [3]),
        ("oC8-P", 1.3, [3]),
        ("mP84-P", 1.3, [3] * 21),
        ("hP3-Se", 1.3, [2]),
        ("mP32-Se", 1.3, [2] * 8),
        ("oF128-S", 1.3, [2] * 4),
        ("tI16-S", 1.3, [2]),
    ],
)
def test_coordination_numbers_of_the_literature(name, cut, coordination):
    sites = range(len(prototypes.describe(name).sites))
    assert [sum(count for count, r in shells(name, site, 59) if r < cut) for site in sites] == coordination
