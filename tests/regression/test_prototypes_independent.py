"""Prototypes against independent sources, where these are installed.

`spglib` finds the space group again. `pymatgen` carries the structures of part 1 of the library, as coordinates of
primitive cells. `pyriodic-aflow` carries the fifty as coordinates; it needs NumPy 1, so that part is skipped in the
usual environment. A short name can stand for several entries there, and its `rescale_shortest_distance` takes an edge
of the box for a distance in sheared cells (hP2-Mg comes out at 1.15). So entries are compared by space group, number
of particles and neighbour distances, with the shortest distance measured by freud.
"""
import functools
import gzip
import importlib.resources
import json

import freud
import numpy as np
import pytest

from gala_ssl.frames import prototypes


def neighborhood_statistics(vectors, points, k=20):
    """Density and the k nearest distances (n, k) of a crystal, both over the shortest distance.

    Each column is sorted over the particles, so that the order in which a cell lists them is of no account.
    """
    heights = 1 / np.linalg.norm(np.linalg.inv(vectors), axis=0)
    repeats = np.ceil(3 * heights.max() / heights).astype(int)
    images = np.indices(repeats).reshape(3, -1).T
    fractions = (images[:, None] + points).reshape(-1, 3) / repeats
    large = vectors * repeats[:, None]
    box = freud.box.Box.from_matrix(large.T)
    query = freud.locality.AABBQuery(box, (fractions % 1 - 0.5) @ large)
    found = query.query(query.points[: len(points)], {"num_neighbors": k + 1}).toNeighborList()
    # Each particle is its own first neighbour.
    distances = np.sort(found.distances.reshape(len(points), k + 1), axis=1)[:, 1:]
    shortest = distances.min()
    return len(points) / abs(np.linalg.det(vectors)) * shortest**3, np.sort(distances / shortest, axis=0)


@pytest.fixture(scope="module")
def entries():
    """Entries of pyriodic-aflow by name: lists of (space group, vectors (3, 3), fractional coordinates)."""
    pytest.importorskip("pyriodic_aflow")
    pyriodic = pytest.importorskip("pyriodic")
    found = {}
    for name, group, structure in pyriodic.db.query("select name, space_group, structure from unit_cells"):
        lx, ly, lz, xy, xz, yz = structure.box
        vectors = np.array([[lx, 0, 0], [xy * ly, ly, 0], [xz * lz, yz * lz, lz]])
        points = np.asarray(structure.positions, dtype=float) @ np.linalg.inv(vectors) + 0.5
        found.setdefault(name, []).append((group, vectors, points))
    return found


@pytest.mark.parametrize("name", [name for name in prototypes.names() if name != "cF136-Si"])
def test_same_structure_as_in_pyriodic_aflow(name, entries):
    vectors, points = prototypes.unit_cell(name)
    density, distances = neighborhood_statistics(vectors, points)
    same = [entry for entry in entries[name] if entry[0] == prototypes.describe(name).space_group]
    assert same, f"{name}: the package has space groups {[entry[0] for entry in entries[name]]}"
    for _, other_vectors, other_points in same:
        other_density, other_distances = neighborhood_statistics(other_vectors, other_points)
        assert len(other_points) == len(points)
        assert other_density == pytest.approx(density, rel=2e-4)
        np.testing.assert_allclose(distances, other_distances, atol=2e-4)


def test_clathrate_ii_differs_by_one_coordinate(entries):
    """cF136-Si: lattice, 8a and 96g as in the package, whose 32e on the same axis leaves 8a no bonds."""
    [(group, other_vectors, other_points)] = entries["cF136-Si"]
    prototype = prototypes.describe("cF136-Si")
    _, points = prototypes.unit_cell("cF136-Si")
    assert (group, len(other_points)) == (prototype.space_group, len(points))
    np.testing.assert_allclose(np.linalg.norm(other_vectors, axis=1), prototype.lattice[:3], atol=1e-5)

    apart = points[:, None] - other_points
    apart = np.abs(apart - np.round(apart)).max(axis=-1).min(axis=1)
    assert (apart < 2e-5).sum() == 8 + 96
    np.testing.assert_allclose(np.sort(apart)[-32:], 0.2624 - 0.2176, atol=2e-5)

    _, distances = neighborhood_statistics(prototypes.unit_cell("cF136-Si")[0], points)
    _, other_distances = neighborhood_statistics(other_vectors, other_points)
    assert distances[:, 3].max() < 1.02 and other_distances[:, 0].max() > 1.5


@pytest.mark.parametrize("name", prototypes.names())
@pytest.mark.filterwarnings("ignore::DeprecationWarning:spglib")
def test_spglib_finds_the_space_group_again(name):
    spglib = pytest.importorskip("spglib")
    vectors, points = prototypes.unit_cell(name)
    found = spglib.get_symmetry_dataset((vectors, points, [1] * len(points)), symprec=1e-4)
    prototype = prototypes.describe(name)
    assert found.number == prototype.space_group
    assert len(set(found.crystallographic_orbits)) == len(prototype.sites)


@functools.cache
def pymatgen_entries():
    """Structures of pymatgen's table of AFLOW prototypes, part 1, by AFLOW label: lists of pymatgen Structures."""
    pytest.importorskip("pymatgen.analysis.prototypes")
    from pymatgen.core import Structure

    file = importlib.resources.files("pymatgen.analysis.prototypes").joinpath("aflow_prototypes.json.gz")
    found = {}
    for entry in json.loads(gzip.decompress(file.read_bytes())):
        found.setdefault(entry["tags"]["aflow"], []).append(Structure.from_dict(
            {**entry["snl"], "@module": "pymatgen.core.structure", "@class": "Structure"}))
    return found


LIBRARY = [name for name in prototypes.names(library=True)[50:] if prototypes.describe(name).source == "Mehl2017"]


@pytest.mark.parametrize("name", LIBRARY[:11] + LIBRARY[11::6])
@pytest.mark.filterwarnings("ignore")
def test_the_library_is_the_same_as_in_pymatgen(name):
    """A sample of 49: all elements of part 1, and every sixth mixture, particles of each type apart."""
    entries = pymatgen_entries()
    prototype, (vectors, points) = prototypes.describe(name), prototypes.unit_cell(name)
    density, distances = neighborhood_statistics(vectors, points)
    # The table there has one structure or several of a label; one of them must be this one.
    best = np.inf
    for other in entries[prototype.label]:
        points = other.frac_coords - np.floor(other.frac_coords)
        other_density, found = neighborhood_statistics(lower_triangular(other.lattice.matrix), points)
        parts = sorted(other.composition.get_atomic_fraction(kind) for kind in other.composition)
        assert parts == pytest.approx(sorted(np.bincount(prototypes.unit_types(name)) / len(distances)))
        repeats = len(distances) / len(found)  # the conventional cell has several primitive ones
        assert repeats == round(repeats)
        apart = abs(np.repeat(found, round(repeats), axis=0) - distances).max()
        best = min(best, max(apart, abs(other_density / density - 1)))
    assert best < 2e-3


def lower_triangular(matrix):
    """The same cell turned so that its first vector is along x and its second in the xy plane."""
    q, r = np.linalg.qr(np.asarray(matrix).T)
    signs = np.sign(np.diag(r))
    return (r * signs[:, None]).T
