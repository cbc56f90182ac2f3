"""The library of prototypes: a few of them quickly, every one in the slow tier, against spglib and freud."""
import collections
import functools
import math
import re

import freud
import numpy as np
import pytest

from gala_ssl.frames import prototypes
from gala_ssl.frames.alike import same_environments, same_places, same_structure, surroundings
from tests.refusals import refused

LIBRARY = prototypes.names(library=True)[50:]
FEW = ("cF8-NaCl", "hP4-ZnS", "oP16-Fe3C", "hR6-S")


def test_the_fifty_stay_in_front_and_alone_by_default():
    assert len(LIBRARY) == len(set(LIBRARY)) == 823
    assert prototypes.names(library=True)[:50] == prototypes.names()
    assert [len(prototypes.names(components=number)) for number in (1, 2, 3)] == [74, 449, 350]


def test_names_are_chosen_by_components_space_group_and_likeness():
    assert prototypes.names(components=2, space_group=225)[:3] == ("cF116-Cr23C6", "cF12-CaF2", "cF16-BiF3")
    assert prototypes.names(components=(1, 2), space_group=[229, 221])[0] == "cI2-W"
    places = prototypes.names(distinct="places")
    assert len(places) == 840 and "cF4-Cu" in places and "cP4-Cu3Au" not in places
    assert len(prototypes.names(distinct="environments")) < len(places) < len(prototypes.names(distinct="structure"))
    with refused(option="distinct", value="place"):
        prototypes.names(distinct="place")


def check(name):
    """Whether the expanded cell of a prototype is what its row, its label and its name say."""
    prototype, (vectors, points) = prototypes.describe(name), prototypes.unit_cell(name)
    composition, pearson, group, *letters = prototype.label.split("_")
    assert int(group) == prototype.space_group and prototype.source in prototypes.__doc__

    # Sites of each species as the label has them, in its order of species by name.
    sites = collections.defaultdict(collections.Counter)
    for (site, _), kind in zip(prototype.sites, prototype.site_types):
        sites[kind][site[-1]] += 1
    found = sorted(sorted(counts.items()) for counts in sites.values())
    said = sorted(sorted((letter, int(number or 1)) for number, letter in re.findall(r"(\d*)([a-zA-Z])", part))
                  for part in letters)
    assert found == said, (name, found, said)
    assert len(prototype.type_names) == len(re.findall("[A-Z]", composition))

    multiplicities = [int(site[:-1]) for site, _ in prototype.sites]
    centring = 3 if pearson.startswith("hR") else 1
    assert sum(multiplicities) == len(points) == int(pearson[2:]) * centring
    numbers = [int(number or 1) for number in re.findall(r"[A-Z](\d*)", composition)]
    counts = np.bincount(prototypes.unit_types(name))
    assert sorted(counts / math.gcd(*counts)) == sorted(np.divide(numbers, math.gcd(*numbers)))

    # Density by the textbook formula, and the shortest distance by freud.
    a, b, c, *angles = prototype.lattice
    x, y, z = (math.cos(math.radians(angle)) for angle in angles)
    volume = a * b * c * math.sqrt(1 - x * x - y * y - z * z + 2 * x * y * z) * (np.linalg.norm(vectors[0]) / a)**3
    frame = prototypes.build(name, 500)
    assert len(frame) / np.linalg.det(frame.cell) == pytest.approx(len(points) / volume, rel=1e-9)
    assert len(points) / volume <= 2**0.5 + 1e-6  # of close-packed spheres
    query = freud.locality.AABBQuery(freud.box.Box(*frame.box), frame.positions)
    distances = query.query(frame.positions, {"num_neighbors": 1, "exclude_ii": True}).toNeighborList().distances
    assert distances.min() == pytest.approx(1, abs=1e-4)
    nearest = np.linalg.norm(vectors[0]) / a  # an angstrom
    assert 0.7 <= 1 / nearest < 6


def check_symmetry(name):
    spglib = pytest.importorskip("spglib")
    prototype, cell = prototypes.describe(name), prototypes.unit_cell(name)
    found = spglib.get_symmetry_dataset((*cell, prototypes.unit_types(name) + 1), symprec=1e-4)
    assert found.number == prototype.space_group
    assert len(set(found.crystallographic_orbits)) == len(prototype.sites)


@pytest.mark.parametrize("name", FEW)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:spglib")
def test_a_structure_is_what_its_row_says(name):
    check(name)
    check_symmetry(name)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
@pytest.mark.filterwarnings("ignore::DeprecationWarning:spglib")
def test_every_structure_is_what_its_row_says(part):
    for name in LIBRARY[part::20]:
        check(name)
        check_symmetry(name)


@pytest.mark.parametrize("name, cut, coordination", [
    ("cF8-NaCl", 1.2, {"Cl": 6, "Na": 6}),
    ("cP2-CsCl", 1.1, {"Cl": 8, "Cs": 8}),
    ("cF8-ZnS", 1.2, {"S": 4, "Zn": 4}),
    ("hP4-ZnS", 1.2, {"S": 4, "Zn": 4}),
    ("cF12-CaF2", 1.1, {"Ca": 8, "F": 4}),
    ("tP6-TiO2", 1.1, {"O": 3, "Ti": 6}),
    ("hP4-NiAs", 1.02, {"As": 6, "Ni": 6}),
    ("cP4-Cu3Au", 1.1, {"Au": 12, "Cu": 12}),
    ("hP6-MoS2", 1.1, {"Mo": 6, "S": 3}),
    ("cP5-CaTiO3", 1.1, {"Ca": 0, "O": 2, "Ti": 6}),
    ("hP9-SiO2_152ca", 1.2, {"O": 2, "Si": 4}),
])
def test_coordination_numbers_of_the_literature(name, cut, coordination):
    frame = prototypes.build(name, 300)
    query = freud.locality.AABBQuery(freud.box.Box(*frame.box), frame.positions)
    counts = query.query(frame.positions, {"r_max": cut, "exclude_ii": True}).toNeighborList().neighbor_counts
    assert {kind: set(counts[frame.types == number]) for number, kind in enumerate(frame.type_names)} == {
        kind: {count} for kind, count in coordination.items()}


def test_frames_of_mixtures_have_the_types_of_their_sites():
    frame = prototypes.build("cF12-CaF2", 500, noise=0.02, seed=3)
    assert frame.type_names == ("Ca", "F") and (frame.types == 1).mean() == pytest.approx(2 / 3)
    assert prototypes.build("hP4-C_194f", 100).type_names == ("A",)
    again = prototypes.build("cF12-CaF2", 500, noise=0.02, seed=3)
    np.testing.assert_array_equal(frame.positions, again.positions)
    whole = prototypes.crystal("cF12-CaF2")
    np.testing.assert_array_equal(whole.frame(500).types, prototypes.build("cF12-CaF2", 500).types)
    np.testing.assert_array_equal(whole.frame(500).positions, prototypes.build("cF12-CaF2", 500).positions)


@functools.cache
def around(name):
    return surroundings(*prototypes.unit_cell(name), prototypes.unit_types(name))


def test_structures_that_are_the_same_are_named_as_one():
    assert prototypes.alike("cP2-(NH4)(NO3)") == "cP2-CsCl"
    assert [prototypes.alike("cP2-CsCl", what) for what in ("structure", "places")] == ["cP2-CsCl", "cI2-W"]
    assert prototypes.alike("cF8-ZnS", "environments") == "cF8-C"
    assert same_places(around("cP2-CsCl"), around("cI2-W"))
    assert not same_structure(around("cP2-CsCl"), around("cI2-W"))
    assert not same_places(around("cF4-Cu"), around("hP2-Mg"))
    assert same_environments(around("hP16-TiNi3"), around("hP4-La"), 0.03)
    assert not same_places(around("hP16-TiNi3"), around("hP4-La"))


@pytest.mark.slow
def test_the_table_of_those_alike_is_complete_among_small_cells():
    """Every pair of structures with up to 12 particles in a cell, and no pair that is not in the table."""
    small = [name for name in prototypes.names(library=True) if len(prototypes.unit_cell(name)[1]) <= 12]
    assert len(small) > 200
    means = np.array([around(name).shares @ around(name).far for name in small])
    pairs = np.argwhere(np.triu(abs(means[:, None] - means).max(axis=-1) < 2e-3, 1))
    one, same = {name: name for name in small}, {name: name for name in small}
    for i, j in pairs[np.lexsort(pairs.T[[0, 1]])]:
        first, second = small[i], small[j]
        if one[second] == second and same_places(around(first), around(second)):
            one[second] = one[first]
        number = [len(prototypes.describe(name).type_names) for name in (first, second)]
        if same[second] == second and number[0] == number[1] and same_structure(around(first), around(second)):
            same[second] = same[first]
    for found, what in ((one, "places"), (same, "structure")):
        said = {name: prototypes.alike(name, what) for name in small}
        assert {name: first for name, first in said.items() if first in said} == {
            name: first for name, first in found.items() if said[name] in said}
