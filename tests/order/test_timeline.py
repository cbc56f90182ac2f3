"""Fractions, clusters and transitions of a trajectory, and its names in files that other programs read."""
import ase.io
import gsd.hoomd
import numpy as np
import pandas as pd
import pytest

from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import snapshot
from gala_ssl.frames.reading import read_frames
from gala_ssl.order.identification import Identification
from gala_ssl.order.named_files import check_named, named_file
from gala_ssl.order.timeline import Timeline
from tests.refusals import refused

NAMES = ("liquid", "simple hexagonal", "fcc")
ROWS = 16


def found_of(frame, number):
    """As an Identifier would: liquid up to frame 7, then two thirds of fcc from below up."""
    height = frame.positions[:, 2] / frame.box[2]
    names = np.where((number > 7) & (height < 1 / 6), "fcc", "liquid")
    scores = np.where(np.array(NAMES) == names[:, None], -0.1, -5.0)
    return Identification(names, np.linspace(0.5, 1, len(frame), dtype=np.float32), NAMES, scores)


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.gsd"
    with gsd.hoomd.open(path, "w") as file:
        for number in range(ROWS):
            copy = snapshot(prototypes.build("cF4-Cu", 108, noise=0.03, seed=number))
            copy.configuration.step = 500 * number
            copy.particles.types = ["Cu"]
            copy.log = {"kT": np.array([1 - number / 20]), "particles/gala_ssl/component_1": np.zeros(108)}
            file.append(copy)
    return read_frames(path)


def test_a_timeline_has_fractions_clusters_and_the_transition(frames):
    timeline = Timeline(frames)
    for number, frame in enumerate(frames):
        timeline.add(frame, found_of(frame, number).structure)
    table = timeline.table()
    assert list(table) == ["step", "kT", "largest_cluster", "size", "liquid", "fcc"] and table.index.name == "frame"
    np.testing.assert_allclose(table[["liquid", "fcc"]].sum(axis=1), 1)
    assert table["step"].tolist() == [500 * number for number in range(ROWS)]
    assert (table["size"] == np.round(108 * table["fcc"])).all()
    assert table["largest_cluster"].tolist() == 8 * [""] + 8 * ["fcc"]
    sentence, = timeline.sentences()
    assert "froze between steps 3,500 and 4,000 (kT 0.65 to 0.6)" in sentence
    assert len(timeline.transitions(least=0.9)) == 0


def test_frames_without_steps_are_counted(tmp_path):
    frame = prototypes.build("cF4-Cu", 108)
    with gsd.hoomd.open(tmp_path / "run.gsd", "w") as file:
        for _ in range(6):
            file.append(snapshot(frame))
    timeline = Timeline(read_frames(tmp_path / "run.gsd"))
    for _ in range(6):
        timeline.add(frame, np.full(len(frame), "liquid"))
    assert timeline.steps is None and list(timeline.table()) == ["largest_cluster", "size", "liquid"]
    assert timeline.sentences() == ["No transition found: liquid 100% on average (100% to 100%)."]


def written(path, frames):
    with named_file(path, path, frames, NAMES) as writer:
        for number, frame in enumerate(frames):
            writer.add(frame, found_of(frame, number))
    return path


def test_a_table_has_a_row_a_particle(frames, tmp_path):
    table = pd.read_csv(written(tmp_path / "names.csv", frames[6:9]))
    assert list(table) == ["frame", "step", "particle", "id", "structure", "probability", "nearest"]
    assert table["frame"].unique().tolist() == [6, 7, 8] and len(table) == 3 * 108


def test_gsd_keeps_what_it_has_and_gets_the_names(frames, tmp_path):
    with gsd.hoomd.open(written(tmp_path / "named.gsd", frames)) as file:
        names = file[0].log["gala_ssl/names"].tobytes().decode().split("\n")
        for number in (0, 12):
            log, found = file[number].log, found_of(frames[number], number)
            assert [names[int(code)] for code in log["particles/gala_ssl/structure"]] == found.structure.tolist()
            np.testing.assert_array_equal(log["particles/gala_ssl/probability"], found.probability)
            assert log["kT"] == [1 - number / 20] and "particles/gala_ssl/component_1" in log
            assert file[number].configuration.step == 500 * number


@pytest.mark.parametrize("name", ["named.xyz", "named.dump"])
def test_what_other_programs_read_has_the_names(frames, tmp_path, name):
    path = written(tmp_path / name, frames[8:10])
    expected = found_of(frames[9], 1).structure.tolist()
    if name.endswith(".xyz"):
        again = read_frames(path)[1]
        atoms = ase.io.read(path, 1, "extxyz")
        assert atoms.arrays["structure"].tolist() == expected and atoms.arrays["probability"][-1] == 1
    else:
        # ASE knows the names of elements only.
        lines = path.read_text().splitlines()
        rows = [line.split() for line in lines[-108:]]
        assert lines[-109] == "ITEM: ATOMS id type element x y z original_type probability"
        assert [row[2] for row in rows] == expected and float(rows[-1][7]) == 1
        path.write_text("\n".join(line.replace("liquid", "Cu").replace("fcc", "Au") for line in lines) + "\n")
        again = read_frames(path)[1]
    apart = (again.positions - frames[9].positions) @ np.linalg.inv(frames[9].cell)
    assert abs(apart - np.round(apart)).max() < 1e-5
    np.testing.assert_allclose(again.box, frames[9].box, rtol=1e-6)


def test_another_ending_is_refused(tmp_path):
    with refused(option="--output", value=str(tmp_path / "names.txt")):
        check_named(tmp_path / "names.txt")
