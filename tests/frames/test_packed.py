"""Frames as 16-bit fractional coordinates: what comes back, and how far it is off."""
import numpy as np
import pytest

from gala_ssl.frames.frame import cell_of
from gala_ssl.frames.packed import LEVELS, load_packed, pack, save_packed, unpack
from tests.refusals import refused

CUBE = np.array([20.0, 20, 20, 0, 0, 0])
TILTED = np.array([12.0, 15, 9, 0.3, -0.2, 0.5])


@pytest.mark.parametrize("box", [CUBE, TILTED], ids=["cube", "tilted"])
def test_positions_come_back_within_half_a_level_of_each_edge(box):
    rng = np.random.default_rng(0)
    fractions = rng.uniform(-1.5, 1.5, (5000, 3))  # in several images of the box
    positions = fractions @ cell_of(box)
    difference = unpack(pack(positions, box), box) - positions
    back = np.linalg.solve(cell_of(box).T, difference.T).T
    off = back - np.round(back)
    assert np.abs(off).max() <= 0.5 / LEVELS + 1e-9
    assert np.abs(off).max() > 0.45 / LEVELS  # all 16 bits are used
    assert abs(off.mean()) < 1e-2 / LEVELS  # and nothing is pushed to one side


def test_the_faces_of_the_box_are_the_same_place():
    faces = np.array([[-10.0, 0, 0], [10.0, 0, 0]])
    low, high = pack(faces, CUBE)
    assert np.array_equal(low, high)


def test_frames_of_different_sizes_in_one_file(tmp_path):
    rng = np.random.default_rng(1)
    frames = [(rng.uniform(-5, 5, (n, 3)), box) for n, box in ((7, CUBE), (3, TILTED), (11, CUBE))]
    save_packed(tmp_path / "frames.npz", frames)
    loaded = load_packed(tmp_path / "frames.npz", ["a", "b", "c"])
    assert [frame.label for frame in loaded] == ["a", "b", "c"]
    for frame, (positions, box) in zip(loaded, frames):
        assert np.array_equal(frame.box, box)
        assert np.array_equal(pack(frame.positions, box), pack(positions, box))


def test_what_does_not_belong_together_is_refused(tmp_path):
    path = tmp_path / "frames.npz"
    save_packed(path, [(np.zeros((4, 3)), CUBE)])
    with refused(path=str(path), option="labels", value=2):
        load_packed(path, ["a", "b"])
    with np.load(path) as data:
        arrays = dict(data)
    np.savez(path, **arrays | {"positions": arrays["positions"][:2]})
    with refused(path=str(path), option="offsets"):
        load_packed(path)
