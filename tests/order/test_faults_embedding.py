"""Types of particles are matched, never renamed; attention maps of nothing."""
import dataclasses

import keras
import numpy as np
import pytest

from gala_ssl import prototypes
from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.frame import Frame
from gala_ssl.networks.core import build_core
from gala_ssl.order.attention import AttentionMaps
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.models.build import build_model, seeded
from tests.refusals import refused
from tests.small_networks import compile_nothing, settle, small_config

pytestmark = pytest.mark.any_backend

NEIGHBORS = 4


@pytest.fixture(autouse=True)
def _uncompiled(monkeypatch):
    monkeypatch.setattr(keras.Model, "compile", compile_nothing)


def embedding(types, **card):
    """A network of so many types of particles, as if it was trained."""
    with seeded(0):
        model = build_model("denoising", build_core(small_config(type_width=2 * types, blocks=1)))
    settle(model)
    card = {"task": "denoising", "data": dataclasses.asdict(DataConfig(neighbors=NEIGHBORS)), **card}
    return Embedding(model, card, length_scale="shortest", progress=False)


@pytest.fixture
def frame():
    """A frame of the types in `names`, of which those with the numbers `present` are there in turn."""
    crystal = prototypes.build("cI2-W", 60, noise=0.05)

    def made(names, present):
        return Frame(crystal.positions, crystal.box, np.array(present)[np.arange(len(crystal)) % len(present)], names)
    return made


@pytest.mark.filterwarnings("default:The card of the")
def test_types_that_could_be_taken_for_others_are_refused(frame):
    """A network of two types gave B and C of a frame that names A, B and C the places of A and B."""
    embed = embedding(2)
    with refused(frame="the frame", option="type_names", value=("A", "B", "C")):
        embed(frame("ABC", [1, 2]))
    assert np.isfinite(embed(frame("BC", [0, 1]))).all()


@pytest.mark.filterwarnings("default:The card of the")
def test_types_are_matched_by_the_names_in_the_card(frame):
    embed = embedding(2, type_names=["Zr", "Cu"])
    expected = embedding(2)(frame(("Zr", "Cu"), [0, 1]))
    for given in (frame(("Zr", "Cu"), [0, 1]), frame(("Cu", "Zr"), [1, 0]), frame(("H", "Cu", "Zr"), [2, 1])):
        np.testing.assert_array_equal(embed(given), expected)
    assert (embed(frame(("Zr", "Cu"), [1, 0])) != expected).any()
    with refused(frame="the frame", option="type_names", value=["Al"]):
        embed(frame(("Zr", "Al"), [0, 1]))
    with refused(option="type_names", value=["Zr"]):
        embedding(2, type_names=["Zr"])


def test_types_by_role_have_any_names_and_any_order(frame):
    """Also where a file names three types, of which two are there; a third one is refused."""
    embed = embedding(2, data=dataclasses.asdict(DataConfig(neighbors=NEIGHBORS, types=2)))
    expected = embed(frame("AB", [0, 1]))
    for given in (frame("AB", [1, 0]), frame(("Zr", "Cu"), [0, 1]), frame("ABC", [2, 1])):
        np.testing.assert_array_equal(embed(given), expected)
    assert (embed(frame("AB", [0, 0, 1])) != expected).any()
    with refused(frame="the frame", option="types", value=3):
        embed(frame("ABC", [0, 1, 2]))


def test_a_type_that_is_named_but_not_there_counts_in_clouds_as_little_as_in_frames(frame):
    embed, plain = embedding(1), frame("A", [0])
    named = frame("ABC", [1])
    expected = embed(plain)
    np.testing.assert_array_equal(embed(named), expected)
    for given in (named, plain):
        found = embed(point_clouds(given, Nearest(NEIGHBORS)).in_shortest_bonds())
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    with refused(frame="the point clouds", option="types", value=2):
        embed(point_clouds(frame("ABC", [1, 2]), Nearest(NEIGHBORS)))


def test_attention_maps_of_no_clouds_are_none():
    maps = AttentionMaps(embedding(1), jit_compile=False)
    none = PointClouds(np.empty((0, NEIGHBORS, 3)), np.empty((0, NEIGHBORS, 2)))
    assert maps(none).shape == (0, len(maps.layers), NEIGHBORS, NEIGHBORS)
