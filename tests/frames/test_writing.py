"""What is written is read again: box, positions, types, ids, step, open vectors; and columns for OVITO."""
import dataclasses

import ase.io
import gsd.hoomd
import numpy as np
import pytest

from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frame, read_frames
from gala_ssl.frames.writing import write_frames
from tests.refusals import refused

NAMES = ["a.gsd", "a.xyz", "a.extxyz", "a.dump", "a.lammpstrj"]


def made(seed=0, names=("Cu", "Zn"), **changes):
    rng = np.random.default_rng(seed)
    given = {"ids": rng.permutation(90)[:30] + 1, "step": 10 * seed + 5, "types": np.arange(30) % len(names)}
    return Frame(rng.uniform(-3, 3, (30, 3)), [8, 9, 10, 0.1, -0.2, 0.3], type_names=names, **given | changes)


def same(found, frame):
    order = slice(None) if frame.ids is None else np.argsort(frame.ids)
    again = slice(None) if found.ids is None else np.argsort(found.ids)
    np.testing.assert_allclose(found.box, frame.box, rtol=1e-6)
    away = (found.positions[again] - frame.positions[order]) @ np.linalg.inv(frame.cell)
    away -= np.where(frame.periodic, np.round(away), 0)
    np.testing.assert_allclose(away, 0, atol=1e-6)
    np.testing.assert_array_equal(found.types[again], frame.types[order])
    assert (found.type_names, found.step, found.periodic) == (frame.type_names, frame.step, frame.periodic)
    if frame.ids is not None:
        assert sorted(found.ids) == sorted(frame.ids)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("changes", [{}, {"periodic": (True, True, False)}, {"names": ("1", "2")}], ids=str)
def test_what_is_written_is_read(tmp_path, name, changes):
    frames = [made(seed, **changes) for seed in range(3)]
    write_frames(tmp_path / name, frames)
    found = read_frames(tmp_path / name)
    assert len(found) == 3
    for each, frame in zip(found, frames):
        same(each, frame)


@pytest.mark.parametrize("name", NAMES)
def test_frames_without_ids(tmp_path, name):
    write_frames(tmp_path / name, [made(ids=None)])
    found = read_frame(tmp_path / name)
    assert found.ids is None or found.ids.tolist() == list(range(1, 31))  # a dump has some
    np.testing.assert_allclose(found.positions, made().positions, atol=1e-5)


def test_columns_can_be_read_by_others(tmp_path):
    frame = made()
    structure = np.array(["fcc", "beta Sn", "bcc"])[np.arange(30) % 3]
    columns = {"component_1": np.linspace(0, 1, 30), "structure": structure}
    for name in ("a.gsd", "a.xyz", "a.dump"):
        write_frames(tmp_path / name, [frame], [columns])
        same(read_frame(tmp_path / name), frame)
    with gsd.hoomd.open(tmp_path / "a.gsd") as file:
        log = file[0].log
    np.testing.assert_array_equal(log["particles/gala_ssl/component_1"], columns["component_1"])
    assert bytes(log["gala_ssl/structure_names"]).decode().split("\n") == ["bcc", "beta_Sn", "fcc"]
    np.testing.assert_array_equal(log["particles/gala_ssl/structure_id"], np.array([2, 1, 0])[np.arange(30) % 3])
    head, *rows = (tmp_path / "a.dump").read_text().split("ITEM: ATOMS ")[1].splitlines()
    assert head == "id type element x y z component_1 structure_id"
    values = np.array([row.split() for row in rows])
    np.testing.assert_array_equal(values[:, 0].astype(int), frame.ids)
    np.testing.assert_allclose(values[:, 6].astype(float), columns["component_1"], rtol=1e-8)
    comment = (tmp_path / "a.xyz").read_text().splitlines()[1]
    assert comment.endswith("Properties=species:S:1:pos:R:3:id:I:1:component_1:R:1:structure:S:1:structure_id:I:1")
    assert 'structure_names="bcc beta_Sn fcc"' in comment


def test_a_frame_of_gsd_keeps_what_it_has_unless_it_was_changed(tmp_path):
    with gsd.hoomd.open(tmp_path / "run.gsd", "w") as file:
        original = gsd.hoomd.Frame()
        original.configuration.box, original.configuration.step = [9, 9, 9, 0, 0, 0], 40
        original.particles.N, original.particles.position = 3, np.eye(3, dtype=np.float32)
        original.particles.velocity, original.particles.image = 2 * np.eye(3), np.eye(3, dtype=np.int32)
        original.particles.types, original.log = ["A", "B"], {"kT": np.array([0.5])}
        file.append(original)
    frame = read_frame(tmp_path / "run.gsd")
    moved = dataclasses.replace(frame, positions=frame.positions + 1)
    write_frames(tmp_path / "copy.gsd", [moved, frame], [{}, {"x": np.arange(3)}])
    with gsd.hoomd.open(tmp_path / "copy.gsd") as file:
        other, kept = file[0], file[1]
    np.testing.assert_array_equal(kept.particles.velocity, 2 * np.eye(3))
    np.testing.assert_array_equal(kept.particles.image, np.eye(3))
    assert kept.log["kT"] == 0.5 and kept.particles.types == ["A", "B"] and kept.configuration.step == 40
    assert not other.particles.velocity.any() and other.configuration.step == 40


@pytest.mark.parametrize("changes", [{"ids": None}, {"periodic": (True, False, True)}], ids=str)
def test_frames_of_a_gsd_file_do_not_take_after_the_first(tmp_path, changes):
    """What gsd cannot read again is refused: a log that the first frame alone lacks."""
    said, unsaid = (made(0), made(1, **changes))[::1 if "ids" in changes else -1]
    write_frames(tmp_path / "a.gsd", [said, unsaid, said])
    for found, frame in zip(read_frames(tmp_path / "a.gsd"), [said, unsaid, said]):
        same(found, frame)
        assert (found.ids is None) == (frame.ids is None)
    with refused(frame=said.where):
        write_frames(tmp_path / "a.gsd", [unsaid, said])


def test_a_name_of_no_format(tmp_path):
    with refused(path=str(tmp_path / "a.cif")):
        write_frames(tmp_path / "a.cif", [made()])
    assert not list(tmp_path.iterdir())


def test_a_name_has_one_number_in_all_frames_of_a_file(tmp_path):
    frames, names = [made(0), made(1)], [np.repeat(["bcc", "fcc"], 15), np.repeat(["a liquid", "fcc", "hcp"], 10)]
    for name in ("a.xyz", "a.gsd", "a.dump"):
        write_frames(tmp_path / name, frames, [{"structure": each} for each in names])
    read = [atoms.arrays for atoms in ase.io.read(tmp_path / "a.xyz", ":", "extxyz")]
    assert read[1]["structure"].tolist() == np.repeat(["a_liquid", "fcc", "hcp"], 10).tolist()
    expected = [np.repeat([0, 1], 15), np.repeat([2, 1, 3], 10)]
    rows = [[line.split() for line in part.splitlines()[1:31]]
            for part in (tmp_path / "a.dump").read_text().split("ITEM: ATOMS")[1:]]
    with gsd.hoomd.open(tmp_path / "a.gsd") as file:
        for number, each in enumerate(expected):
            log = file[number].log
            np.testing.assert_array_equal(log["particles/gala_ssl/structure_id"], each)
            np.testing.assert_array_equal(read[number]["structure_id"], each)
            assert [int(row[6]) for row in rows[number]] == each.tolist()
        assert bytes(log["gala_ssl/structure_names"]).decode().split("\n") == ["bcc", "fcc", "a_liquid", "hcp"]


def test_frames_without_a_time_step_are_numbered_in_a_dump(tmp_path):
    write_frames(tmp_path / "a.dump", [made(seed, step=None) for seed in range(3)])
    assert [frame.step for frame in read_frames(tmp_path / "a.dump")] == [0, 1, 2]
