"""Particles of two types, all the way: a task trained on them tells mixtures apart that differ in nothing but types."""
import dataclasses

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.commands.main import main
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from gala_ssl.networks.core import build_core
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import Environments, split
from gala_ssl.tasks.data.streams import Stream
from gala_ssl.tasks.frame_classification import FrameClassification
from gala_ssl.tasks.models.build import build_model
from gala_ssl.tasks.models.pretrained import save_pretrained
from gala_ssl.training.fit import fit
from gala_ssl.training.presets import TrainingConfig
from tests.refusals import refused
from tests.small_networks import small_config

pytestmark = [pytest.mark.any_backend, pytest.mark.slow]

DATA = DataConfig(neighbors=8)


def mixture(ordered, seed):
    """Caesium chloride, or a solid solution: the sites are those of bcc at a shortest distance of 1 in both."""
    edge = 2 / 3**0.5
    cell = Frame([[-edge / 4] * 3, [edge / 4] * 3], [edge, edge, edge, 0, 0, 0], [0, 1], ("A", "B"))
    crystal, rng = cell.replicated(7, 7, 7), np.random.default_rng([seed])
    types = crystal.types if ordered else rng.permutation(crystal.types)
    return dataclasses.replace(crystal, types=types,
                               positions=crystal.positions + rng.normal(scale=0.03, size=crystal.positions.shape))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder with the weights of a network that was trained for a few epochs to tell the mixtures apart."""
    folder = tmp_path_factory.mktemp("mixtures")
    clouds = [point_clouds(mixture(ordered, seed=0), Nearest(DATA.neighbors)) for ordered in (True, False)]
    labels = np.repeat(np.arange(2, dtype=np.int32), [len(part) for part in clouds])
    environments = Environments(PointClouds.concatenate(clouds), labels, ("ordered", "random"))
    task = FrameClassification(classes=2)
    training = TrainingConfig(batch_size=32, accumulate=1, epochs=6, learning_rate=3e-3, jit_compile=False)
    streams = [Stream(task, environments, indices, 32, None, DATA.x_scale, (0, side), shuffle=not side)
               for side, indices in enumerate(split(len(environments), DATA))]
    keras.utils.set_random_seed(0)
    core = build_core(small_config(type_width=4, blocks=1, width=16, hidden=16, dropout=0.0))
    model = build_model(task, core)
    history = fit(model, task, *streams, training, folder / "run", progress=False)
    assert history["val_accuracy"].max() > 0.9
    card = {"task": task.name, "task_settings": {"classes": 2}, "type_names": ["A", "B"],
            "core": dataclasses.asdict(core.config),
            "data": dataclasses.asdict(DATA)}
    save_pretrained(model, card, folder)
    return folder


def test_an_embedding_tells_mixtures_apart_by_types_alone(weights, tmp_path):
    """Of other samples, read from a file: by a linear classifier, because centres of both types differ as well."""
    write_frames(tmp_path / "mixtures.gsd", [mixture(ordered, seed) for seed in (1, 2) for ordered in (True, False)])
    embed = Embedding.from_pretrained("frame_classification", weights=weights, progress=False)
    found = [embed(frame) for frame in read_frames(tmp_path / "mixtures.gsd")]
    assert found[0].shape == (686, 16)
    names = np.repeat(["ordered", "random"], 686)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(np.vstack(found[:2]), names)
    assert classifier.score(np.vstack(found[2:]), names) > 0.9


@pytest.mark.filterwarnings("default:The frame_classification network knows 2 types")
def test_the_command_embeds_mixtures_by_a_network_of_two_types_and_refuses_them_by_one_of_one(
        weights, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_frames("mixtures.gsd", [mixture(ordered, seed=1) for ordered in (True, False)])
    main(["embed", "mixtures.gsd", "--weights", str(weights), "-o", "order.npz", "--gsd", "order.gsd", "--quiet"])
    embed = Embedding.from_pretrained("frame_classification", weights=weights, progress=False)
    expected = np.vstack([embed(frame) for frame in read_frames("mixtures.gsd")])
    np.testing.assert_array_equal(np.load("order.npz")["embedding"], expected)
    assert read_frames("order.gsd")[1].type_names == ("A", "B") and capsys.readouterr() == ("", "")
    with pytest.raises(SystemExit) as stop:
        main(["embed", "mixtures.gsd", "-o", "shipped.npz", "--quiet"])
    assert stop.value.code == 2 and not list(tmp_path.glob("shipped*"))
    assert capsys.readouterr().err == (
        "error: The frame_classification network knows 1 type of particles, but those of mixtures.gsd, frame 0 "
        "are of 2; take all for one type with ignore_types, on the command line --ignore-types, or train a network on "
        "as many.\n")
    main(["embed", "mixtures.gsd", "--weights", str(weights), "--ignore-types", "-o", "sites.npz", "--quiet"])
    assert "knows 2 types of particles, but those given are of 1, which count" in capsys.readouterr().err
    alike = [dataclasses.replace(frame, types=None) for frame in read_frames("mixtures.gsd")]
    np.testing.assert_array_equal(np.load("sites.npz")["embedding"], np.vstack([embed(frame) for frame in alike]))


def test_a_third_type_is_refused(weights):
    embed = Embedding.from_pretrained("frame_classification", weights=weights, progress=False)
    crystal = mixture(True, seed=1)
    third = dataclasses.replace(crystal, types=np.arange(len(crystal)) % 3, type_names=("A", "B", "C"))
    with refused(frame="the frame", option="types", value=3):
        embed(third)
