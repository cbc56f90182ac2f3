"""Pretraining of several tasks: their runs, cards and weights; runs that are done, others, and wrong names."""
import dataclasses
import json
import shutil

import pandas as pd
import pytest

import gala_ssl
from gala_ssl.tasks import TASKS
from gala_ssl.training import checkpoint
from gala_ssl.training import pretrain as pretraining
from tests.refusals import refused
from tests.small_networks import tiny_preset
from tests.training.test_training import contents

pytestmark = pytest.mark.any_backend

TINY = tiny_preset(epochs=4, dynamic_training=96)
SHORT = dataclasses.replace(TINY, training=dataclasses.replace(TINY.training, epochs=1))
SOME = ("denoising",)


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """(cards, directory of the runs, directory of the output) of some tasks."""
    directory = tmp_path_factory.mktemp("pretrained")
    cards = list(pretraining.pretrain(SOME, SHORT, directory / "runs", directory / "out", progress=False))
    return cards, directory / "runs" / "tiny", directory / "out"


def test_pretrain_writes_runs_and_cards(pretrained):
    cards, runs, output = pretrained
    assert [card["task"] for card in cards] == list(SOME)
    for name, card in zip(SOME, cards, strict=True):
        run = runs / name
        assert {path.name for path in run.iterdir()} == {
            ".lock", "config.json", "history.csv", checkpoint.CHECKPOINT, checkpoint.BEST, f"{name}.safetensors",
            f"{name}.json"}
        assert json.loads((run / f"{name}.json").read_text()) == json.loads(json.dumps(card))
        assert (output / f"{name}.safetensors").read_bytes() == (run / f"{name}.safetensors").read_bytes()
        assert card["best"]["val_loss"] == pd.read_csv(run / "history.csv")["val_loss"].min()
        assert card["core"]["dropout"] == TASKS[name].dropout


def test_pretrain_does_nothing_again(pretrained, monkeypatch):
    cards, runs, _ = pretrained
    before = [contents(runs / name) for name in SOME]
    monkeypatch.setattr(pretraining, "prototype_environments", None)  # a finished run needs no data
    again = list(pretraining.pretrain(SOME, SHORT, runs.parent, progress=False))
    assert json.loads(json.dumps(cards)) == json.loads(json.dumps(again))
    assert before == [contents(runs / name) for name in SOME]


@pytest.mark.parametrize("change", [
    {"seeds": [14]}, pytest.param({"attention": "published"}, marks=pytest.mark.tensorflow)])
def test_a_directory_with_other_settings_is_refused(pretrained, change):
    run = pretrained[1] / "denoising"
    before = contents(run)
    with refused(path=str(run), option="settings") as caught:
        list(pretraining.pretrain(["denoising"], SHORT, run.parent.parent, progress=False, **change))
    assert {name.split(".")[0] for name in caught.value.value} <= {"core", "data", "training"}
    assert contents(run) == before


def test_one_task_in_a_run_directory_of_its_own(pretrained, tmp_path):
    """Where it was trained before, that is what is there."""
    run = shutil.copytree(pretrained[1] / "denoising", tmp_path / "mine")
    before = contents(run)
    assert json.loads(json.dumps(pretrained[0][0])) == gala_ssl.train("denoising", preset=SHORT, run_dir=run)
    assert contents(run) == before
    assert gala_ssl.Embedding.from_pretrained("denoising", weights=run).card["preset"] == "tiny"
    with refused(option="task"):
        gala_ssl.train("denosing", preset=SHORT, run_dir=run)
    with refused(path=str(run), option="settings"):
        gala_ssl.train("denoising", preset=TINY, run_dir=run)


def test_a_wrong_name_is_refused_before_anything_is_made(tmp_path):
    for given, option in (({"tasks": ["denoising", "denosing"]}, "task"), ({"preset": "desk"}, "preset"),
                          ({"attention": "slow"}, "attention")):
        given = {"tasks": ["denoising"], "preset": TINY, "attention": None} | given
        with refused(option=option):
            next(pretraining.pretrain(directory=tmp_path / "runs", **given))
    assert not list(tmp_path.iterdir())
