"""Particles without neighbours: NaN where nothing can be said, and nothing changed for the others."""
import json

import gsd.hoomd
import h5py
import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

import gala_ssl
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import Cutoff
from gala_ssl.commands.main import main
from gala_ssl.frames.frame import Frame
from gala_ssl.order.classical import RadialDistances, SphericalHarmonics, Steinhardt
from gala_ssl.order.compare import compare
from gala_ssl.order.denoise import Denoiser
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.identify import Identifier
from gala_ssl.order.named_files import named_file
from gala_ssl.order.pooling import pooled
from gala_ssl.order.separability import first_component, linear_separability, separability
from gala_ssl.order.transformer import EmbeddingTransformer
from gala_ssl.plot.album import Album
from gala_ssl.plot.drawings import course, even_scale, particles
from gala_ssl.plot.html_page import map_of
from gala_ssl.plot.plots import component_density
from tests.refusals import refused

pytestmark = pytest.mark.filterwarnings("ignore:The .* network was trained on the 20 nearest neighbours")
CUTOFF = Cutoff(1.6)


def droplet(alone=2, seed=0):
    """A warm crystal of 216 particles, and some that are far from it and from each other."""
    sites = np.stack(np.meshgrid(*[np.arange(6) - 2.5] * 3), axis=-1).reshape(-1, 3)
    sites = sites + np.random.default_rng(seed).normal(scale=0.05, size=sites.shape)
    return Frame(np.vstack([sites, 12 * np.eye(3)[:alone]]), [40, 40, 40, 0, 0, 0])


def network(task, weights="thermal", neighbors=CUTOFF, **options):
    return Embedding.from_pretrained(task, weights=weights, neighbors=neighbors, progress=False, **options)


@pytest.mark.parametrize(("task", "source"), [("denoising", "core"), ("frame_classification", "head")])
def test_an_embedding_has_a_row_of_nan(task, source):
    embed = network(task, source=source)
    found, expected = embed(droplet()), embed(droplet(alone=0))
    assert np.isnan(found[216:]).all() and found.shape == (218, embed.dimension)
    np.testing.assert_array_equal(found[:216], expected)
    assert np.isnan(embed.table(droplet()).to_numpy()[216:]).all()


@pytest.mark.filterwarnings("ignore:.*what it makes of clouds")
def test_point_clouds_without_bonds_have_a_row_of_nan_and_their_bonds_zeros():
    clouds = point_clouds(droplet(), CUTOFF)
    assert np.isnan(network("denoising", "paper")(clouds)[216:]).all()
    bonds = network("denoising", "paper", source="bonds")(clouds)
    assert not bonds[216:].any() and np.isfinite(bonds).all()


@pytest.mark.parametrize("options", [{}, {"pooled": 0}, {"among": ("sc", "fcc", "liquid")}])
def test_their_structure_is_unknown_and_its_probability_nan(options):
    name = Identifier(network("frame_classification"), **options)
    found, expected = name(droplet()), name(droplet(alone=0))
    for each in (found.structure, found.nearest, found.member):
        assert set(each[216:]) == {"unknown"}
    assert np.isnan(found.probability[216:]).all() and np.isnan(found.log_probabilities[216:]).all()
    assert not found.known[216:].any() and set(found.structure) <= set(name.answers)
    np.testing.assert_array_equal(found.structure[:216], expected.structure)
    np.testing.assert_allclose(found.probability[:216], expected.probability, rtol=1e-5)
    assert "unknown" in found.fractions().index and "nan" in found.table().to_csv(na_rep="nan")


def test_evidence_of_nan_stays_and_counts_for_no_other():
    frame = droplet()
    values = np.arange(2.0 * len(frame)).reshape(-1, 2)
    expected = pooled(values, frame)
    values[5] = np.nan
    found = pooled(values, frame)
    assert np.isnan(found[5]).all() and np.isfinite(np.delete(found, 5, axis=0)).all()
    same = (found == expected).all(axis=1)
    assert 100 < same.sum() < 217  # particle 5 was evidence for some of the others
    ones = np.ones((len(frame), 1))
    ones[5] = np.nan
    np.testing.assert_allclose(np.delete(pooled(ones, frame), 5), 1)


def test_they_stay_where_they_are_when_the_rest_is_denoised():
    frame = droplet()
    denoise = Denoiser(network("shift_identification", neighbors=Cutoff(2.6)))
    found, (answer, length) = denoise(frame, steps=2), denoise.answers(frame)
    assert np.isfinite(answer[:216]).all() and np.isnan(answer[216:]).all() and (length[216:] == 1).all()
    assert not found.settled[216:].any() and not found.moved[216:].any()
    np.testing.assert_allclose(found.frame.positions[216:], frame.positions[216:], atol=1e-5)
    assert np.isfinite(found.frame.positions).all()


@pytest.mark.parametrize("count", [1, 2, 9])
def test_classical_order_parameters_of_clusters(count):
    """A number of neighbours that is there is the same as in a large cluster; others are NaN."""
    positions = np.random.default_rng(1).normal(size=(count, 3))
    frame = Frame(positions, [9, 9, 9, 0, 0, 0], periodic=[False] * 3)
    found = RadialDistances(12)(frame)
    assert np.isfinite(found[:, :count - 1]).all() and np.isnan(found[:, count - 1:]).all()
    for order in (Steinhardt([4, 6], (4, 8, 12)), SphericalHarmonics(4, (4, 8, 12))):
        found = order(frame)
        assert found.shape == (count, order.dimension) and found.dtype == np.float32
        parts = np.split(found, 3, axis=1)
        for n, part in zip(order.neighbors, parts):
            assert np.isfinite(part).all() if n < count else np.isnan(part).all()
    if count == 9:
        np.testing.assert_allclose(Steinhardt([4, 6], (8,))(frame), Steinhardt([4, 6], (4, 8))(frame)[:, 2:])


def rows_of(x, places):
    """The rows of x, and rows of NaN in front of these places."""
    return np.insert(x, places, np.nan, axis=0)


@pytest.fixture
def pair():
    rng = np.random.default_rng(2)
    return rng.normal(size=(60, 4)), rng.normal(size=(50, 4)) + [1, 0, 0, 0]


def test_scores_leave_rows_of_nan_out(pair):
    x, y = pair
    with_nan = rows_of(x, [3, 40]), rows_of(y, [0])
    found, expected = first_component(*with_nan), first_component(x, y)
    for part, whole, places in zip(expected, found, ([3, 40], [0])):
        np.testing.assert_array_equal(whole, np.insert(part, places, np.nan))
    assert separability(*with_nan) == separability(x, y)
    assert linear_separability(*with_nan) == linear_separability(x, y)
    with refused(option="embeddings", value="second"):
        separability(x, np.full_like(y, np.nan))
    x[4, 1] = np.nan  # of one that has numbers, it is a fault
    with refused(option="embeddings", value="first"):
        first_component(x, y)


def test_frames_are_compared_by_the_particles_that_have_neighbours():
    method = network("denoising")
    table = compare(droplet(), droplet(alone=1, seed=1), [method], n_bootstrap=10, progress=False)
    expected = compare(droplet(alone=0), droplet(alone=0, seed=1), [method], n_bootstrap=10, progress=False)
    assert (table.loc["denoising", ["n1", "n2"]] == 216).all()
    pd.testing.assert_frame_equal(table, expected)


def test_a_transformer_gives_the_rows_of_nan():
    frame, transformer = droplet(), EmbeddingTransformer("denoising", weights="thermal", neighbors=CUTOFF)
    found = transformer.fit_transform([frame, frame])
    assert np.flatnonzero(np.isnan(found).any(axis=1)).tolist() == [216, 217, 434, 435]
    np.testing.assert_array_equal(found[:218], network("denoising")(frame))


def embed(folder, *options):
    gala_ssl.write_frames(folder / "run.gsd", [droplet(), droplet(alone=1, seed=1)])
    main(["embed", str(folder / "run.gsd"), "--task", "denoising", "--neighbors", "cutoff", "--r-max", "1.6", "--quiet",
          *options])


def test_files_of_embeddings_have_nan_that_the_components_leave_out(tmp_path):
    embed(tmp_path, "-o", str(tmp_path / "a.h5"), "--gsd", str(tmp_path / "b.gsd"), "--png", str(tmp_path / "c.png"))
    alone = [216, 217, 434]
    with h5py.File(tmp_path / "a.h5") as file:
        embedding, components = file["embedding"][:], file["components"][:]
        assert np.isfinite(json.loads(file["card"].asstr()[()])["components"]["mean"]).all()
    for values in (embedding, components):
        assert np.flatnonzero(np.isnan(values).any(axis=1)).tolist() == alone and np.isnan(values[alone]).all()
    known = np.delete(embedding, alone, axis=0)
    expected = PCA(3).fit(known).transform(known)
    np.testing.assert_allclose(np.abs(np.delete(components, alone, axis=0)), np.abs(expected), atol=1e-4)
    with gsd.hoomd.open(tmp_path / "b.gsd") as file:
        written = file[0].log["particles/gala_ssl/component_1"]
    np.testing.assert_array_equal(written, components[:218, 0])


def test_a_csv_says_nan_and_a_frame_is_the_mean_of_those_that_have_neighbours(tmp_path):
    embed(tmp_path, "-o", str(tmp_path / "a.csv"))
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[217].split(",")[4] == "nan" and lines[216].count("nan") == 0
    embed(tmp_path, "-o", str(tmp_path / "f.npz"), "--level", "frame")
    table = pd.read_csv(tmp_path / "a.csv").groupby("frame").mean().filter(like="embedding_")
    np.testing.assert_allclose(np.load(tmp_path / "f.npz")["embedding"], table, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["a.csv", "a.gsd", "a.xyz", "a.dump"])
def test_files_of_names_have_nan(tmp_path, name):
    gala_ssl.write_frames(tmp_path / "run.gsd", [droplet()])
    frames, identify = gala_ssl.read_frames(tmp_path / "run.gsd"), Identifier(network("frame_classification"), ["sc"])
    with named_file(tmp_path / name, tmp_path / name, frames, identify.answers) as file:
        file.add(frames[0], identify(frames[0]))
    if name == "a.gsd":
        with gsd.hoomd.open(tmp_path / name) as file:
            assert np.isnan(file[0].log["particles/gala_ssl/probability"][216:]).all()
        return
    lines = [line for line in (tmp_path / name).read_text().splitlines() if "unknown" in line and "names" not in line]
    assert len(lines) == 2 and all("nan" in line for line in lines)


def test_figures_draw_the_others():
    frame, values = droplet(), np.append(np.linspace(0, 1, 216), [np.nan, np.nan])
    assert even_scale(values)(1.0) == even_scale(values[:216])(1.0)
    colors = particles(frame, np.where(np.arange(218) % 2, np.nan, values)).collections[0].get_array()
    assert 20 < np.ma.count_masked(colors) < len(colors) - 20
    line = course(np.repeat([0, 1], 109), values)
    assert np.isfinite(line.lines[0].get_ydata()).all()
    component_density(values, values[::-1])
    scores = np.random.default_rng(0).normal(size=(218, 5))
    expected = map_of([scores[:216]])[0]
    scores[216:] = np.nan
    found = map_of([scores])[0]
    np.testing.assert_allclose(found[:216], expected, atol=1e-6)
    assert not found[216:].any()


def test_a_page_can_be_written(tmp_path):
    gala_ssl.write_frames(tmp_path / "run.gsd", [droplet()])
    frames = gala_ssl.read_frames(tmp_path / "run.gsd")
    from gala_ssl.order.timeline import Timeline

    found, timeline = Identifier(network("frame_classification"))(frames[0]), Timeline(frames)
    timeline.add(frames[0], found.structure)
    album = Album(frames, timeline, page=True)
    album.add(found)
    album.write_page(tmp_path / "run.html", "run", [])
    assert "unknown" in (tmp_path / "run.html").read_text(encoding="utf-8")
