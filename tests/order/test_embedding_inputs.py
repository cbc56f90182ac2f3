"""What an Embedding takes: neighbours by other rules, units, types, particles without neighbours, wrong files."""
import dataclasses
import pathlib
import warnings

import keras
import numpy as np
import pytest

from gala_ssl import prototypes
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import SANN, Cutoff, Nearest, Voronoi
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from gala_ssl.networks.core import build_core
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.models.build import build_model
from tests import tiny
from tests.properties import assert_close
from tests.refusals import refused
from tests.small_networks import small_config

pytestmark = pytest.mark.tensorflow  # on JAX test_embedding looks at the network's numbers

TRAJECTORIES = pathlib.Path(__file__).parents[2] / "data" / "trajectories"


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
    clouds = point_clouds(frame, Nearest(tiny.NEIGHBORS)).in_contact_distances()
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
            clouds = point_clouds(frame, Nearest(tiny.NEIGHBORS)).in_contact_distances()
            for count in (20, 100, len(clouds)):
                embed._inputs.of_clouds(clouds[rng.permutation(len(clouds))[:count]], "contact")


@pytest.mark.parametrize(("neighbors", "option", "value"), [
    ("voronoi", "neighbors", "voronoi"), (12, "neighbors", 12), (Nearest(3000), "most", 3000)])
def test_a_wrong_choice_of_neighbours_is_refused_at_once(neighbors, option, value):
    with refused(option=option, value=value):
        tiny.embed_with(neighbors=neighbors)


def test_a_rule_without_a_number_takes_as_many_as_the_network_was_trained_on(embed):
    assert embed.neighbors == Nearest(tiny.NEIGHBORS)
    with pytest.warns(UserWarning, match=f"by 'sann', {tiny.NEIGHBORS} at most"):
        assert tiny.embed_with(neighbors=SANN()).neighbors == SANN(most=tiny.NEIGHBORS)


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
    for given in (mixed, point_clouds(mixed, Nearest(tiny.NEIGHBORS))):
        with refused(option="types", value=2):
            embed(given)


def test_types_are_ignored_where_that_is_asked_for(embed, frame):
    mixed = Frame(frame.positions, frame.box, np.arange(len(frame)) % 2, ("A", "B"))
    blind = tiny.embed_with(ignore_types=True)  # without a graph: the same numbers but for their last digits
    clouds, mixed_clouds = point_clouds(frame, Nearest(tiny.NEIGHBORS)), point_clouds(mixed, Nearest(tiny.NEIGHBORS))
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
    card = {"task": "denoising", "data": dataclasses.asdict(DataConfig(neighbors=tiny.NEIGHBORS))}
    embed = Embedding(model, card, length_scale="shortest", progress=False)
    expected = embed(Frame(frame.positions, frame.box, frame.types, ("A", "B")))
    for given in (frame, point_clouds(frame, Nearest(tiny.NEIGHBORS)).in_shortest_bonds()):
        with pytest.warns(UserWarning, match="knows 2 types of particles, but those given are of 1"):
            np.testing.assert_array_equal(embed(given), expected)


def test_what_cannot_be_loaded_is_named(directory, tmp_path):
    with refused(path=str(tmp_path), option="files", value=["denoising.safetensors", "denoising.json"]):
        Embedding.from_pretrained("denoising", weights=tmp_path)
    with refused(option="length scale", value="largest"):
        Embedding.from_pretrained("denoising", weights=directory, length_scale="largest")
    card = {"task": "denoising", "data": {"neighbors": tiny.NEIGHBORS}}
    with refused(option="length_scale", value="mean_bond"):
        Embedding(None, card, length_scale="mean_bond")
    with refused(option="attention", value="slow"):
        Embedding.from_pretrained("denoising", weights=directory, attention="slow")
    with refused(option="task", value="denosing"):
        Embedding.from_pretrained("denosing")


def test_of_few_particles_images_are_neighbours(embed):
    small = Frame(np.random.default_rng(0).normal(size=(5, 3)), [6, 6, 6, 0, 0, 0])
    np.testing.assert_allclose(embed(small), embed(small.replicated(3, 3, 3))[:5], atol=1e-4)
