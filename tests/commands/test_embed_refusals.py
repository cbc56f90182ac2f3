"""What gala-ssl embed refuses, and what it leaves then."""
import numpy as np
import pytest

from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.order.embedding import Embedding
from tests.refusals import failed
from tests.written import crystals


@pytest.mark.filterwarnings("ignore:The frame_classification network was trained on")
@pytest.mark.parametrize("options, sentence", [
    (["--frames", "1:x"], "--frames 1:x is no choice of frames"),
    (["--frames", "::0"], "--frames ::0 is no choice of frames"),
    (["--frames", "1:2:3:4"], "is no choice of frames"),
    (["--frames", "7"], "run.gsd has 3 frames, so there is no frame 7"),
    (["--frames", "9:"], "--frames 9: chooses none of the frames of"),
    (["-o", "a.txt"], "a.txt has no suffix of a format"),
    (["-o", "."], "no suffix"),
    (["--components", "0"], "--components is 0"),
    (["--gsd", "a.xyz"], "--gsd a.xyz needs a name that ends in .gsd"),
    (["--gsd", "a.gsd", "--level", "bond"], "cannot show embeddings of --level bond"),
    (["--png", "a.png", "--component", "4"], "--component is 4, but there are 3 components; choose from 1 to 3, or"),
    (["--png", "a.png", "--component", "9", "--components", "99"], "there are 8 components; choose from 1 to 8."),
    (["--png", "a.png", "--component", "0"], "--component is 0"),
    (["--component", "2"], "name its file with --png"),
    (["--limits", "-1", "1"], "name its file with --png"),
    (["--png", "a.png", "--limits", "2", "-1"], "--limits are 2 and -1; give two numbers, the lower one first"),
    (["--png", "a.png", "--limits", "0", "nan"], "--limits are 0 and nan"),
    (["--png", "a.pdf"], "--png a.pdf needs a name that ends in .png"),
    (["--task", "denosing"], "There is no task 'denosing'"),
    (["--task", "autoencoder"], "There are no weights for autoencoder"),
    (["--scale", "metre"], "There is no length scale 'metre'"),
    (["--neighbors", "farthest"], "no rule for neighbours 'farthest'"),
    (["--neighbors", "cutoff"], "need r_max"),
    (["--k", "3000"], "k = 3000 bonds are too wide"),
    (["--neighbors", "cutoff", "--r-max", "50"], "The cutoff 50 is too large for the box of"),
    (["--neighbors", "cutoff", "--r-max", "0.01", "--level", "bond"], "No particle has a neighbour"),
])
def test_what_embed_refuses_leaves_nothing(embed, tmp_path, capsys, options, sentence):
    assert sentence in failed(capsys, embed, *options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("options", "sentence"), [
    (["-o", "file/a.h5"], "file is a file; give a folder"), (["--png", "file/a.png"], "file is a file; give a folder"),
    (["--gsd", "folder.gsd"], "folder.gsd is a folder"), (["--png", "folder.png"], "folder.png is a folder"),
    (["-o", "card.csv"], "card.json is there and is not of card.csv")])
def test_what_cannot_be_written_is_said_before_the_network_is_loaded(
        embed, tmp_path, capsys, monkeypatch, options, sentence):
    (tmp_path / "file").write_text("")
    (tmp_path / "card.json").write_text("{}")
    for name in ("folder.gsd", "folder.png"):
        (tmp_path / name).mkdir()
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(Embedding, "from_pretrained", lambda *args, **options: pytest.fail("loaded"))
    assert sentence in failed(capsys, embed, *options)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_wrong_trajectory_is_named(embed, tmp_path, capsys):
    assert "There is no file none.gsd" in failed(capsys, lambda: embed(path="none.gsd"))
    (tmp_path / "notes.txt").write_text("a")
    assert "notes.txt tells a format" in failed(capsys, lambda: embed(path="notes.txt"))
    write_frames(tmp_path / "run.gsd", crystals(1))
    before = (tmp_path / "run.gsd").read_bytes()
    assert "is the trajectory itself" in failed(capsys, lambda: embed("--gsd", "run.gsd", path="run.gsd"))
    assert (tmp_path / "run.gsd").read_bytes() == before


@pytest.mark.parametrize("output", ["a.h5", "a.npz", "a.csv"])
def test_a_frame_that_breaks_leaves_the_old_output(embed, tmp_path, capsys, output):
    write_frames(tmp_path / "broken.gsd", [*crystals(1), Frame(np.ones((3, 3)), [20, 20, 20, 0, 0, 0])])
    (tmp_path / output).write_text("old")
    said = failed(capsys, lambda: embed("-o", output, "--gsd", "copy.gsd", path="broken.gsd"))
    assert "of broken.gsd, frame 1 are at the same place" in said
    assert (tmp_path / output).read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([output, "broken.gsd"])
