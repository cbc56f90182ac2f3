"""Prototype structures: the table, the cells and the frames built from them."""
import math
import re

import freud
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gala_ssl.frames import prototypes
from tests.refusals import refused
from tests.strategies import examples

# The authors' run: the six structures they also train on alone, then the others.
LIST = """
cF4-Cu cI2-W cP1-Po cP46-Si hP2-Mg tP30-U
aP4-Cf cF136-Si cF8-C cI16-Li cI16-Si cI58-Mn cP20-Mn hP1-HgSn6-10 hP3-Se hP4-La hP6-C hP6-Sc hR1-Hg hR1-Po
hR105-B hR12-B hR2-As hR2-C hR3-Sm mC12-Po mC16-C mC34-Pu mP16-Pu mP32-Se mP4-Te mP8-C mP84-P oC4-U oC8-Ga
oC8-P oF128-S oF8-Pu oP16-C oP8-Np tI16-S tI2-In tI2-Pa tI4-Si tI4-Sn tI8-C tP12-C tP12-Si tP4-Np tP50-B
"""
NAMES = LIST.split()

CRYSTAL_SYSTEMS = {"a": (1, 2), "m": (3, 15), "o": (16, 74), "t": (75, 142), "h": (143, 194), "c": (195, 230)}

each = pytest.mark.parametrize("name", NAMES)


def pearson_count(name):
    """Particles in the conventional cell by the Pearson symbol, which counts the primitive cell of hR."""
    symbol = name.split("-")[0]
    return int(symbol[2:]) * (3 if symbol.startswith("hR") else 1)


def box_vectors(frame):
    lx, ly, lz, xy, xz, yz = frame.box
    return np.array([[lx, 0, 0], [xy * ly, ly, 0], [xz * lz, yz * lz, lz]])


def face_distances(vectors):
    normals = np.cross(np.roll(vectors, -1, axis=0), np.roll(vectors, -2, axis=0))
    return abs(np.linalg.det(vectors)) / np.linalg.norm(normals, axis=1)


def neighbor_distances(frame, k=20):
    """Sorted distances (N, k) to the nearest neighbours, periodic images included."""
    query = freud.locality.AABBQuery(freud.box.Box(*frame.box), frame.positions)
    nlist = query.query(frame.positions, {"num_neighbors": k, "exclude_ii": True}).toNeighborList()
    assert (nlist.neighbor_counts == k).all()
    return np.sort(nlist.distances.reshape(len(frame), k), axis=1)


def test_names_are_the_fifty_of_the_paper_in_order():
    assert prototypes.names() == tuple(NAMES)
    assert len(set(NAMES)) == 50


@each
def test_table_agrees_with_itself(name):
    """Pearson symbol, space group, AFLOW label, lattice and Wyckoff multiplicities say the same."""
    prototype = prototypes.describe(name)
    low, high = CRYSTAL_SYSTEMS[name[0]]
    assert low <= prototype.space_group <= high

    symbol, group, letters = prototype.label.split("_")[1:]
    assert (symbol, int(group)) == (name.split("-")[0], prototype.space_group)
    expanded = re.sub(r"(\d+)([a-z])", lambda match: match[2] * int(match[1]), letters)
    assert "".join(site.lstrip("0123456789") for site, _ in prototype.sites) == expanded

    multiplicities = [int(re.match(r"\d+", site)[0]) for site, _ in prototype.sites]
    assert sum(multiplicities) == pearson_count(name) == len(prototypes.unit_cell(name)[1])

    a, b, c, *angles = prototype.lattice
    expected = {"c": [90, 90, 90], "t": [90, 90, 90], "o": [90, 90, 90], "h": [90, 90, 120]}
    assert angles == expected.get(name[0], angles)
    assert (a == b) or name[0] not in "cth"
    assert (a == c) or name[0] != "c"
    assert name[0] != "m" or (angles[0], angles[2]) == (90, 90)
    assert prototype.source in prototypes.__doc__


@each
def test_frame_is_a_whole_crystal_at_unit_shortest_distance(name):
    frame = prototypes.build(name)
    vectors, points = prototypes.unit_cell(name)
    assert 4096 <= len(frame) <= 5670
    assert len(frame) % len(points) == 0
    assert (frame.positions.dtype, frame.positions.shape) == (np.float32, (len(frame), 3))
    assert (frame.types == 0).all() and frame.type_names == ("A",)
    assert frame.label == name and name in frame.source

    # Density against the lattice parameters of the table, by the textbook formula for the cell volume.
    a, b, c, *angles = prototypes.describe(name).lattice
    x, y, z = (math.cos(math.radians(angle)) for angle in angles)
    volume = a * b * c * math.sqrt(1 - x * x - y * y - z * z + 2 * x * y * z)
    scale = np.linalg.norm(vectors[0]) / a
    density = len(frame) / np.linalg.det(box_vectors(frame))
    assert density == pytest.approx(len(points) / (volume * scale**3), rel=1e-9)

    distances = neighbor_distances(frame)
    assert distances.min() == pytest.approx(1, abs=1e-5)

    fractions = frame.positions @ np.linalg.inv(box_vectors(frame))
    assert np.isfinite(fractions).all() and np.abs(fractions).max() <= 0.5 + 1e-6

    # Near cubic, least tilt, and room for 20 neighbours under minimum image.
    lx, ly, lz, xy, xz, yz = frame.box
    assert max(abs(xy * ly) / lx, abs(xz * lz) / lx, abs(yz * lz) / ly) <= 0.5 + 1e-6
    faces = face_distances(box_vectors(frame))
    assert faces.max() / faces.min() < 1.6
    assert distances.max() < faces.min() / 4


def test_size_of_the_whole_set_and_of_the_paper():
    """Equal repeats, then more along the shortest edge of the box, give the paper's 224,768 on our cells."""
    assert sum(len(prototypes.build(name)) for name in NAMES) == 217_670
    total = 0
    for name in NAMES:
        vectors, points = prototypes.unit_cell(name)
        repeats = np.full(3, int((4096 / len(points)) ** (1 / 3)))
        while len(points) * repeats.prod() < 4096:
            repeats[np.argmin((np.diag(vectors) * repeats).round(9))] += 1
        total += len(points) * repeats.prod()
    assert total == 224_768


@examples(30)
@given(
    name=st.sampled_from(NAMES),
    noise=st.floats(0.001, 0.2),
    seed=st.integers(0, 2**32),
    min_particles=st.integers(200, 2000),
)
def test_noise_is_reproducible_has_its_size_and_stays_in_the_box(name, noise, seed, min_particles):
    clean = prototypes.build(name, min_particles)
    noisy, again, other = (prototypes.build(name, min_particles, noise, s) for s in (seed, seed, seed + 1))
    assert len(noisy) == len(clean) >= min_particles
    np.testing.assert_array_equal(noisy.box, clean.box)
    np.testing.assert_array_equal(noisy.positions, again.positions)
    assert (noisy.positions != other.positions).any()

    inverse = np.linalg.inv(box_vectors(clean))
    assert np.abs(noisy.positions @ inverse).max() <= 0.5 + 1e-6
    shift = (noisy.positions.astype(float) - clean.positions) @ inverse
    shift = (shift - np.round(shift)) @ box_vectors(clean)
    # The mean square of n normal numbers spreads by (2 / n)^(1/2); float32 positions add their rounding.
    assert abs((shift**2).mean() / noise**2 - 1) < 6 * (2 / shift.size) ** 0.5 + 1e-3


def test_noise_of_two_levels_and_two_structures_is_unrelated():
    def shift(name, noise):
        displaced = prototypes.build(name, noise=noise).positions - prototypes.build(name).positions
        return displaced[np.abs(displaced).max(axis=1) < 0.5][:4000].ravel()

    first = shift("cF4-Cu", 0.01)
    for other in (shift("cF4-Cu", 0.05), shift("cI2-W", 0.01)):
        size = min(len(first), len(other))
        assert abs(np.corrcoef(first[:size], other[:size])[0, 1]) < 6 / size**0.5


def test_minimum_of_particles_is_met_with_little_excess():
    assert [len(prototypes.build("cP1-Po", number)) for number in (1, 8, 9, 1000)] == [1, 8, 12, 1000]
    assert len(prototypes.build("hR105-B", 315)) == 315
    assert len(prototypes.build("cF4-Cu", 30_000)) < 1.1 * 30_000


def test_unknown_names_list_the_close_ones():
    with refused(option="prototype", value="cF4-Ca") as said:
        prototypes.build("cF4-Ca")
    with refused(option="prototype", value="zzz"):
        prototypes.describe("zzz")
    assert "cF4-Cu" in str(said.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"noise": -0.01}, {"noise": math.nan}, {"noise": math.inf}, {"noise": "0.1"},
        {"min_particles": 0}, {"min_particles": -5}, {"min_particles": 99.5}, {"seed": -1}, {"seed": 0.5},
    ],
)
def test_wrong_values_are_named(wrong):
    (key, value), = wrong.items()
    with refused(option=key, value=value):
        prototypes.build("cF4-Cu", **wrong)


def test_cells_cannot_be_changed_by_their_users():
    for array in prototypes.unit_cell("cF4-Cu"):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1
