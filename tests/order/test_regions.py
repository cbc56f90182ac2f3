"""Bulk, surface and vapour of droplets, scores at matched shares, and averages over neighbours."""
import argparse
import pathlib

import numpy as np
import pandas as pd
import pytest

from gala_ssl.commands.embed import check, configure
from gala_ssl.commands.main import main
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.order.averaged import Averaged
from gala_ssl.order.classical import RadialDistances, Steinhardt
from gala_ssl.order.compare import compare
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.regions import REGIONS, at_edge, in_bulk, matched, regions
from tests import tiny
from tests.refusals import refused


def droplet(radius, seed=0, vapour=20):
    """A warm ball of fcc, nearest distance 1, and some particles far away from it and from each other."""
    crystal = prototypes.build("cF4-Cu", 1500, noise=0.03, seed=seed)
    ball = crystal.positions[np.linalg.norm(crystal.positions, axis=1) < radius]
    sites = 8.0 * (np.stack(np.meshgrid(*[np.arange(4) - 1.5] * 3), axis=-1).reshape(-1, 3))
    far = sites[np.linalg.norm(sites, axis=1) > radius + 4][:vapour]
    return Frame(np.concatenate([ball, far]), [32, 32, 32, 0, 0, 0]), len(ball)


@pytest.fixture(scope="module")
def drops():
    return droplet(5.0)[0], droplet(3.6, 1)[0]


def test_a_droplet_has_a_bulk_a_surface_and_a_vapour():
    frame, count = droplet(5.0)
    found, distance = regions(frame), np.linalg.norm(frame.positions, axis=1)
    assert (found[count:] == REGIONS.index("vapour")).all()
    assert (found[distance < 2] == REGIONS.index("bulk")).all()
    shell = found[:count][distance[:count] > 4.5]
    assert (shell != REGIONS.index("bulk")).all() and in_bulk(frame).sum() == (found == 2).sum() > 50


def test_a_crystal_without_surface_is_all_bulk():
    assert in_bulk(prototypes.build("cI2-W", 300, noise=0.03)).all()


def test_the_edge_of_a_droplet_is_its_shell_and_the_vapour():
    frame, count = droplet(5.0)
    found, distance = at_edge(frame), np.linalg.norm(frame.positions, axis=1)
    assert found[count:].all() and found[:count][distance[:count] > 4.5].all() and not found[distance < 2.5].any()
    assert not at_edge(prototypes.build("cF8-C", 300, noise=0.08)).any()


def test_what_is_less_dense_than_its_surroundings_is_no_edge():
    """Diamond below fcc of the same nearest distance, 2.2 times as dense, which counts as vapour in `regions`."""
    below, above = (prototypes.build(name, 2000, noise=0.03) for name in ("cF8-C", "cF4-Cu"))
    edge = min(*below.box[:2], *above.box[:2])
    parts = []
    for frame, shift in ((below, 0), (above, 1)):
        at = frame.positions[(abs(frame.positions) < edge / 2).all(axis=1)]
        parts.append(at + [0, 0, shift * edge])
    both = Frame(np.concatenate(parts) - [0, 0, edge / 2], [edge, edge, 2 * edge, 0, 0, 0])
    middle = abs(abs(both.positions[:, 2]) - edge / 2) < edge / 4
    assert at_edge(both)[middle].mean() < 0.02 and (regions(both) == 0).mean() > 0.2


def test_matched_shares_are_equal_and_as_large_as_they_can_be(drops):
    chosen = matched(*drops)
    counts = [np.bincount(regions(frame)[rows], minlength=3) for frame, rows in zip(drops, chosen)]
    shares = [count / len(rows) for count, rows in zip(counts, chosen)]
    np.testing.assert_allclose(*shares, atol=0.01)
    full = [np.bincount(regions(frame), minlength=3) / len(frame) for frame in drops]
    np.testing.assert_allclose(counts[0], np.minimum(*full) * len(drops[0]), atol=0.51)
    assert all(len(set(rows)) == len(rows) for rows in chosen)


def test_droplets_of_one_crystal_are_alike_at_matched_shares(drops):
    """The smaller one has more surface, which the plain score takes for a difference."""
    table = compare(*drops, [RadialDistances()], n_bootstrap=5, match=True, progress=False)
    row = table.iloc[0]
    assert row.auc > 0.57 and row.matched_auc < row.auc - 0.04
    assert row.matched_n1 < row.n1 == len(drops[0])
    assert not any("matched" in name for name in compare(*drops, [RadialDistances()], n_bootstrap=5, progress=False))


def test_an_average_is_over_a_particle_and_its_neighbours():
    frame = prototypes.build("cI2-W", 250, noise=0.05)
    plain = Steinhardt((6,), (8,))
    averaged = Averaged(plain, 8)
    assert averaged.dimension == 1 and averaged.name == "steinhardt_average_8"
    found, values = averaged(frame)[:, 0], plain(frame)[:, 0]
    edge = frame.box[:3]
    apart = frame.positions[:, None] - frame.positions
    near = np.argsort(np.linalg.norm(apart - edge * np.round(apart / edge), axis=-1), axis=1)[:, :9]
    np.testing.assert_allclose(found, values[near].mean(axis=1), atol=1e-5)
    with refused(option="neighbors", value=0):
        Averaged(plain, 0)


@pytest.fixture
def embed(tmp_path, monkeypatch, drops):
    """Run `gala-ssl embed` on two droplets with a tiny network."""
    weights = tiny.copy_to(tmp_path / "weights", "denoising")
    write_frames(tmp_path / "run.gsd", list(drops))
    monkeypatch.setattr(Embedding, "from_pretrained", lambda *_, **__: tiny.embedding())
    monkeypatch.chdir(tmp_path)
    return lambda *options: main(["embed", "run.gsd", "--task", "denoising", "--weights", str(weights), "--quiet",
                                  "-o", "run.csv", *options])


def test_embed_averages_and_leaves_out_what_is_not_bulk(embed, drops):
    embed("--average", "6", "--bulk")
    table = pd.read_csv("run.csv")
    expected = [np.flatnonzero(in_bulk(frame)) for frame in drops]
    assert table["particle"].tolist() == np.concatenate(expected).tolist()
    assert table["frame"].tolist() == np.repeat([0, 1], [len(rows) for rows in expected]).tolist()
    values = Averaged(tiny.embedding(), 6)(drops[1])[expected[1]]
    np.testing.assert_allclose(table[table["frame"] == 1].filter(like="embedding_"), values, rtol=1e-4, atol=1e-5)
    embed("--level", "frame", "--average", "6", "--bulk")
    np.testing.assert_allclose(pd.read_csv("run.csv").filter(like="embedding_").iloc[1], values.mean(axis=0),
                               rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options, fields", [
    (["--average", "0"], {"option": "--average", "value": 0}),
    (["--average", "3", "--level", "bond"], {"option": "--level", "value": "bond"}),
    (["--bulk", "--png", "run.png"], {"option": "--png", "value": "run.png"}),
])
def test_what_cannot_be_averaged_or_left_out(embed, options, fields):
    parser = argparse.ArgumentParser()
    configure(parser)
    with refused(**fields):
        check(parser.parse_args(["run.gsd", *options]), pathlib.Path("run.csv"))
