"""gala-ssl embed: what it writes, shows, says and refuses."""
import dataclasses
import json
import pathlib
import weakref

import gsd.hoomd
import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from gala_ssl.base.hdf5 import SafeFile
from gala_ssl.base.provenance import sha256
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import Cutoff, Nearest
from gala_ssl.commands.options import chosen
from gala_ssl.frames.formats.gsd import GSDReader
from gala_ssl.frames.reading import read_frames
from gala_ssl.frames.writing import write_frames as write_any
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.embedding_files import EmbeddingTable
from gala_ssl.plot import drawings
from tests import tiny
from tests.written import crystals, dump_text

NEIGHBORS = tiny.NEIGHBORS


def test_embed_writes_embedding_components_numbers_and_card(embed, weights, trajectory, capsys):
    embed("--components", 2)
    said = capsys.readouterr().out
    assert "Read 3 frames (900 particles) and wrote 900 rows to run_frame_classification.h5 in" in said
    featurizer = Embedding.from_pretrained("frame_classification", weights=weights, progress=False)
    expected = np.concatenate([featurizer(frame) for frame in read_frames(trajectory)])
    with h5py.File("run_frame_classification.h5") as file:
        found = {name: file[name][()] for name in file}
    np.testing.assert_array_equal(found["embedding"], expected)
    np.testing.assert_array_equal(found["frame"], np.repeat([0, 1, 2], 300))
    np.testing.assert_array_equal(found["particle"], np.tile(np.arange(300), 3))
    model = PCA(2).fit(expected.astype(np.float64))
    components = model.transform(expected.astype(np.float64))
    signs = np.sign((components * found["components"]).sum(axis=0))
    np.testing.assert_allclose(found["components"], components * signs, atol=1e-5)
    card = json.loads(found["card"])
    np.testing.assert_allclose(card["components"]["variance_ratio"], model.explained_variance_ratio_, rtol=1e-6)
    np.testing.assert_allclose((expected - card["components"]["mean"]) @ np.transpose(card["components"]["axes"]),
                               found["components"], atol=1e-5)
    assert card["weights_sha256"] == sha256(weights / "frame_classification.safetensors")
    assert (card["task"], card["length_scale"], card["neighbors"], card["k"], card["frames"], card["level"]) == (
        "frame_classification", "contact", "nearest", NEIGHBORS, [0, 1, 2], "particle")
    assert {"gala_ssl", "keras", "freud-analysis"} <= set(card["versions"])
    assert [path.name for path in pathlib.Path.cwd().iterdir()] == ["run_frame_classification.h5"]


def test_all_formats_of_output_hold_the_same(embed):
    for name in ("a.h5", "a.npz", "a.csv"):
        embed("-o", pathlib.Path("new") / name, "--frames", "::2", "--quiet")
    assert sorted(path.name for path in pathlib.Path("new").iterdir()) == ["a.csv", "a.h5", "a.json", "a.npz"]
    table, arrays = pd.read_csv("new/a.csv"), np.load("new/a.npz")
    with h5py.File("new/a.h5") as file:
        cards = [json.loads(file["card"][()]), json.loads(str(arrays["card"])),
                 json.loads(pathlib.Path("new/a.json").read_text())]
        for name in ("embedding", "components", "frame", "step", "particle", "id"):
            np.testing.assert_array_equal(arrays[name], file[name][()])
    assert all(card | {"seconds": 0} == cards[0] | {"seconds": 0} for card in cards)
    assert list(table.columns[:6]) == ["frame", "step", "particle", "id", "component_1", "component_2"]
    assert cards[0]["steps"] == [0, 20] and (table["id"] == -1).all()
    np.testing.assert_array_equal(table["frame"], arrays["frame"])
    for name, width in (("embedding", 8), ("component", 3)):
        array = arrays["components" if name == "component" else name]
        np.testing.assert_allclose(table[[f"{name}_{i + 1}" for i in range(width)]], array, atol=1e-5)


def test_the_copy_in_gsd_keeps_all_and_can_be_coloured(embed, trajectory):
    embed("-o", "a.npz", "--gsd", "coloured.gsd", "--png", "a.png", "--frames", "2,0", "--components", 2)
    assert plt.imread("a.png").std() > 0.1
    components = np.load("a.npz")["components"].reshape(2, 300, 2)
    with gsd.hoomd.open("coloured.gsd") as coloured, gsd.hoomd.open(trajectory) as original:
        assert len(coloured) == 2
        for i, number in enumerate((2, 0)):
            copy, source = coloured[i], original[number]
            np.testing.assert_array_equal(copy.particles.position, source.particles.position)
            np.testing.assert_array_equal(copy.particles.velocity, source.particles.velocity)
            assert copy.configuration.step == source.configuration.step and copy.log["kT"] == source.log["kT"]
            for c in range(2):
                np.testing.assert_array_equal(copy.log[f"particles/gala_ssl/component_{c + 1}"], components[i, :, c])
    embed("-o", "b.npz", "--gsd", "again.gsd", "--components", 1, path="coloured.gsd")
    with gsd.hoomd.open("again.gsd") as again:
        assert set(again[0].log) == {"kT", "particles/gala_ssl/component_1"}  # and no second one of before


def test_the_picture_shows_the_component_and_the_limits_that_are_asked_for(embed, monkeypatch):
    drawn = []
    monkeypatch.setattr(drawings, "embedding_figure", lambda *given: drawn.append(given) or Figure())
    embed("-o", "a.npz", "--png", "a.png")
    embed("-o", "a.npz", "--png", "a.png", "--component", 2, "--limits", -0.5, 2)
    components = np.load("a.npz")["components"].reshape(3, 300, 3)
    for i, (_, numbers, values, label, limits) in enumerate(drawn):
        assert list(numbers) == [0, 1, 2] and np.array_equal(values, components[..., i])
        assert (label, limits) == [("first principal component", None), ("principal component 2", [-0.5, 2])][i]


@pytest.mark.parametrize("frames", ["1", "1,1", "0,2"])
def test_one_frame_or_two_are_drawn(embed, frames):
    embed("-o", "a.npz", "--png", "a.png", "--frames", frames)
    height, width, _ = plt.imread("a.png").shape
    assert (height < 0.6 * width) == (frames != "0,2")


def test_a_dump_of_lammps_is_embedded_and_coloured(embed, tmp_path):
    frames = crystals(2)
    (tmp_path / "run.lammpstrj").write_text("".join(dump_text(frame, step) for step, frame in enumerate(frames)))
    embed("-o", "dump.npz", "--gsd", "dump.gsd", path=tmp_path / "run.lammpstrj")
    embed("-o", "gsd.npz", "--frames", ":2")
    np.testing.assert_allclose(np.load("dump.npz")["embedding"], np.load("gsd.npz")["embedding"], atol=1e-5)
    with gsd.hoomd.open("dump.gsd") as file:
        assert [len(frame.log) for frame in file] == [4, 4] and file[0].particles.types == ["1"]
        assert [frame.configuration.step for frame in file] == [0, 1]


def test_several_files_are_one_trajectory_with_ids_and_steps(embed, tmp_path):
    """By their names or a pattern; what is written can be joined to the user's own data by id."""
    frames, ids = crystals(3), []
    for step, frame in zip((5, 10, 100), frames):
        order = np.random.default_rng(step).permutation(len(frame))
        frame = dataclasses.replace(frame, positions=frame.positions[order], ids=order + 1, step=step)
        write_any(tmp_path / f"step.{step}.dump", [frame])
        ids.append(np.sort(frame.ids))
    embed("-o", "pattern.npz", "--copy", "copy.xyz", path=tmp_path / "step.*.dump")
    embed("-o", "plain.npz")
    found, plain = np.load("pattern.npz"), np.load("plain.npz")
    np.testing.assert_allclose(found["embedding"], plain["embedding"], atol=1e-4)
    np.testing.assert_array_equal(found["id"], np.concatenate(ids))
    assert np.unique(found["step"]).tolist() == [5, 10, 100]
    copies = read_frames("copy.xyz")
    assert [frame.step for frame in copies] == [5, 10, 100] and copies[0].ids.tolist() == ids[0].tolist()
    assert "component_1:R:1:component_2:R:1" in pathlib.Path("copy.xyz").read_text()


def test_levels(embed, trajectory):
    """The mean over a particle's bonds is the particle's, the mean over a frame's particles the frame's."""
    for level in ("bond", "particle", "frame"):
        embed("-o", f"{level}.npz", "--level", level, "--quiet")
    bond, particle, frame = (np.load(f"{level}.npz") for level in ("bond", "particle", "frame"))
    means = particle["embedding"].reshape(3, 300, 8)
    np.testing.assert_allclose(bond["embedding"].reshape(3, 300, NEIGHBORS, 8).mean(axis=2), means, atol=1e-5)
    np.testing.assert_allclose(frame["embedding"], means.mean(axis=1), atol=1e-5)
    assert list(frame["frame"]) == [0, 1, 2] and "particle" not in frame
    first = read_frames(trajectory, 0)[0]
    lengths = np.linalg.norm(point_clouds(first, Nearest(NEIGHBORS)).bonds, axis=-1).ravel()
    centre, neighbor = (bond[name][:len(lengths)] for name in ("particle", "neighbor"))
    away = first.positions[neighbor] - first.positions[centre]
    away -= np.rint(away @ np.linalg.inv(first.cell)) @ first.cell
    np.testing.assert_allclose(np.linalg.norm(away, axis=1), lengths, atol=1e-5)


@pytest.mark.filterwarnings("default:The frame_classification network")
@pytest.mark.parametrize("level", ["particle", "bond", "frame"])
def test_one_frame_and_one_part_of_its_embedding_are_in_memory(embed, trajectory, monkeypatch, level):
    """When a large frame is read, or a part of it embedded, no more than the one before is there."""
    monkeypatch.setattr("gala_ssl.order.gathered.at_a_time", lambda *_: 64)
    monkeypatch.setattr("gala_ssl.order.embedding.SEARCHED", 64)
    frames, parts = watched(monkeypatch, GSDReader, "read"), watched(monkeypatch, Embedding, "compute")
    embed("-o", "a.npz", "--level", level, "--quiet")
    assert len(frames) == 1 + 3 and max(held for _, held in frames) == 1  # the first is looked at before
    assert len(parts) == 3 * 5 and max(parts) <= (64, 1)


def watched(monkeypatch, owner, name):
    """A list that grows with each call of a method: the size of its result, how many of the earlier ones are left."""
    call, made, seen = getattr(owner, name), [], []

    def watching(*given):
        held = sum(one() is not None for one in made)
        result = call(*given)
        made.append(weakref.ref(result))
        seen.append((len(result), held))
        return result
    monkeypatch.setattr(owner, name, watching)
    return seen


@pytest.mark.filterwarnings("default:The frame_classification network was trained on")
def test_other_neighbours_give_other_rows_and_a_warning(embed, capsys):
    embed("-o", "a.npz", "--level", "bond", "--neighbors", "cutoff", "--r-max", "1.05", "--k", "14", "--frames", "0")
    said = capsys.readouterr()
    assert said.err.count("warning: The frame_classification network was trained on the 6 nearest") == 1
    frame = crystals(1)[0]
    assert len(np.load("a.npz")["embedding"]) == point_clouds(frame, Cutoff(1.05, most=14)).mask.sum()


def test_quiet_says_nothing_and_json_can_be_read(embed, capsys):
    embed("-o", "a.h5", "--frames", "0", "--quiet")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
    embed("-o", "a.h5", "--frames", "0", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["output"], found["rows"], found["frames"]) == ("a.h5", 300, [0])


@pytest.mark.parametrize("text, expected", [
    ("3", [3]), ("-1", [-1]), ("0,2,-1", [0, 2, -1]), ("0::10", slice(0, None, 10)), (":", slice(None, None)),
    ("-5:", slice(-5, None)), ("2:8:3", slice(2, 8, 3))])
def test_frames_are_chosen_as_in_python(text, expected):
    assert chosen(text) == expected


def test_components_of_rows_that_come_in_pieces(tmp_path):
    """Far from zero, where a sum of squares would lose the digits."""
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(500, 4)) * [3, 1, 0.3, 0.1] + 1000).astype(np.float32)
    with SafeFile(tmp_path / "table.h5") as file:
        table = EmbeddingTable(file, 4, ["frame"])
        for start in range(0, 500, 70):
            table.append(rows[start:start + 70], frame=start)
        found = table.add_components(2)
        components = file["components"][:]
    model = PCA(2).fit(rows.astype(np.float64))
    np.testing.assert_allclose(np.abs(found["axes"]), np.abs(model.components_), atol=1e-5)
    np.testing.assert_allclose(np.abs(components), np.abs(model.transform(rows.astype(np.float64))), atol=2e-3)
    assert (np.array(found["axes"])[np.arange(2), np.abs(found["axes"]).argmax(axis=1)] > 0).all()
