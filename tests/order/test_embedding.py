"""Learned embeddings: mean values of a core, whatever the unit, the chunk, the attention or the process."""
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from gala_ssl.order.classical import RadialDistances
from gala_ssl.order.concatenation import Concatenation
from gala_ssl.order.embedding import Embedding
from tests import tiny
from tests.properties import assert_close
from tests.refusals import refused

pytestmark = pytest.mark.any_backend

NEIGHBORS, MEAN_BOND = tiny.NEIGHBORS, tiny.MEAN_BOND
def test_it_is_a_featurizer(embed, frame):
    assert (embed.name, embed.dimension) == ("denoising", 8)
    assert embed.core is embed.model.get_layer("core") and embed.card["task"] == "denoising"
    found = embed(frame)
    assert found.shape == (len(frame), 8) and found.dtype == np.float32
    assert np.isfinite(found).all() and found.std(axis=0).min() > 1e-4


def test_an_embedding_is_the_mean_of_the_values_of_the_bonds(embed, frame):
    clouds = point_clouds(frame, Nearest(NEIGHBORS))
    values = np.asarray(embed.core([clouds.bonds / np.float32(2), clouds.types])[1])
    assert_close(embed(clouds), values.mean(axis=1), 1e-5)


def test_the_embedding_of_bonds_has_the_particles_as_its_mean(embed, frame):
    bonds = tiny.embed_with(source="bonds")(frame)
    assert bonds.shape == (len(frame), NEIGHBORS, 8)
    assert_close(bonds.mean(axis=1), embed(frame), 1e-5)


def test_padding_does_not_count_in_the_mean(embed, frame):
    clouds = point_clouds(frame, Nearest(NEIGHBORS))[:5]
    cut = [array.copy() for array in (clouds.bonds, clouds.types)]
    for array in cut:
        array[:, 4:] = 0
    shorter = PointClouds(clouds.bonds[:, :4], clouds.types[:, :4])
    values = np.asarray(embed.core([shorter.bonds / np.float32(2), shorter.types])[1])
    assert_close(embed(PointClouds(*cut)), values.mean(axis=1), 1e-5)


def test_chunks_do_not_matter(embed, frame):
    clouds = point_clouds(frame, Nearest(NEIGHBORS))
    whole = embed(clouds)
    for part in (slice(0, 1), slice(200, 300), slice(255, 257), slice(0, 256), slice(3, 3)):
        np.testing.assert_array_equal(embed(clouds[part]), whole[part])


@pytest.mark.parametrize(("scale", "name"), [("contact", "in_contact_distances"), ("shortest", "in_shortest_bonds")])
def test_frames_are_scaled_and_point_clouds_taken_as_they_are(embed, frame, monkeypatch, scale, name):
    clouds = getattr(point_clouds(frame, Nearest(NEIGHBORS)), name)()
    monkeypatch.setattr(embed, "length_scale", scale)
    np.testing.assert_array_equal(embed(frame), embed(clouds))
    larger = Frame(frame.positions * np.float32(4), frame.box * [4, 4, 4, 1, 1, 1], frame.types)
    assert_close(embed(larger), embed(frame), 1e-5)
    assert np.abs(embed(clouds.scaled(1.1)) - embed(clouds)).max() > 1e-3


def test_without_density_every_cloud_has_the_mean_bond_of_the_training(embed, frame, monkeypatch):
    clouds = point_clouds(frame, Nearest(NEIGHBORS))
    monkeypatch.setattr(embed, "length_scale", "mean_bond")
    assert_close(embed(frame), embed(clouds.in_mean_bonds().scaled(1 / MEAN_BOND)), 1e-6)
    np.testing.assert_allclose(clouds.in_mean_bonds().scaled(1 / MEAN_BOND).mean_bonds, MEAN_BOND, rtol=1e-6)


SUMMARIES = {"autoencoder": 8, "frame_classification": 8, "shift_identification": 4, "nearest_bond": 4,
             "denoising": None, "noisy_bond": None}


@pytest.mark.parametrize("task", SUMMARIES)
def test_the_heads_summary_of_a_cloud(task, frame):
    """Rotation-invariant, one row a particle; refused where the head makes nothing of a whole cloud."""
    if SUMMARIES[task] is None:
        with refused(option="source", value="head"):
            tiny.embed_with(task, source="head")
        return
    summary = tiny.embed_with(task, source="head")
    clouds = point_clouds(frame, Nearest(NEIGHBORS))
    found = summary(clouds)
    assert found.shape == (len(frame), summary.dimension) == (len(frame), SUMMARIES[task])
    assert found.std(axis=0).max() > 1e-4
    turn = Rotation.random(rng=np.random.default_rng(2)).as_matrix()
    assert_close(summary(PointClouds((clouds.bonds @ turn.T).astype(np.float32), clouds.types)), found, 1e-4)
    assert np.abs(found[:, :4] - tiny.embed_with(task)(clouds)[:, :4]).max() > 1e-4


def test_the_latent_of_a_cloud_is_the_mean_over_its_bonds(frame):
    model = tiny.model("autoencoder")
    clouds = point_clouds(frame, Nearest(NEIGHBORS))
    values = model.get_layer("core")([clouds.bonds / np.float32(2), clouds.types])[1]
    latent = np.asarray(model.get_layer("latent").mean(values))
    assert_close(tiny.embed_with("autoencoder", source="head")(clouds), latent.mean(axis=1), 1e-5)


@pytest.mark.tensorflow
def test_xla_compiles_the_network_for_large_frames_alone_and_the_numbers_stay(frame, monkeypatch):
    monkeypatch.setattr("gala_ssl.networks.compiled.MANY", 255)
    embed = Embedding(tiny.model("denoising"), tiny.card("denoising"), progress=False)
    compiled = embed.network.compiled("mean")
    assert [compiled(count).jit_compile for count in (1, 255, 256, 10**6)] == [False, False, True, True]
    clouds = point_clouds(frame, Nearest(NEIGHBORS))
    assert_close(embed(clouds), np.concatenate([embed(clouds[:255]), embed(clouds[255:])]), 1e-5)
    for choice in (True, False):
        chosen = Embedding(embed.model, embed.card, progress=False, jit_compile=choice)
        assert {chosen.network.compiled("mean")(count).jit_compile for count in (1, 10**6)} == {choice}


def test_featurizers_side_by_side(embed, frame):
    both = Concatenation([embed, RadialDistances(5)], "both")
    assert (both.name, both.dimension) == ("both", 13)
    found = both(frame)
    np.testing.assert_array_equal(found[:, :8], embed(frame))
    np.testing.assert_array_equal(found[:, 8:], RadialDistances(5)(frame))


def test_turned_frames_have_the_same_embedding(embed, frame):
    """A crystal and the same crystal built along other axes, as clouds."""
    clouds = point_clouds(frame, Nearest(NEIGHBORS))
    turn = Rotation.random(rng=np.random.default_rng(2)).as_matrix()
    turned = PointClouds((clouds.bonds @ turn.T).astype(np.float32), clouds.types)
    assert_close(embed(turned), embed(clouds), 1e-4)


@pytest.mark.tensorflow
def test_the_published_attention_gives_the_same_embedding(directory, embed, frame):
    published = Embedding.from_pretrained("denoising", weights=directory, attention="published", progress=False)
    assert published.core.config.attention == "published"
    assert_close(published(frame), embed(frame), 1e-5)


@pytest.mark.slow
def test_a_fresh_process_gives_the_same_embedding(directory, embed, frame, tmp_path):
    clouds = point_clouds(frame, Nearest(NEIGHBORS))
    np.savez(tmp_path / "clouds.npz", bonds=clouds.bonds, types=clouds.types)
    code = f"""
import numpy as np, gala_ssl
arrays = np.load({str(tmp_path / 'clouds.npz')!r})
embed = gala_ssl.Embedding.from_pretrained("denoising", weights={str(directory)!r}, engine="keras", progress=False)
np.save({str(tmp_path / 'found.npy')!r}, embed(gala_ssl.PointClouds(arrays["bonds"], arrays["types"])))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300,
                          env=os.environ)
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), embed(clouds))


def test_a_large_frame_is_searched_in_parts_with_one_scale(embed, frame, monkeypatch):
    """One part has the hundredth nearest pair of all, and every part is divided by it."""
    whole = {}
    for scale in ("contact", "shortest", "mean_bond"):
        monkeypatch.setattr(embed, "length_scale", scale)
        whole[scale] = embed(frame)
    monkeypatch.setattr("gala_ssl.order.embedding.SEARCHED", 256)
    for scale, expected in whole.items():
        monkeypatch.setattr(embed, "length_scale", scale)
        np.testing.assert_array_equal(embed(frame), expected)


def test_the_folder_of_one_task_names_the_task(tmp_path, embed):
    found = Embedding.from_pretrained(tiny.copy_to(tmp_path / "one", "denoising"), progress=False)
    assert (found.name, found.card) == ("denoising", embed.card)
    several = tiny.copy_to(tmp_path / "several", "denoising", "autoencoder")
    with refused(path=str(several), option="task"):
        Embedding.from_pretrained(several)


def test_a_table_has_a_row_a_particle(embed, frame, tmp_path):
    smaller = Frame(frame.positions[:100], frame.box)
    write_frames(tmp_path / "run.gsd", [smaller, frame, smaller])
    for frames, numbers in ((read_frames(tmp_path / "run.gsd", [2, 1]), (2, 1)), ([smaller, frame], (0, 1)),
                            (frame, (0,))):
        table = embed.table(frames)
        assert table.index.names == ["frame", "particle"] and tuple(table.index.unique("frame")) == numbers
        assert list(table) == [f"denoising_{i + 1}" for i in range(8)] and (table.dtypes == np.float32).all()
        for number, one in zip(numbers, [frames] if isinstance(frames, Frame) else frames):
            np.testing.assert_array_equal(table.loc[number], embed(one))
            assert list(table.loc[number].index) == list(range(len(one)))


def test_a_featurizer_says_what_it_is_in_a_line(embed):
    assert repr(embed) == "Embedding(denoising, 8 numbers a particle, Nearest(most=6), length_scale='contact')"
    assert repr(RadialDistances(5)) == "RadialDistances(radial_distances, 5 numbers a particle)"
