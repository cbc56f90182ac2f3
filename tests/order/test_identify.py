"""Names of structures: by the thermal weights that ship, on crystals and liquids that no training has seen."""
import numpy as np
import pandas as pd
import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.commands.main import main
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.identify import Identifier, identify
from gala_ssl.order.pooling import pooled
from gala_ssl.order.regions import at_edge
from tests.scripts import module


@pytest.fixture(scope="module")
def embedding():
    return Embedding.from_pretrained("frame_classification", weights="thermal", progress=False)


@pytest.mark.parametrize(("name", "usual"), [("cF4-Cu", "fcc"), ("cI2-W", "bcc"), ("cF8-C", "diamond"),
                                             ("tI4-Sn", "beta-Sn"), ("cP20-Mn", "beta-Mn")])
def test_warm_crystals_are_named(embedding, name, usual):
    found = Identifier(embedding)(prototypes.build(name, 300, noise=0.06, seed=5))
    assert (found.structure == usual).mean() > 0.97
    assert found.fractions().index[0] == usual
    assert np.isfinite(found.probability).all() and (found.probability > 0).all()
    np.testing.assert_allclose(np.exp(found.log_probabilities).sum(axis=1), 1, rtol=1e-5)


def test_hot_crystals_and_melts_of_molecular_dynamics_are_named(embedding):
    """One snapshot each of the elements that settings were chosen on, at the melting point and above it."""
    seen = set()
    for hot in module("hot_crystals").load_hot_crystals():
        system = hot.element, hot.structure
        if hot.element in ("Al", "Fe", "Mg") and hot.ratio >= 1 and system not in seen:
            seen.add(system)
            found = Identifier(embedding, ("fcc", "hcp", "bcc", "sc", "diamond", "liquid"))(hot.frame)
            assert (found.structure == hot.structure).mean() > 0.99, system
    assert len(seen) == 6


def test_a_surface_gets_no_name_that_the_inside_has_not(embedding):
    """The surface of a droplet of liquid, which was called mC34-Pu, hR105-B and unknown."""
    name, frame = Identifier(embedding), read_frames("data/trajectories/cI2-W_trajectory.gsd")[56]
    evidence, summary = name.evidence(frame)
    edge, everywhere, found = at_edge(frame), name.decide(evidence, summary), name.decide(evidence, summary, frame)
    np.testing.assert_array_equal(found.nearest[~edge], everywhere.nearest[~edge])
    inside = pd.Series(found.structure[~edge]).value_counts(normalize=True)
    allowed = {"liquid", "gas", *inside.index[inside >= 0.05]}
    strange = edge & ~np.isin(everywhere.structure, list(allowed))
    assert strange.sum() > 100 and set(found.structure[edge]) <= allowed
    assert found.known[edge].all()
    np.testing.assert_array_equal(found.member[strange], found.structure[strange])
    np.testing.assert_array_equal(found.structure[edge & ~strange], everywhere.structure[edge & ~strange])


def test_what_has_no_inside_keeps_its_names(embedding):
    """A cluster of 43 particles, all of them at its surface."""
    crystal = prototypes.build("cF4-Cu", 500, noise=0.02)
    frame = Frame(crystal.positions[np.argsort(np.linalg.norm(crystal.positions, axis=1))[:43]], [20, 20, 20, 0, 0, 0])
    assert at_edge(frame).sum() > 30
    name = Identifier(embedding)
    evidence, summary = name.evidence(frame)
    np.testing.assert_array_equal(name.decide(evidence, summary, frame).nearest, name.decide(evidence, summary).nearest)


def test_neither_unit_nor_orientation_nor_order_of_the_particles_matters(embedding):
    frame = prototypes.build("cI2-W", 250, noise=0.1, seed=2)
    name = Identifier(embedding, pooled=0)
    expected = name(frame).log_probabilities
    order = np.random.default_rng(0).permutation(len(frame))
    # The axes in another order: a rotation of a box with right angles.
    turned = Frame(3.7 * frame.positions[order][:, [1, 2, 0]], [*(3.7 * frame.box[[1, 2, 0]]), 0, 0, 0])
    np.testing.assert_allclose(name(turned).log_probabilities, expected[order], atol=2e-3)


def test_only_what_is_asked_for_is_named(embedding):
    found = Identifier(embedding, ("hcp", "cI2-W"))(prototypes.build("cF4-Cu", 200, noise=0.05))
    assert set(found.structure) <= {"hcp", "bcc"} and found.names == ("hcp", "bcc")


def test_a_frame_or_each_frame_of_a_trajectory_is_identified_in_one_call(embedding, tmp_path):
    write_frames(tmp_path / "run.gsd", [prototypes.build(name, 150, noise=0.05) for name in ("cF4-Cu", "cI2-W")])
    frames, among = read_frames(tmp_path / "run.gsd"), ("fcc", "bcc")
    found = identify(frames, among=among, progress=False)
    assert [one.fractions().index[0] for one in found] == ["fcc", "bcc"]
    expected = Identifier(embedding, among)(frames[1])
    for same in (found[1], identify(frames[1], among=among, progress=False)):
        np.testing.assert_array_equal(same.log_probabilities, expected.log_probabilities)


def test_an_unknown_name_and_a_network_of_another_task_are_refused(embedding):
    with pytest.raises(InputError):
        Identifier(embedding, ("unobtainium",))
    with pytest.raises(InputError):
        Identifier(Embedding.from_pretrained("denoising", progress=False))


def test_evidence_is_the_mean_over_a_particle_and_its_neighbours():
    frame = prototypes.build("cF4-Cu", 200)
    np.testing.assert_allclose(pooled(np.ones((len(frame), 2)), frame), 1)
    one = np.zeros((len(frame), 1))
    one[0] = 13
    found = pooled(one, frame)[:, 0]
    assert np.isclose(found, 1).sum() == 13 and np.isclose(found, 0).sum() == len(frame) - 13


def test_the_command_prints_fractions_and_writes_a_row_a_particle(tmp_path, capsys):
    path = tmp_path / "run.gsd"
    write_frames(path, [prototypes.build(name, 150, noise=0.05) for name in ("cF4-Cu", "cI2-W")])
    main(["identify", str(path), "-o", str(tmp_path / "names.csv"), "--quiet"])
    table = pd.read_csv(tmp_path / "names.csv")
    assert list(table) == ["frame", "step", "particle", "id", "structure", "probability", "nearest"]
    assert table.groupby("frame")["structure"].agg(lambda names: names.mode()[0]).tolist() == ["fcc", "bcc"]
    main(["identify", str(path), "--frames", "1", "--among", "fcc", "bcc"])
    assert "run.gsd, frame 1, step 0: bcc 100.0%" in capsys.readouterr().out


def test_the_command_refuses_another_ending(tmp_path):
    with pytest.raises(SystemExit):
        main(["identify", "run.gsd", "-o", str(tmp_path / "names.txt")])


@pytest.mark.parametrize("option", ["-o", "--figure", "--html"])
def test_the_command_does_not_write_into_a_file(tmp_path, capsys, option):
    write_frames(tmp_path / "run.gsd", [prototypes.build("cF4-Cu", 60)])
    ending = {"-o": "gsd", "--figure": "png", "--html": "html"}[option]
    with pytest.raises(SystemExit):
        main(["identify", str(tmp_path / "run.gsd"), option, str(tmp_path / "run.gsd" / f"names.{ending}")])
    assert "run.gsd" in capsys.readouterr().err


def test_the_command_does_not_write_over_its_trajectory(tmp_path):
    path = tmp_path / "run.gsd"
    write_frames(path, [prototypes.build("cF4-Cu", 60)])
    before = path.read_bytes()
    with pytest.raises(SystemExit):
        main(["identify", str(path), "-o", str(path)])
    assert path.read_bytes() == before
