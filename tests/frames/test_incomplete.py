"""Files that end in the middle, or lack particles: what is whole is read, and what is not is named."""
import gzip
import tracemalloc

import numpy as np
import pytest

from gala_ssl.base.errors import InputWarning
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import files, read_frame, read_frames
from gala_ssl.frames.writing import write_frames
from tests.refusals import refused

NAMES = ["run.xyz", "run.dump"]


def made(seed, count=50):
    return Frame(np.random.default_rng(seed).uniform(-2, 2, (count, 3)), [5, 5, 5, 0, 0, 0], step=10 * seed)


def lacking(path, frame, rows):
    """Take the last rows of a frame of a file away."""
    text = path.read_text()
    marker = "ITEM: TIMESTEP\n" if path.suffix == ".dump" else "50\nLattice"
    parts = text.split(marker)
    parts[frame + 1] = "".join(parts[frame + 1].splitlines(keepends=True)[:-rows])
    path.write_text(marker.join(parts))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part", np.linspace(0.36, 0.99, 6))
def test_an_end_anywhere_loses_one_frame_at_most(tmp_path, name, part):
    write_frames(tmp_path / name, [made(seed) for seed in range(3)])
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[:int(part * len(content))])
    with pytest.warns(InputWarning) as said:
        frames = read_frames(tmp_path / name)
    whole = int(part * 3)
    assert len(frames) == whole and said[0].message.frame == f"{tmp_path / name}, frame {whole}"
    for seed, frame in enumerate(frames):
        np.testing.assert_allclose(frame.positions, made(seed).positions, atol=1e-6)


@pytest.mark.parametrize("lost", [1, 2, 50])
def test_rows_that_lack_in_the_middle_of_a_dump(tmp_path, lost):
    path = tmp_path / "run.dump"
    write_frames(path, [made(seed) for seed in range(3)])
    lacking(path, 1, lost)
    with pytest.warns(InputWarning) as said:
        frames = read_frames(path)
    assert frames.numbers == [0, 2] and said[0].message.frame == f"{path}, frame 1"
    assert [frame.step for frame in frames] == [0, 20]
    with pytest.warns(InputWarning):
        frames = read_frames(path, partial=True)
    assert [len(frame) for frame in frames if frame.step == 10] == [50 - lost] * (lost < 50)


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_that_says_more_than_it_has(tmp_path, name):
    write_frames(tmp_path / name, [made(0)])
    lacking(tmp_path / name, 0, 2)
    with refused(path=str(tmp_path / name), option="partial", value=False):
        read_frame(tmp_path / name)
    with pytest.warns(InputWarning):
        assert len(read_frame(tmp_path / name, partial=True)) == 48


def test_a_compressed_file_that_is_still_written(tmp_path):
    write_frames(tmp_path / "run.xyz", [made(seed) for seed in range(3)])
    content = gzip.compress((tmp_path / "run.xyz").read_bytes())
    (tmp_path / "run.xyz.gz").write_bytes(content[:-len(content) // 6])
    with pytest.warns(InputWarning):
        frames = read_frames(tmp_path / "run.xyz.gz")
    assert [frame.step for frame in frames] == [0, 10]
    (tmp_path / "run.xyz.gz").write_bytes(content[:50] + bytes(200))
    with refused(path=str(tmp_path / "run.xyz.gz")):
        read_frames(tmp_path / "run.xyz.gz")


def test_files_of_a_pattern_are_in_natural_order(tmp_path):
    for step in (10, 9, 100, 1):
        write_frames(tmp_path / f"step.{step}.dump", [made(step)])
    found = read_frames(tmp_path / "step.*.dump")
    assert [frame.step for frame in found] == [10, 90, 100, 1000]
    assert [path.name for path in files([tmp_path / "step.9.dump", tmp_path / "step.1*.dump"])] == [
        "step.9.dump", "step.1.dump", "step.10.dump", "step.100.dump"]
    assert repr(found) == "Trajectory(4 frames of 50 particles, LAMMPS dump)"
    assert [frame.step for frame in found[1:3]] == [90, 100]
    with pytest.raises(FileNotFoundError):
        read_frames(tmp_path / "none.*.dump")
    with refused(option="path"):
        read_frames([])


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_of_many_is_read_by_its_place(tmp_path, name, monkeypatch):
    """Only the bytes of that frame are read again."""
    write_frames(tmp_path / name, [made(seed, 20) for seed in range(200)])
    frames, sizes = read_frames(tmp_path / name), []
    reader = frames._places[0][0]
    original = type(reader).parse
    monkeypatch.setattr(type(reader), "parse",
                        lambda self, text, number: sizes.append(len(text)) or original(self, text, number))
    assert [frames[i].step for i in (150, 3, -1)] == [1500, 30, 1990]
    assert max(sizes) < (tmp_path / name).stat().st_size / 150


@pytest.mark.parametrize("name", [pytest.param("run.xyz", marks=pytest.mark.slow), "run.dump"])
def test_three_thousand_frames_take_the_memory_of_one(tmp_path, name):
    """The index has a few numbers a frame; opening reads some megabytes at a time, a frame is read by its offset."""
    path, count, repeats = tmp_path / name, 100, 3000
    write_frames(path, [made(0, count)])
    frame = path.read_bytes()
    with open(path, "wb") as file:
        for _ in range(repeats // 10):
            file.write(10 * frame)
    tracemalloc.start()
    try:
        frames = read_frames(path)
        opening, most = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        assert len(frames) == repeats
        for number in (2999, 0, 1500):
            assert len(frames[number]) == count
        reading = tracemalloc.get_traced_memory()[1] - opening
    finally:
        tracemalloc.stop()
    assert opening < 300 * repeats and most < 1e7 < path.stat().st_size
    assert reading < 30 * len(frame) < path.stat().st_size / 50
