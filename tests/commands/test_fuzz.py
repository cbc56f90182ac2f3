"""Whatever a file or a card says: a sentence or a finite result. What the search found stays as examples.

HYPOTHESIS_PROFILE=search looks among ten times as many new ones.
"""
import contextlib
import json
import pathlib
import tempfile

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import read_json
from gala_ssl.clouds.neighborhoods import PointClouds
from gala_ssl.commands import info
from gala_ssl.networks.config import CoreConfig
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.models.cards import describe
from gala_ssl.training.presets import TrainingConfig
from tests import bad_files, tiny
from tests.bad_files import FORMATS, good
from tests.frames.test_bit_flips import outcome
from tests.strategies import examples

TEXTS = [suffix for suffix in FORMATS if suffix != "gsd"]
# Words that parsers stumble over.
WORDS = ["", " ", "\n", "\n\n", "\r", "\0", "-1", "0", "1", "64", "999999999999", "1e400", "-1e-400", "nan", "inf",
         "0x10", "1_000", "1,5", "''", '"', "'", "{", "[", "#", ";", "?", ".", "loop_", "data_", "ITEM: ATOMS",
         "ITEM: TIMESTEP\n", "Lattice=", "Properties=", "species:S:1:pos:R:3", "pos:R:64", "Direct",
         "Selective dynamics", "é", "\u0661", "\ufeff"]
NUMBERS = st.one_of(st.integers(), st.floats(), st.booleans())
PLAIN = st.recursive(st.one_of(st.none(), NUMBERS, st.text(max_size=8)), lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)), max_leaves=5)


@pytest.fixture(scope="module")
def files():
    """A folder of its own, and of each text format a good file's text."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        yield folder, {suffix: bad_files.write(folder / f"good.{suffix}", [
            good(i) for i in range(FORMATS[suffix][1])]).read_text() for suffix in TEXTS}


EDIT = st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(st.sampled_from(WORDS), st.text(max_size=6)))
NEAR_THE_HEAD = st.tuples(st.floats(0, 0.05), st.integers(0, 30), st.sampled_from(WORDS))


@pytest.mark.parametrize("suffix", TEXTS)
@examples(40)
@given(edits=st.lists(st.one_of(EDIT, NEAR_THE_HEAD), min_size=1, max_size=4))
def test_a_text_file_edited_anywhere(files, suffix, edits):
    """Of each edit: where, as a part of the file; how many letters go; what comes in their place."""
    folder, texts = files
    text = texts[suffix]
    for part, gone, word in edits:
        start = round(part * len(text))
        text = text[:start] + word + text[start + gone:]
    path = folder / f"run.{suffix}"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    assert outcome(path) in ("finite", "sentence")


@pytest.mark.parametrize("suffix", FORMATS)
@examples(20)
@given(content=st.binary(max_size=300))
def test_a_file_of_any_bytes(files, suffix, content):
    path = files[0] / f"any.{suffix}"
    path.write_bytes(content)
    assert outcome(path) in ("finite", "sentence")


@pytest.mark.parametrize("cls", [DataConfig, CoreConfig, TrainingConfig])
@examples(200)
@given(data=st.data())
def test_any_setting_is_taken_or_refused(cls, data):
    """What is taken survives JSON."""
    names = sorted(cls.__dataclass_fields__)
    changes = data.draw(st.dictionaries(st.sampled_from(names), PLAIN, min_size=1, max_size=2))
    with contextlib.suppress(InputError):
        made = cls(**changes)
        assert cls(**json.loads(json.dumps(vars(made)))) == made


CARD = {"task": "denoising", "task_settings": {}, "core": vars(CoreConfig()), "data": DataConfig().values(),
        "mean_bond": 1.3, "preset": "paper", "epochs": 3, "best": {"val_mean_absolute_error": 0.25}}
PARTS = [(), ("core",), ("data",), ("task_settings",), ("best",)]


class Inputs:
    """In place of a network, one that shows the bonds it is given."""

    def predict_on_batch(self, inputs):
        return inputs[0]


@pytest.fixture(scope="module")
def model():
    return tiny.model("denoising")


@examples(300)
@given(part=st.sampled_from(PARTS), key=st.text(max_size=8), value=PLAIN, data=st.data())
@example(part=("task_settings",), key="scale", value=float("nan"), data=None)
@example(part=(), key="data", value={}, data=None)
@example(part=(), key="data", value=None, data=None)
@example(part=(), key="best", value=["val_mean_absolute_error"], data=None)
@example(part=(), key="best", value="val_mean_absolute_error", data=None)
@example(part=("best",), key="val_mean_absolute_error", value="0.25", data=None)
@example(part=(), key="preset", value="\ud800", data=None)
@example(part=("data",), key="neighbors", value=10**9, data=None)
def test_any_card_is_taken_or_refused(files, model, part, key, value, data):
    """By who loads the network, by the embedding, which reads the card itself, and by `gala-ssl info`."""
    card = json.loads(json.dumps(CARD))
    inner = card
    for name in part:
        inner = inner[name]
    key = data.draw(st.sampled_from([*inner, key])) if data else key
    if data and data.draw(st.booleans()):
        inner.pop(key, None)
    else:
        inner[key] = value
    (files[0] / "denoising.safetensors").touch()
    (files[0] / "denoising.json").write_text(json.dumps(card))
    found = info.headline(files[0], "denoising")
    info.readable({"tasks": {}, "folder": "", "weights": {"denoising": found}, "engines": {}, "versions": {},
                   "kernel": {"installed": False, "remedy": ""}}).encode()
    with contextlib.suppress(InputError):
        describe(card, pathlib.Path("denoising.json"))
        embed = Embedding(model, card, length_scale="mean_bond" if "mean_bond" in card else "contact")
        bonds, types = (np.ones((2, embed.neighbors.most, width), np.float32) for width in (3, 2))
        assert np.isfinite(embed.predict(Inputs(), PointClouds(bonds, types))).all()


@pytest.mark.parametrize("part", ["core", "data"])
def test_a_card_leaves_no_setting_to_the_defaults(part):
    for name in CARD[part]:
        card = json.loads(json.dumps(CARD))
        card[part]["depth"] = card[part].pop(name)
        with pytest.raises(InputError, match=f"card denoising.json does .*: missing in {part}: {name}, unknown in it: "
                           "'depth'; it was made by another version of gala_ssl"):
            describe(card, pathlib.Path("denoising.json"))


@examples(100)
@given(text=st.one_of(st.text(max_size=40), st.integers(0, 2000).map(lambda count: "[" * 50 * count)))
def test_any_text_is_a_dictionary_or_refused(files, text):
    path = files[0] / "card.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with contextlib.suppress(InputError):
        assert isinstance(read_json(path), dict)
