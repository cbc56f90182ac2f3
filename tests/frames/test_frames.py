"""Frames and reading them from GSD."""
import gsd.hoomd
import numpy as np
import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.frames.formats.gsd import logged, write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from tests.refusals import refused


def made(number=0, count=30, box=(8, 9, 10, 0.1, -0.2, 0.3)):
    rng = np.random.default_rng([number])
    return Frame(rng.normal(size=(count, 3)), box, rng.integers(2, size=count), ("A", "B"), source="made")


@pytest.fixture
def path(tmp_path):
    """A GSD file of five frames."""
    write_frames(tmp_path / "cF4-Cu_liquid.gsd", [made(number) for number in range(5)])
    return tmp_path / "cF4-Cu_liquid.gsd"


def test_what_is_written_is_read(path):
    frames = read_frames(path)
    assert len(frames) == 5
    for number, frame in enumerate(frames):
        expected = made(number)
        np.testing.assert_array_equal(frame.positions, expected.positions)
        np.testing.assert_array_equal(frame.types, expected.types)
        np.testing.assert_allclose(frame.box, expected.box, rtol=1e-7)
        assert frame.type_names == ("A", "B")
        assert frame.label == "cF4-Cu liquid"
        assert frame.source == f"{path}, frame {number}"
        assert [array.dtype for array in (frame.positions, frame.box, frame.types)] == [
            np.float32, np.float64, np.int32]


def test_what_a_file_logs_with_its_frames(tmp_path):
    path = tmp_path / "run.gsd"
    with gsd.hoomd.open(path, "w") as file:
        for i in range(4):
            frame = gsd.hoomd.Frame()
            frame.configuration.box, frame.particles.N = [9, 9, 9, 0, 0, 0], 2
            frame.log = {"kT": np.array([i / 4]), "forces": np.arange(6.0)} | ({"late": np.array([1.0])} if i else {})
            file.append(frame)
    np.testing.assert_array_equal(logged(read_frames(path, [3, 1]), ["kT"])["kT"], [0.75, 0.25])
    assert logged(read_frames(path), ["kT", "energy"]) is None
    assert logged(read_frames(path), ["forces"]) is None
    assert logged(read_frames(path), ["late"]) is None and logged(read_frames(path, slice(1, None)), ["late"])


@pytest.mark.parametrize("chosen, expected", [
    (slice(1, 4, 2), [1, 3]), (-1, [4]), (2, [2]), (np.int64(1), [1]),
    ([3, 0, -2], [3, 0, 3]), (slice(7, 9), [])])
def test_frames_can_be_chosen(path, chosen, expected):
    frames = read_frames(path, chosen)
    assert [frame.source for frame in frames] == [f"{path}, frame {number}" for number in expected]


def test_a_slice_of_the_sequence_is_a_sequence(path):
    assert [frame.source for frame in read_frames(path, slice(1, None))[1:3]] == [
        f"{path}, frame {number}" for number in (2, 3)]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*none.gsd"):
        read_frames(tmp_path / "none.gsd")


@pytest.mark.parametrize("part", [0.0, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_named(path, part):
    content = path.read_bytes()
    path.write_bytes(content[:int(part * len(content))])
    with refused(path=str(path)):
        list(read_frames(path))


def test_another_format_is_refused(tmp_path):
    (tmp_path / "run.gsd").write_text("30\nA frame of XYZ\n" + "A 0.0 0.0 0.0\n" * 30)
    with refused(path=str(tmp_path / "run.gsd")):
        read_frames(tmp_path / "run.gsd")


def test_a_folder_is_refused(tmp_path):
    with refused(path=str(tmp_path)):
        read_frames(tmp_path)


@pytest.mark.parametrize("number", [5, -6, [0, 17]])
def test_a_frame_that_is_not_there_is_refused(path, number):
    with refused(path=str(path), option="frames", value=int(np.ravel(number)[-1])):
        read_frames(path, number)


def test_frames_are_whole_numbers(path):
    with refused(option="frames", value=0.5):
        read_frames(path, 0.5)


def test_a_file_without_frames(tmp_path):
    write_frames(tmp_path / "empty.gsd", [])
    assert len(read_frames(tmp_path / "empty.gsd")) == 0
    with refused(path=str(tmp_path / "empty.gsd")):
        read_frames(tmp_path / "empty.gsd", -1)


def broken_file(path, **changes):
    """A good frame, then one in which `changes` to particles or configuration were made."""
    with gsd.hoomd.open(path, "w") as trajectory:
        for step, values in enumerate(({}, changes)):
            snapshot = gsd.hoomd.Frame()
            snapshot.configuration.step = step
            snapshot.configuration.box = values.get("box", [9, 9, 9, 0, 0, 0])
            snapshot.configuration.dimensions = values.get("dimensions", 3)
            snapshot.particles.position = values.get("position", np.arange(90.0).reshape(30, 3) / 10)
            snapshot.particles.N = len(snapshot.particles.position)
            trajectory.append(snapshot)
    return path


@pytest.mark.parametrize("changes, sentence", [
    ({"position": np.full((30, 3), np.nan)}, "positions of 30 particles are NaN"),
    ({"position": np.r_[np.zeros((4, 3)), [[0, np.inf, 0]]]}, "of 1 particle are .* first of them particle 4"),
    ({"position": np.zeros((0, 3))}, "no particles"),
    ({"box": [0, 9, 9, 0, 0, 0]}, "box"),
    ({"box": [9, 9, 9, np.nan, 0, 0]}, "box"),
    ({"box": [9, 9, 0, 0, 0, 0], "dimensions": 2}, "two-dimensional"),
])
def test_a_broken_frame_is_refused_when_it_is_taken(tmp_path, changes, sentence):
    frames = read_frames(broken_file(tmp_path / "run.gsd", **changes))
    assert len(frames[0]) == 30
    with pytest.raises(InputError, match=sentence) as caught:
        frames[1]
    assert "run.gsd, frame 1" in str(caught.value)


def test_a_frame_refuses_types_without_a_name():
    with refused(frame="made", option=None):
        Frame(np.zeros((2, 3)), [5, 5, 5, 0, 0, 0], [0, 3], ("A", "B"), source="made")


@pytest.mark.parametrize("positions, types", [((4, 2), 4), ((4, 3), 5), ((12,), 12)])
def test_a_frame_refuses_wrong_shapes(positions, types):
    with refused(frame="the frame"):
        Frame(np.zeros(positions), [5, 5, 5, 0, 0, 0], np.zeros(types))


def test_a_frame_keeps_its_own_read_only_arrays():
    positions = np.zeros((2, 3), np.float32)
    frame = Frame(positions, [5, 5, 5, 0, 0, 0], [0, 0])
    positions[:] = 7
    assert not frame.positions.any()
    with pytest.raises(ValueError, match="read-only"):
        frame.positions[:] = 1


def test_writing_that_fails_leaves_the_old_file(path):
    before = path.read_bytes()

    def frames():
        yield made()
        raise RuntimeError("the run was killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_frames(path, frames())
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_particles_without_types_are_of_one():
    frame = Frame(np.zeros((3, 3)), [5, 5, 5, 0, 0, 0])
    assert frame.type_names == ("A",) and frame.types.dtype == np.int32 and not frame.types.any()
    with refused(frame="the frame"):
        Frame(np.zeros((3, 2)), [5, 5, 5, 0, 0, 0])


def test_a_replicated_frame_is_the_same_crystal():
    """Every image is where the lattice has it, within the box of all, and the box is centred."""
    frame = made()
    large = frame.replicated(2, 3, 1)
    np.testing.assert_array_equal(large.box, frame.box * [2, 3, 1, 1, 1, 1])
    np.testing.assert_allclose(large.cell, frame.cell * [[2], [3], [1]])
    np.testing.assert_array_equal(large.types, np.tile(frame.types, 6))
    assert (large.type_names, large.label, large.source) == (frame.type_names, frame.label, frame.source)
    shifts = (large.positions.reshape(6, 30, 3) - frame.positions) @ np.linalg.inv(frame.cell)
    expected = [(i - 0.5, j - 1, 0) for i in range(2) for j in range(3)]
    np.testing.assert_allclose(shifts, np.broadcast_to(np.array(expected)[:, None], (6, 30, 3)), atol=1e-6)
    np.testing.assert_array_equal(frame.replicated(1, 1, 1).positions, frame.positions)


@pytest.mark.parametrize("repeats", [(2, 0, 1), (2, 1, -1), (1.5, 1, 1)])
def test_a_frame_is_repeated_a_whole_number_of_times(repeats):
    with refused(frame="made"):
        made().replicated(*repeats)
