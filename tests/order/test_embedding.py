"""Learned embeddings: mean values of a core, whatever the unit, the chunk, the attention or the process."""
import dataclasses
import os
import pathlib
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gala_ssl import prototypes
from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.clouds.rules import SANN, Cutoff, Nearest, Voronoi
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from gala_ssl.networks.core import build_core
from gala_ssl.order.classical import RadialDistances
from gala_ssl.order.concatenation import Concatenation
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.models.build import build_model
from tests import tiny
from tests.properties import assert_close
from tests.refusals import refused
from tests.small_networks import small_config

pytestmark = pytest.mark.any_backend

NEIGHBORS, MEAN_BOND = tiny.NEIGHBORS, tiny.MEAN_BOND
TRAJECTORIES = pathlib.Path(__file__).parents[2] / "data" / "trajectories"


@pytest.fixture(scope="module")
def directory():
    """A directory with weights for denoising."""
    return tiny.FOLDER


@pytest.fixture(scope="module")
def embed():
    return tiny.embedding()


@pytest.fixture(scope="module")
def frame():
    """Some 300 particles: more than a chunk, and not a multiple of one."""
    frame = prototypes.build("cI2-W", 300, noise=0.05, seed=1)
    assert 256 < len(frame) != 512
    return frame


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


@pytest.mark.tensorflow  # JAX compiles each size
@pytest.mark.parametrize("rule", [Cutoff(1.2, most=14), Voronoi(most=14), SANN(most=14)])
def test_neighbours_by_another_rule_are_embedded_with_a_warning(frame, rule):
    said = f"trained on the 6 nearest neighbours .* by '{rule.name}', 14 at most, was not"
    with pytest.warns(UserWarning, match=said):
        chosen = tiny.embed_with(neighbors=rule)
    clouds = point_clouds(frame, rule)
    nearest = np.linalg.norm(point_clouds(frame, Nearest(1)).bonds, axis=-1)
    expected = embed_one_by_one(chosen, clouds.scaled(np.quantile(nearest, 0.01))[::30])
    assert_close(chosen(frame)[::30], expected, 1e-5)


def embed_one_by_one(embed, clouds):
    """Mean values of the core, every cloud without its padding."""
    rows = []
    for bonds, types, mask in zip(clouds.bonds, clouds.types, clouds.mask):
        values = embed.core([bonds[None, mask] / np.float32(2), types[None, mask]])[1]
        rows.append(np.asarray(values)[0].mean(axis=0))
    return np.array(rows)


def test_clouds_of_another_width_are_embedded_with_a_warning(embed, frame):
    with pytest.warns(UserWarning, match="trained on clouds of 6 bonds; what it makes of clouds of up to 9"):
        found = embed(point_clouds(frame, Nearest(9))[:300])
    clouds = point_clouds(frame, Nearest(9))
    values = np.asarray(embed.core([clouds.bonds / np.float32(2), clouds.types])[1])
    assert_close(found, values.mean(axis=1)[:300], 1e-5)


def test_of_wide_clouds_fewer_are_computed_at_a_time(embed, frame, monkeypatch):
    """So that what is in memory, the pairs of bonds, stays the same; the widest are refused."""
    network = embed.network.compiled("mean")(45)
    shapes, call = [], network.predict_on_batch
    monkeypatch.setattr(network, "predict_on_batch", lambda inputs: shapes.append(inputs[0].shape) or call(inputs))
    monkeypatch.setattr("gala_ssl.order.network.MOST_NEIGHBORS", 40)
    monkeypatch.setattr("gala_ssl.order.inputs.MOST_NEIGHBORS", 40)
    with pytest.warns(UserWarning, match="clouds of 6 bonds"):
        for width in (9, 40):
            found = embed(point_clouds(frame, Nearest(width))[:45])
            assert np.isfinite(found).all() and len(found) == 45
    assert shapes == 3 * [(19, 9, 3)] + 45 * [(1, 40, 3)]
    with refused(option="most", value=41):
        embed(point_clouds(frame, Nearest(41)))


@pytest.mark.parametrize("unit", [0.25, 2.7])
def test_point_clouds_in_another_unit_are_embedded_with_a_warning(embed, frame, monkeypatch, unit):
    """As in nanometres and in angstroms; pytest makes an error of what is said of the others."""
    clouds = point_clouds(frame, Nearest(NEIGHBORS)).in_contact_distances()
    with pytest.warns(UserWarning, match=f"lengths in shortest distances, but .* within {unit}; if that is another"):
        embed(clouds.scaled(1 / unit))
    for right in (clouds, clouds[:20], clouds.in_shortest_bonds(), clouds.scaled(1.8), clouds.scaled(1 / 1.8)):
        embed(right)
    embed(clouds[:19].scaled(1 / unit))  # which may be lonely particles
    embed(Frame(frame.positions * np.float32(unit), frame.box * [*3 * [unit], 1, 1, 1], frame.types))
    monkeypatch.setattr(embed, "length_scale", "mean_bond")
    embed(clouds.scaled(1 / unit))


def test_shipped_frames_as_clouds_give_no_warning(embed):
    rng = np.random.default_rng(0)
    for frames in map(read_frames, sorted(TRAJECTORIES.glob("*.gsd"))):
        for frame in (frames[0], frames[-1]):
            clouds = point_clouds(frame, Nearest(NEIGHBORS)).in_contact_distances()
            for count in (20, 100, len(clouds)):
                embed._inputs.of_clouds(clouds[rng.permutation(len(clouds))[:count]], "contact")


@pytest.mark.parametrize(("neighbors", "option", "value"), [
    ("voronoi", "neighbors", "voronoi"), (12, "neighbors", 12), (Nearest(3000), "most", 3000)])
def test_a_wrong_choice_of_neighbours_is_refused_at_once(neighbors, option, value):
    with refused(option=option, value=value):
        tiny.embed_with(neighbors=neighbors)


def test_a_rule_without_a_number_takes_as_many_as_the_network_was_trained_on(embed):
    assert embed.neighbors == Nearest(NEIGHBORS)
    with pytest.warns(UserWarning, match=f"by 'sann', {NEIGHBORS} at most"):
        assert tiny.embed_with(neighbors=SANN()).neighbors == SANN(most=NEIGHBORS)


@pytest.mark.parametrize(("task", "source"), [("denoising", "core"), ("frame_classification", "head"),
                                              ("autoencoder", "head"), ("shift_identification", "head")])
def test_particles_without_neighbours_have_a_row_of_nan(task, source):
    """A droplet, and two particles far from it and from each other."""
    with pytest.warns(UserWarning):
        embed = tiny.embed_with(task, source=source, neighbors=Cutoff(3.0))
    positions = np.random.default_rng(0).normal(size=(40, 3))
    droplet = Frame([*positions, [14, 0, 0], [0, 14, 0]], [40, 40, 40, 0, 0, 0], np.zeros(42))
    found = embed(droplet)
    assert np.isfinite(found[:40]).all() and np.isnan(found[40:]).all()
    np.testing.assert_array_equal(found[:40], embed(Frame(positions, droplet.box)))


def test_frames_with_more_types_than_the_network_knows_are_refused(embed, frame):
    mixed = Frame(frame.positions, frame.box, np.arange(len(frame)) % 2, ("A", "B"))
    for given in (mixed, point_clouds(mixed, Nearest(NEIGHBORS))):
        with refused(option="types", value=2):
            embed(given)


def test_types_are_ignored_where_that_is_asked_for(embed, frame):
    mixed = Frame(frame.positions, frame.box, np.arange(len(frame)) % 2, ("A", "B"))
    blind = tiny.embed_with(ignore_types=True)  # without a graph: the same numbers but for their last digits
    clouds, mixed_clouds = point_clouds(frame, Nearest(NEIGHBORS)), point_clouds(mixed, Nearest(NEIGHBORS))
    for given, same in ((mixed, frame), (mixed_clouds, clouds), (frame, frame), (clouds, clouds)):
        np.testing.assert_allclose(blind(given), embed(same), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("k", "shells_fit"), [(8, True), (14, True), (10, False), (20, False)])
def test_of_perfect_crystals_a_shell_that_does_not_fit_is_said(embed, monkeypatch, k, shells_fit):
    """The shells of bcc have 8, 6 and 12 particles; of a noisy one no two are equally far."""
    monkeypatch.setattr(embed, "neighbors", Nearest(k))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = embed(prototypes.build("cI2-W", 200))
    assert [("100% of the particles have further neighbours" in str(each.message)) for each in said] == (
        [] if shells_fit else [True])
    assert np.ptp(found, axis=0).max() < 1e-4 or not shells_fit
    embed(prototypes.build("cI2-W", 200, noise=0.01))


def test_types_that_are_named_but_not_there_do_not_count(embed, frame):
    named = Frame(frame.positions, frame.box, np.ones(len(frame)), ("A", "B", "C"))
    np.testing.assert_array_equal(embed(named), embed(frame))


def test_fewer_types_than_the_network_knows_are_its_first_with_a_warning(frame):
    keras.utils.set_random_seed(0)
    model = build_model("denoising", build_core(small_config(type_width=4, blocks=1)))
    card = {"task": "denoising", "data": dataclasses.asdict(DataConfig(neighbors=NEIGHBORS))}
    embed = Embedding(model, card, length_scale="shortest", progress=False)
    expected = embed(Frame(frame.positions, frame.box, frame.types, ("A", "B")))
    for given in (frame, point_clouds(frame, Nearest(NEIGHBORS)).in_shortest_bonds()):
        with pytest.warns(UserWarning, match="knows 2 types of particles, but those given are of 1"):
            np.testing.assert_array_equal(embed(given), expected)


def test_what_cannot_be_loaded_is_named(directory, tmp_path):
    with refused(path=str(tmp_path), option="files", value=["denoising.safetensors", "denoising.json"]):
        Embedding.from_pretrained("denoising", weights=tmp_path)
    with refused(option="length scale", value="largest"):
        Embedding.from_pretrained("denoising", weights=directory, length_scale="largest")
    card = {"task": "denoising", "data": {"neighbors": NEIGHBORS}}
    with refused(option="length_scale", value="mean_bond"):
        Embedding(None, card, length_scale="mean_bond")
    with refused(option="attention", value="slow"):
        Embedding.from_pretrained("denoising", weights=directory, attention="slow")
    with refused(option="task", value="denosing"):
        Embedding.from_pretrained("denosing")


def test_of_few_particles_images_are_neighbours(embed):
    small = Frame(np.random.default_rng(0).normal(size=(5, 3)), [6, 6, 6, 0, 0, 0])
    np.testing.assert_allclose(embed(small), embed(small.replicated(3, 3, 3))[:5], atol=1e-4)


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
