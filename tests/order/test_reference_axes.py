"""Reference axes: fitted once, kept in the card of the weights, the same for each call."""
import json
import pathlib

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from gala_ssl.base.hdf5 import SafeFile
from gala_ssl.commands.main import main
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.embedding_files import EmbeddingTable
from gala_ssl.order.reference_axes import ReferenceAxes
from gala_ssl.tasks.models.sets import weights_folder
from tests import tiny
from tests.refusals import refused

ROWS = np.random.default_rng(0).normal(size=(300, 4)) * [3, 1, 0.3, 0.1] + [1, 2, 3, 4]


def test_they_are_the_principal_components_of_standardised_numbers():
    mixed = ROWS @ np.random.default_rng(1).normal(size=(4, 4))
    axes, shares = ReferenceAxes.fitted(mixed, 2)
    model = PCA(2).fit((mixed - mixed.mean(axis=0)) / mixed.std(axis=0))
    np.testing.assert_allclose(np.abs(axes.axes), np.abs(model.components_), atol=1e-9)
    np.testing.assert_allclose(shares, model.explained_variance_ratio_)
    np.testing.assert_allclose(axes(mixed).mean(axis=0), 0, atol=1e-9)


def test_a_table_has_components_along_them(tmp_path):
    axes, _ = ReferenceAxes.fitted(ROWS)
    with SafeFile(tmp_path / "table.h5") as file:
        table = EmbeddingTable(file, 4, ["frame"])
        table.append((ROWS[:7] + 1).astype(np.float32), frame=0)
        found = table.add_reference(axes, 2)
        np.testing.assert_allclose(file["components"][:], axes(ROWS[:7] + 1)[:, :2], atol=1e-5)
    assert np.shape(found["axes"]) == (2, 4) and len(found["scale"]) == 4


def test_those_that_ship_are_orthogonal_and_tell_crystals_from_melts():
    card = json.loads((weights_folder("thermal") / "frame_classification.json").read_text())
    axes = ReferenceAxes.from_card(card)
    np.testing.assert_allclose(axes.axes @ axes.axes.T, np.eye(3), atol=1e-3)
    assert (axes.scale > 0).all()
    assert "decision" in card


def test_weights_without_them_are_refused():
    with refused(option="axes", value="reference"):
        ReferenceAxes.from_card({"task": "denoising"})


@pytest.fixture
def embed(tmp_path, monkeypatch):
    """Run `gala-ssl embed` with a tiny network whose card has axes, on the frames given."""
    axes, _ = ReferenceAxes.fitted(np.random.default_rng(2).normal(size=(50, tiny.embedding().dimension)))
    numbers = {name: getattr(axes, name).tolist() for name in ("mean", "scale", "axes")}
    made = tiny.embed_with()
    made.card["reference_axes"] = numbers
    monkeypatch.setattr(Embedding, "from_pretrained", lambda *_, **__: made)
    weights = tiny.copy_to(tmp_path / "weights", "denoising")
    monkeypatch.chdir(tmp_path)

    def run(frames, *options):
        write_frames(tmp_path / "run.gsd", frames)
        main(["embed", "run.gsd", "--task", "denoising", "--weights", str(weights), "--quiet", "-o", "run.csv",
              "--axes", "reference", *options])
        return pd.read_csv(tmp_path / "run.csv")
    return run


def test_components_do_not_depend_on_the_other_frames(embed):
    frames = [prototypes.build(name, 60, noise=0.05) for name in ("cF4-Cu", "cI2-W")]
    both, one = embed(frames), embed(frames[1:])
    columns = ["component_1", "component_2", "component_3"]
    np.testing.assert_allclose(both.loc[both["frame"] == 1, columns], one[columns], rtol=1e-4, atol=1e-5)
    assert "scale" in json.loads(pathlib.Path("run.json").read_text())["components"]
