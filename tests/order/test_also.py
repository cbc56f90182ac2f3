"""Structures of one's own beside the known ones: --also."""
import argparse

import numpy as np
import pytest

from gala_ssl.commands.identify import configure, structures_of
from gala_ssl.frames import prototypes
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.writing import write_frames
from gala_ssl.order import also
from gala_ssl.order.also import NewStructures, fit_new, perfect
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.identify import Identifier
from tests.refusals import refused
from tests.scripts import module


@pytest.fixture(scope="module")
def embedding():
    return Embedding.from_pretrained("frame_classification", weights="thermal", progress=False)


def clusters(seed, centre, count=200):
    return np.random.default_rng(seed).normal(centre, 1, size=(count, 3))


def test_a_cell_becomes_a_crystal_of_unit_distance():
    made = perfect(Frame(np.array([[0.0, 0, 0]]), [3.2, 3.2, 3.2, 0, 0, 0]), 200)
    assert len(made) >= 200
    np.testing.assert_allclose(made.box[:3], round(made.box[0]), rtol=1e-5)
    assert made.box[0] ** 3 == pytest.approx(len(made))
    with refused(option="also"):
        perfect(Frame(np.zeros((1, 3)), [3, 3, 3, 0, 0, 0], periodic=(True, True, False)))


def test_probability_is_shared_between_known_and_new():
    found = also._fitted({"mine": clusters(0, [4, 0, 0])}, {}, clusters(1, [0, 0, 0]))
    known = np.log(np.tile([0.7, 0.3], (2, 1)))
    scores = found.scores(known, np.array([[4.0, 0, 0], [0, 0, 0]]))
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1)
    assert scores.argmax(axis=1).tolist() == [2, 0]
    np.testing.assert_allclose(scores[:, 0] - scores[:, 1], known[:, 0] - known[:, 1])


def test_what_cannot_be_told_apart_is_the_same():
    assert also._told_apart(clusters(0, [4, 0, 0]), clusters(1, [0, 0, 0]))
    assert not also._told_apart(clusters(2, [0.3, 0, 0]), clusters(3, [0, 0, 0]))
    same = NewStructures((), {"mine": "fcc"}, None, np.zeros(3), np.ones(3))
    assert same.sentences() == [
        "mine cannot be told from fcc, which the network knows; its particles are called fcc."]
    assert same.scores(np.zeros((1, 2)), np.zeros((1, 3))).shape == (1, 2)


@pytest.mark.parametrize("name", ["fcc", "cF4-Cu", "unknown"])
def test_a_name_that_is_taken_is_refused(embedding, name):
    with refused(option="also", value=name):
        fit_new(Identifier(embedding), {name: prototypes.build("cF4-Cu", 1)})


def test_names_are_those_of_the_files_or_given(tmp_path):
    frame = prototypes.build("cI2-W", 20)
    for name in ("mine.xyz", "a=b.xyz"):
        write_frames(tmp_path / name, [frame])
    parser = argparse.ArgumentParser()
    configure(parser)
    given = ["--also", str(tmp_path / "mine.xyz"), "--also", f"W={tmp_path / 'mine.xyz'}",
             "--also", str(tmp_path / "a=b.xyz")]
    found = structures_of(parser.parse_args(["run.gsd", *given]).also)
    assert list(found) == ["mine", "W", "a=b"] and len(found["W"]) == len(frame)
    with refused(option="--also"):
        structures_of([str(tmp_path / "mine.xyz")] * 2)


@pytest.mark.slow
def test_a_new_structure_is_named_and_an_old_one_is_said_to_be_known(embedding):
    strangers = module("strangers")
    crystals = {"A15": strangers.named("A15", 1), "tungsten": prototypes.build("cI2-W", 1)}
    with pytest.warns(UserWarning, match="tungsten cannot be told from bcc"):
        identify = Identifier(embedding, also=crystals)
    assert identify.names[-1] == "A15" and "tungsten" not in identify.names
    found = identify(strangers.heated(strangers.named("A15", 300), 0.06, 5))
    assert (found.structure == "A15").mean() > 0.9
    np.testing.assert_allclose(np.exp(found.log_probabilities).sum(axis=1), 1, rtol=1e-5)
    # Beta-U is a near relative of A15, whose name some of its particles get.
    for name, usual, share in (("cI2-W", "bcc", 0.95), ("cF4-Cu", "fcc", 0.95), ("tP30-U", "beta-U", 0.7)):
        found = identify(prototypes.build(name, 300, noise=0.06, seed=5))
        assert (found.structure == usual).mean() > share
