"""Weights: from one attention to the other, through files with cards, and files that are broken."""
import dataclasses
import json

import keras
import numpy as np
import pytest

from gala_ssl.networks.core import GalaCore, build_core
from gala_ssl.networks.weights import copy_weights
from gala_ssl.tasks import TASKS, get_task
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.frame_classification import FrameClassification
from gala_ssl.tasks.models.build import build_model
from gala_ssl.tasks.models.pretrained import from_keras, load_model, save_pretrained
from tests import tiny
from tests.properties import assert_close
from tests.refusals import refused
from tests.selection import in_tiers
from tests.small_networks import settle, small_config
from tests.strategies import cloud, type_encodings

pytestmark = pytest.mark.any_backend

# The published layers take several times as long to build.
ATTENTIONS = ["fast", pytest.param("published", marks=[pytest.mark.tensorflow, pytest.mark.slow])]
OTHER = {"fast": "published", "published": "fast"}


@pytest.fixture(scope="module")
def clouds():
    rng = np.random.default_rng(1)
    bonds = np.stack([cloud(kind, 8, rng) for kind in ("random", "lattice", "coplanar", "repeated")])
    return [bonds.astype(np.float32), type_encodings((4, 8), 2, rng)]


def model_of(task="denoising", attention="fast", seed=0, **changes):
    keras.utils.set_random_seed(seed)
    task = FrameClassification(3) if task == "frame_classification" else get_task(task)
    return build_model(task, build_core(small_config(attention, **{"blocks": 1} | changes)))


def answers(model, clouds):
    return [np.asarray(found) for found in (*model.get_layer("core")(clouds), model(clouds))]


def assert_same_answers(a, b, clouds):
    # The axes of symmetric clouds, of vectors that nearly vanish, are known less well.
    head = 1e-3 if a.name == "autoencoder" else 1e-5
    for found, expected, relative in zip(answers(a, clouds), answers(b, clouds), (1e-5, 1e-5, head), strict=True):
        assert_close(found, expected, relative)


@pytest.mark.tensorflow
@pytest.mark.parametrize("task", in_tiers(TASKS, slow=("autoencoder",)))
def test_one_seed_gives_both_attentions_the_same_network(task, clouds):
    fast, published = (model_of(task, attention) for attention in ("fast", "published"))
    assert [weight.path for weight in fast.weights] == [weight.path for weight in published.weights]
    for a, b in zip(fast.get_weights(), published.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert_same_answers(fast, published, clouds)


@pytest.mark.tensorflow
@pytest.mark.parametrize("task", in_tiers(TASKS, (), ("denoising",)))
@pytest.mark.parametrize("attention", ["fast", pytest.param("published", marks=pytest.mark.long)])
def test_weights_move_to_the_other_attention(task, attention, clouds, tmp_path):
    """By copy_weights, by a file of weights and by a file of a model."""
    source = model_of(task, attention)
    settle(source)
    copied, loaded, from_model = (model_of(task, OTHER[attention], seed=seed) for seed in (1, 2, 3))
    copy_weights(source, copied)
    source.save_weights(tmp_path / "source.weights.h5")
    loaded.load_weights(tmp_path / "source.weights.h5")
    source.save(tmp_path / "source.keras")
    from_model.load_weights(tmp_path / "source.keras")
    for target in (copied, loaded, from_model):
        for a, b in zip(source.get_weights(), target.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        assert_same_answers(target, source, clouds)


def test_copy_weights_of_a_core_alone(clouds):
    source, target = (build_core(small_config(blocks=1)) for _ in range(2))
    settle(source)
    copy_weights(source, target)
    for a, b in zip(source(clouds), target(clouds), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_weights_of_another_architecture_are_refused():
    with refused(option="target", value="denoising"):
        copy_weights(model_of(), model_of(width=6))


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_core_and_a_model_survive_a_file(attention, clouds, tmp_path):
    model = model_of("frame_classification", attention)
    settle(model)
    core = model.get_layer("core")
    assert GalaCore.from_config(core.get_config()).config == core.config
    for part in (model, core):
        part.save(tmp_path / "part.keras")
        loaded = keras.saving.load_model(tmp_path / "part.keras", safe_mode=True)
        for a, b in zip(keras.tree.flatten(part(clouds)), keras.tree.flatten(loaded(clouds)), strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_frozen_core_says_so_after_a_file(attention, tmp_path):
    core = build_core(small_config(attention))
    core.trainable = False
    core.save(tmp_path / "core.keras")
    assert keras.saving.load_model(tmp_path / "core.keras").trainable is False


def card_of(model, task="denoising"):
    settings = {"classes": 3} if task == "frame_classification" else {}
    core = dataclasses.asdict(model.get_layer("core").config)
    return {"task": task, "task_settings": settings, "core": core,
            "data": dataclasses.asdict(DataConfig(neighbors=8))}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A directory with a pretrained model, and the model."""
    directory = tmp_path_factory.mktemp("pretrained")
    model = model_of()
    settle(model)
    save_pretrained(model, card_of(model), directory)
    return directory, model


@pytest.mark.parametrize("attention", [None, *ATTENTIONS])
def test_a_pretrained_model_comes_back(saved, clouds, attention):
    directory, model = saved
    loaded, card = load_model("denoising", directory, attention)
    assert card == json.loads((directory / "denoising.json").read_text())
    assert loaded.get_layer("core").config.attention == (attention or "fast")
    assert_same_answers(loaded, model, clouds)


def test_weights_of_a_keras_file_are_taken_over(saved, tmp_path):
    _, model = saved
    model.save(tmp_path / "denoising.keras")
    (tmp_path / "denoising.json").write_text(json.dumps(card_of(model)))
    from_keras(tmp_path / "denoising.keras", tmp_path / "new")
    for a, b in zip(load_model("denoising", tmp_path / "new")[0].get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    (tmp_path / "denoising.json").write_text(json.dumps(tiny.card("denoising")))
    with refused(path=str(tmp_path / "denoising.keras")):
        from_keras(tmp_path / "denoising.keras", tmp_path / "new")


def test_an_unknown_task_and_missing_files_are_named(saved, tmp_path):
    with refused(option="task", value="denosing"):
        load_model("denosing", saved[0])
    with refused(path=str(tmp_path), option="files", value=["denoising.safetensors", "denoising.json"]):
        load_model("denoising", tmp_path)
    (tmp_path / "denoising.safetensors").write_bytes((saved[0] / "denoising.safetensors").read_bytes())
    with refused(path=str(tmp_path), option="files", value=["denoising.json"]):
        load_model("denoising", tmp_path)


def damaged(saved, tmp_path, weights=None, card=None):
    """A copy of the directory with one of its files changed by a function of its bytes."""
    for name, change in (("denoising.safetensors", weights), ("denoising.json", card)):
        content = (saved[0] / name).read_bytes()
        (tmp_path / name).write_bytes(change(content) if change else content)
    return tmp_path


def random_bytes(content):
    return np.random.default_rng(0).bytes(len(content))


def flipped(content):
    """Bytes changed in the middle, where the numbers are."""
    changed = bytearray(content)
    for i in range(len(content) // 2, len(content) // 2 + 64):
        changed[i] ^= 255
    return bytes(changed)


@pytest.mark.parametrize("change", [
    lambda content: b"", lambda content: content[: len(content) // 2], lambda content: content[:-30],
    random_bytes, flipped], ids=["empty", "half", "without its end", "random", "flipped"])
def test_a_broken_weights_file_is_named(saved, tmp_path, change):
    directory = damaged(saved, tmp_path, weights=change)
    with refused(path=str(directory / "denoising.safetensors"), option="sha256"):
        load_model("denoising", directory)


def edited(**changes):
    def change(content):
        card = json.loads(content) | changes
        return json.dumps({key: value for key, value in card.items() if value is not None}).encode()
    return change


def with_core(**changes):
    return lambda content: edited(core=json.loads(content)["core"] | changes)(content)


@pytest.mark.parametrize(("change", "option"), [
    (lambda content: b"", None), (lambda content: content[:40], None), (random_bytes, None),
    (lambda content: b"[1, 2]", None), (edited(core=None), "core"), (edited(task_settings=None), "task_settings"),
    (edited(core={"depth": 3}), "core"), (edited(core=7), "core"), (edited(task_settings={"noise": 1}), None),
    (with_core(blocks=0), "blocks"), (edited(data=None), "data"), (edited(data={"k": 3}), "data")],
    ids=["empty", "truncated", "random", "a list", "no core", "no task settings", "unknown setting",
         "core a number", "unknown task setting", "impossible setting", "no data", "unknown data"])
def test_a_broken_card_is_named(saved, tmp_path, change, option):
    directory = damaged(saved, tmp_path, card=change)
    with refused(path=str(directory / "denoising.json"), option=option):
        load_model("denoising", directory)


def test_weights_that_are_not_those_of_the_card_are_refused(saved, tmp_path):
    other = dataclasses.asdict(small_config(blocks=1, width=6))
    directory = damaged(saved, tmp_path, card=edited(core=other))
    with refused(path=str(directory / "denoising.safetensors"), option=None):
        load_model("denoising", directory)
