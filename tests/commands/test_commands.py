"""The commands of gala-ssl as their user runs them, with real files and with wrong ones."""
import configparser
import dataclasses
import importlib
import json
import pathlib
import subprocess
import sys
import weakref

import gsd.hoomd
import h5py
import keras
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
from gala_ssl.commands.main import commands, main
from gala_ssl.commands.options import chosen
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import GSDReader, write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from gala_ssl.frames.writing import write_frames as write_any
from gala_ssl.order.classical import baselines
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.embedding_files import EmbeddingTable
from gala_ssl.plot import drawings
from gala_ssl.simulation import systems
from gala_ssl.tasks import TASKS
from tests import tiny
from tests.frames.test_formats import dump_text
from tests.refusals import refused
from tests.scripts import main_of

ROOT = pathlib.Path(__file__).parents[2]
NEIGHBORS = tiny.NEIGHBORS


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder with small networks of two tasks."""
    return tiny.copy_to(tmp_path_factory.mktemp("weights"), "denoising", "frame_classification")


def crystals(count=3):
    return [prototypes.build("cI2-W", 300, noise=0.02 + 0.03 * seed, seed=seed) for seed in range(count)]


@pytest.fixture(scope="module")
def trajectory(tmp_path_factory):
    """A GSD file of three frames with velocities and a log."""
    path = tmp_path_factory.mktemp("trajectory") / "run.gsd"
    with gsd.hoomd.open(path, "w") as file:
        for step, frame in enumerate(crystals()):
            snapshot = gsd.hoomd.Frame()
            snapshot.configuration.box, snapshot.configuration.step = frame.box, 10 * step
            snapshot.particles.N, snapshot.particles.position = len(frame), frame.positions
            snapshot.particles.velocity = np.full((len(frame), 3), step + 1.0)
            snapshot.log = {"kT": np.array([0.5 + step])}
            file.append(snapshot)
    return path


@pytest.fixture
def embed(weights, trajectory, tmp_path, monkeypatch):
    """Run `gala-ssl embed` on the trajectory, in an empty folder; the same network is loaded once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Embedding, "from_pretrained", tiny.load_once)
    return lambda *options, path=trajectory: main(
        ["embed", str(path), "--weights", str(weights), *map(str, options)])


def failed(capsys, call, *arguments):
    """Run what is wrong; return the one line that it says."""
    with pytest.raises(SystemExit) as stop:
        call(*arguments)
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert said.err.splitlines()[-1].startswith("error: ") and "Traceback" not in said.err
    return said.err.splitlines()[-1]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in commands())])
def test_help_is_there_at_once(arguments):
    code = f"""
import sys
from gala_ssl.commands.main import main
try:
    main({arguments!r})
except SystemExit as stop:
    assert not stop.code
heavy = {{"tensorflow", "keras", "freud", "matplotlib", "pandas", "ase", "dask"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "gala" in done.stdout


def test_the_script_of_the_package_is_the_command_line():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    name, target = config["options.entry_points"]["console_scripts"].strip().split(" = ")
    module, function = target.split(":")
    assert name == "gala-ssl" and getattr(importlib.import_module(module), function) is main


def test_a_command_that_is_not_there(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["enbed"])
    assert stop.value.code == 2 and "invalid choice: 'enbed'" in capsys.readouterr().err


def test_embed_writes_embedding_components_numbers_and_card(embed, weights, trajectory, capsys):
    embed("--components", 2)
    assert "Wrote 900 rows of 3 frames to run_frame_classification.h5" in capsys.readouterr().out
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
    """When a frame is read, or a part of it embedded, no more than the one before is there."""
    monkeypatch.setattr("gala_ssl.order.embedding.SEARCHED", 64)
    frames, parts = watched(monkeypatch, GSDReader, "read"), watched(monkeypatch, Embedding, "compute")
    embed("-o", "a.npz", "--level", level, "--quiet")
    assert len(frames) == 1 + 3 and max(held for _, held in frames) == 1  # the first is looked at before
    assert len(parts) == 3 * 5 and max(parts) == (64, 1)


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
    (["--neighbors", "farthest"], "not by 'farthest'"),
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


def test_compare_scores_two_frames_by_all_methods(weights, trajectory, tmp_path, capsys):
    main(["compare", f"{trajectory}@0", str(trajectory), "--weights", str(weights), "-o", str(tmp_path / "new"),
          "--bootstrap", "5", "--quiet"])
    text = capsys.readouterr().out
    assert "two snapshots: run, frame 0 / run, frame 2 (300 and 300 particles)" in text and "pair 1" not in text
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "table.csv", "table.rst", "densities.png", "card.json"}
    table = pd.read_csv(tmp_path / "new/table.csv")
    names = [baseline.name for baseline in baselines()]
    assert list(table["method"]) == [*names, "denoising", "frame_classification", "all_tasks"]
    assert (table["auc"] > 0.5).all() and table["auc"].max() > 0.9  # noise of 0.02 and of 0.08
    assert (tmp_path / "new/table.rst").read_text() in text
    card = json.loads((tmp_path / "new/card.json").read_text())
    assert list(card["snapshots"].values()) == [f"{trajectory}, frame 0", f"{trajectory}, frame 2"]
    main(["compare", f"{trajectory}@0", f"{trajectory}@-1", "--tasks", "--bootstrap", "5", "--quiet", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in rows] == names
    np.testing.assert_allclose([row["auc"] for row in rows], table["auc"][:len(names)], atol=1e-6)


@pytest.mark.parametrize("options, sentence", [
    (["run.gsd@9"], "has 3 frames, so there is no frame 9"),
    (["none.gsd"], "There is no file"),
    (["run.gsd@2"], "was given twice"),
    (["run.gsd@0", "--tasks", "alchemy"], "There is no task 'alchemy'"),
    (["run.gsd@0", "--seed", "-1"], "integer from 0 to 2^32 - 1"),
    (["run.gsd@0", "-o", "run.gsd"], "run.gsd is a file; give a folder"),
])
def test_what_compare_refuses(trajectory, options, sentence, capsys, monkeypatch):
    monkeypatch.chdir(trajectory.parent)
    assert sentence in failed(capsys, main, ["compare", "run.gsd", *options, "--quiet"])
    assert [path.name for path in trajectory.parent.iterdir()] == ["run.gsd"]


@pytest.fixture(scope="module")
def cooled(tmp_path_factory):
    """A GSD file of thirteen frames: one to leave out, six of a gas and six of a crystal, with energy and kT."""
    path = tmp_path_factory.mktemp("cooled") / "cooled.gsd"
    with gsd.hoomd.open(path, "w") as file:
        for i in range(13):
            frame = prototypes.build("cF4-Cu", 400, noise=0.04, seed=i)
            rng = np.random.default_rng([i])
            snapshot = gsd.hoomd.Frame()
            snapshot.configuration.box, snapshot.particles.N = frame.box, len(frame)
            gas = rng.uniform(-frame.box[:3] / 2, frame.box[:3] / 2, (len(frame), 3))
            snapshot.particles.position = gas if i < 7 else frame.positions
            snapshot.log = {"kT": np.array([2 - i / 10]), "potential_energy": np.array([-1.0 if i < 7 else -6.0])}
            file.append(snapshot)
    return path


PHASES = ("--frames", "1:", "--preset", "smoke", "--every", "2", "--fraction", "0.3", "--least", "1",
          "--neighbors", "12", "--count", "2")


@pytest.fixture(scope="module")
def phases(cooled):
    """What `gala-ssl phases` writes of that file."""
    folder = cooled.parent / "new" / "phases"
    main(["phases", str(cooled), "-o", str(folder), *PHASES, "--epochs", "8", "--quiet"])
    return folder


@pytest.mark.slow
def test_phases_finds_the_transition_and_writes_histogram_figure_and_card(phases, cooled):
    assert {path.name for path in phases.iterdir()} == {"phases.csv", "phases.png", "card.json", "run"}
    card, table = json.loads((phases / "card.json").read_text()), pd.read_csv(phases / "phases.csv")
    assert (card["known"], card["asked"]) == ([1, 3, 5, 7, 9, 11], [2, 4, 6, 8, 10, 12])  # numbers in the file
    transition, = card["transitions"]
    assert (transition["last"], transition["first"]) == (6, 7) and transition["across"] < 0.1
    assert 0 < transition["chance"] <= 1 and transition["shown"] == (transition["chance"] <= 0.0501)
    assert list(table.columns) == ["true_frame", "predicted_frame", "part"] and len(table) == 36
    np.testing.assert_allclose(table.groupby("true_frame")["part"].sum(), 1, atol=1e-5)
    crossing = table[(table["true_frame"] < 7) & (table["predicted_frame"] > 6)]
    assert sorted(set(crossing["true_frame"])) == [2, 4, 6] and crossing["part"].mean() < 0.05
    assert card["settings"]["every"] == 2 and card["settings"]["neighbors"] == 12 and card["count"] == 2
    assert card["epochs"] <= 8 and 0 < card["accuracy"] < 1 and "keras" in card["versions"]
    assert card["trajectory"] == str(cooled) and (phases / "phases.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.long
def test_phases_trains_once_and_says_the_same_again(phases, cooled, capsys):
    before = {path: path.read_bytes() for path in phases.rglob("*.[cj]*")}
    arguments = ["phases", str(cooled), "-o", str(phases), *PHASES, "--epochs", "8"]
    main(arguments)
    said = capsys.readouterr().out
    assert "A phase ends and the next begins between frames 6 and 7 (" in said and "p = " in said
    assert "Of 1 to 6 phases, the likeliest number is 2. " in said
    main([*arguments, "--json"])
    assert json.loads(capsys.readouterr().out) == {"output": str(phases), **json.loads(before[phases / "card.json"])}
    assert {path: path.read_bytes() for path in phases.rglob("*.[cj]*")} == before
    for changes in (["--seed", "1"], ["--frames", "0:"], ["--epochs", "9"]):
        assert "holds a run with other settings" in failed(capsys, main, [*arguments, *changes])
    assert {path: path.read_bytes() for path in phases.rglob("*.[cj]*")} == before


def test_the_figure_of_the_phases_has_the_energy_under_it_where_it_is_logged(cooled, trajectory):
    module = importlib.import_module("gala_ssl.commands.phases")
    cut = [{"last": 3, "first": 4, "across": 0.0, "chance": 0.005, "shown": True}]
    for path, panels in ((cooled, ["predicted frame", "energy per particle", "", "kT"]),
                         (trajectory, ["predicted frame", ""])):
        figure = module.figure(read_frames(path), np.array([0, 2]), np.array([1, 3]), np.eye(2), cut)
        assert sorted(axes.get_ylabel() for axes in figure.axes) == sorted(panels)
    upper, lower = (axes for axes in module.figure(
        read_frames(cooled), np.array([0, 2]), np.array([1, 3]), np.eye(2), cut).axes[:2])
    assert upper.get_xlim() == lower.get_xlim()


@pytest.mark.parametrize("options, sentence", [
    (["--frames", "5"], "2 phases are told apart in 4 frames or more, not 1"),
    (["--frames", "9:2"], "not 0"),
    (["--frames", "::-1"], "not in the order of time"),
    (["--frames", "0,4,4,5,6"], "not in the order of time"),
    (["--frames", "20"], "there is no frame 20"),
    (["--count", "1"], "--count is 1"),
    (["--count", "7"], "7 phases are told apart in 14 frames or more, not 12"),
    (["--every", "1"], "every is 1"),
    (["--fraction", "0"], "fraction is 0.0"),
    (["--neighbors", "1"], "neighbors is 1"),
    (["--epochs", "0"], "epochs is 0"),
    (["--seed", "-1"], "seed is -1"),
    (["-o", "cooled.gsd"], "cooled.gsd is a file; give a folder"),
])
def test_what_phases_refuses_leaves_nothing(cooled, options, sentence, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cooled.gsd").symlink_to(cooled)
    assert sentence in failed(capsys, main, ["phases", "cooled.gsd", *PHASES, *options])
    assert [path.name for path in tmp_path.iterdir()] == ["cooled.gsd"]


def test_phases_refuses_a_wrong_file_and_a_frame_that_cannot_be_used(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "There is no file none.gsd" in failed(capsys, main, ["phases", "none.gsd"])
    same = Frame(np.ones((50, 3)), [9, 9, 9, 0, 0, 0], np.zeros(50))
    write_frames(tmp_path / "same.gsd", [*crystals(3), same])
    arguments = ["phases", "same.gsd", *PHASES, "--frames", ":"]
    assert "same.gsd, frame 3 are at the same place" in failed(capsys, main, arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["same.gsd"]


def test_info_tells_tasks_weights_engines_and_versions(weights, capsys):
    main(["info", "--weights", str(weights), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert list(found["tasks"]) == list(TASKS) and set(found["engines"]) == {"lammps", "hoomd"}
    assert found["weights"]["denoising"] | {"sha256": ""} == {
        "preset": "tiny", "epochs": 3, "metric": "mean_absolute_error", "best": 0.25, "neighbors": NEIGHBORS,
        "sha256": ""}
    assert found["versions"]["keras"] == keras.__version__
    for state in found["engines"].values():
        assert state["installed"] or "install it with" in state["remedy"]
    main(["info"])
    text = capsys.readouterr().out
    assert "frame_classification  preset" in text and "best validation accuracy 0." in text


def test_info_refuses_a_folder_that_is_not_there_or_weights_without_card(tmp_path, weights, capsys):
    assert "no folder" in failed(capsys, main, ["info", "--weights", str(tmp_path / "none")])
    (tmp_path / "denoising.safetensors").write_bytes(b"")
    assert "have no card denoising.json" in failed(capsys, main, ["info", "--weights", str(tmp_path)])


def test_simulate_lists_its_systems(capsys):
    main(["simulate", "--list"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(systems.names())
    assert "no simulated system called 'x'" in failed(capsys, main, ["simulate", "x"])


def test_pretrain_refuses_before_it_starts(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no task 'denosing'" in failed(capsys, main, ["pretrain", "denosing"])
    assert "no preset 'laptop'" in failed(capsys, main, ["pretrain", "--preset", "laptop"])
    assert not list(tmp_path.iterdir())


def test_transfer_lists_its_cells_and_says_how_to_install_dask(weights, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["transfer", "--weights", str(weights), "--sources", "scratch", "denoising", "--targets",
               "frame_classification", "--fractions", "1", "--seeds", "1", "--preset", "smoke"]
    main([*options, "--list"])
    assert capsys.readouterr().out.split() == ["frame_classification", "0", "done", "0", "failed", "3", "missing"]
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    assert 'pip install "dask[distributed]"' in failed(capsys, main, options)
    assert "no weights in" in failed(capsys, main, [*options, "--sources", "autoencoder"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "command"), [
    ("pretrain", "pretrain"), ("transfer_grid", "transfer"), ("simulate", "simulate"),
    ("phase_identification", "phases")])
def test_the_experiments_have_the_options_of_their_commands(name, command, capsys):
    said = []
    for run, arguments in ((main_of(name), ["--help"]), (main, [command, "--help"])):
        with pytest.raises(SystemExit) as stop:
            run(arguments)
        assert stop.value.code == 0
        said.append(capsys.readouterr().out)
    options = [text[text.index("options:"):] for text in said]
    assert options[0] == options[1]


@pytest.mark.slow
def test_the_shipped_weights_embed_a_prototype(tmp_path, monkeypatch, capsys):
    """As a process, from nothing but a file."""
    write_frames(tmp_path / "fcc.gsd", [prototypes.build("cF4-Cu", 300, noise=0.03)])
    done = subprocess.run([sys.executable, "-m", "gala_ssl", "embed", "fcc.gsd", "-o", "fcc.csv"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "rows of 1 frame to fcc.csv" in done.stdout
    assert pd.read_csv(tmp_path / "fcc.csv").filter(like="embedding_").shape[1] == 32


def test_an_unknown_suffix_is_no_table():
    with refused(path="a.xlsx"):
        importlib.import_module("gala_ssl.order.embedding_files").check_output(pathlib.Path("a.xlsx"))
