"""The weights for real particles keep their symmetries on hot crystals, and their cards describe them."""
import functools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gala_ssl.base.files import read_json
from gala_ssl.clouds.lengths import own_mean_bond
from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.data.thermal import class_names
from gala_ssl.tasks.models.cards import describe
from gala_ssl.tasks.models.sets import SETS
from gala_ssl.training.presets import preset
from tests import properties
from tests.regression.test_shipped_weights import ANSWERS
from tests.scripts import module
from tests.selection import in_tiers

pytestmark = pytest.mark.any_backend


@functools.cache
def thermal(task, attention=None):
    return Embedding.from_pretrained(task, weights="thermal", attention=attention, progress=False)


@pytest.fixture(scope="module")
def hot_clouds():
    """32 clouds of hot fcc, bcc and hcp and of a melt each, in the networks' unit."""
    chosen = {}
    for hot in module("hot_crystals").load_hot_crystals():
        if hot.ratio >= 1:
            chosen.setdefault(hot.structure, hot.frame)
    found = PointClouds.concatenate([point_clouds(chosen[name])[:32] for name in ("fcc", "bcc", "hcp", "liquid")])
    return found.scaled(own_mean_bond(found.bonds))


@pytest.mark.parametrize("task", in_tiers(TASKS, (), ("frame_classification",)))
def test_turned_hot_clouds_get_the_same_answer(hot_clouds, task):
    """To 1e-4 of core and head; the axes of the autoencoder turn rounding into a larger angle."""
    embed = thermal(task)
    rotation = Rotation.random(rng=np.random.default_rng(2)).as_matrix()
    properties.assert_rotation_equivariant(
        lambda inputs: [*embed.core(inputs), embed.model(inputs)],
        ("bond multivectors", "bond values", ANSWERS[task]), hot_clouds.bonds / np.float32(2), hot_clouds.types,
        rotation, (4 if task == "autoencoder" else 2) * 1e-4)


@pytest.mark.tensorflow
@pytest.mark.parametrize("task", in_tiers(["frame_classification", "shift_identification"], (),
                                          ("frame_classification",)))
def test_both_attentions_give_one_answer(hot_clouds, task):
    inputs = [hot_clouds.bonds / np.float32(2), hot_clouds.types]
    np.testing.assert_allclose(thermal(task).model(inputs), thermal(task, "published").model(inputs), atol=2e-4)


@pytest.mark.parametrize("name", [name for name in SETS if name != "paper"])
def test_cards_describe_the_preset_that_the_weights_are_named_after(name):
    folder, wanted = SETS[name], preset(name)
    cards = sorted(folder.glob("*.json"))
    assert cards and {card.stem for card in cards} <= set(TASKS)
    for path in cards:
        card = read_json(path)
        describe(card, path)
        assert card["preset"] == name and card["epochs"] <= wanted.training.epochs
        assert (card["epochs"] == wanted.training.epochs) == ("note" not in card)
        assert path.with_suffix(".safetensors").stat().st_size < 1e6
    if name == "thermal":
        assert {card.stem for card in cards} == set(TASKS)
        assert read_json(folder / "frame_classification.json")["structures"] == list(class_names(wanted.data))
