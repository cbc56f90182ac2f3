"""One frame written in many ways is the same frame: box, positions, types, ids and time step."""
import pathlib
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gala_ssl.frames.reading import read_frames
from tests.strategies import SEEDS, examples
from tests.ways import COMPRESSIONS, WAYS, write
from tests.ways.written import Written

# What a way has no place for.
WITHOUT_IDS = {name for name in WAYS if name.startswith(("poscar", "xdatcar", "cif", "gsd", "ase"))}
WITHOUT_STEP = {name for name in WAYS if name.startswith(("poscar", "cif", "ase"))} | {
    "extended_xyz_of_an_element_column"}


def drawn(seed, types=2, tilted=True, cells=(8, 8, 4)):
    """A crystal of 256 particles with noise, of `types` types, in a box whose corner and orientation are drawn."""
    rng = np.random.default_rng(seed)
    cell = np.diag(rng.uniform(0.9, 1.2, 3) * cells)
    if tilted:
        cell[np.tril_indices(3, -1)] = rng.uniform(-0.3, 0.3, 3) * cell[[1, 2, 2], [1, 2, 2]].min()
    places = (np.indices(cells).reshape(3, -1).T + 0.5 + rng.uniform(-0.2, 0.2, (np.prod(cells), 3))) / cells
    kinds = np.r_[np.arange(types), rng.integers(types, size=len(places) - types)]
    ids = np.sort(rng.choice(10 * len(places), len(places), replace=False)) + 1
    turn = Rotation.random(rng=rng).as_matrix()
    return Written(places, cell, rng.uniform(-30, 30, 3), turn, kinds, ids, ("Cu", "Zn")[:types], rng)


def check(frame, w, name):
    """The frame is the one that was written, its positions to 1e-6 of the box."""
    tolerance = 1e-6 * np.linalg.norm(w.cell, axis=1).max()
    np.testing.assert_allclose(frame.cell, w.cell, atol=tolerance)
    apart = frame.positions @ np.linalg.inv(frame.cell) + 0.5 - w.places[w.order]
    assert abs(apart - np.round(apart)).max() < 1e-6
    assert np.abs(frame.positions @ np.linalg.inv(frame.cell)).max() < 0.5 + 1e-6
    np.testing.assert_array_equal(frame.types, w.types[w.order])
    assert frame.type_names in (w.names, tuple(str(i + 1) for i in range(len(w.names))))
    assert frame.periodic == (True, True, True)
    assert frame.step == (None if name in WITHOUT_STEP else 700)
    if name in WITHOUT_IDS:
        assert frame.ids is None
    else:
        np.testing.assert_array_equal(frame.ids, w.ids[w.order])


def test_there_are_many_ways():
    assert len(WAYS) >= 35


@pytest.mark.parametrize("name", WAYS)
def test_every_way_is_the_same_frame(tmp_path, name):
    w = drawn(0)
    path = write(tmp_path, name, w)
    frame, = read_frames(path)
    check(frame, w, name)
    assert (frame.path, frame.index, frame.source) == (path, 0, f"{path}, frame 0")


@examples(150)
@given(name=st.sampled_from(sorted(WAYS)), seed=SEEDS, compression=st.sampled_from(sorted(COMPRESSIONS)),
       nameless=st.booleans(), tilted=st.booleans(), types=st.integers(1, 2))
def test_any_way_of_writing_any_frame(name, seed, compression, nameless, tilted, types):
    w = drawn(seed, types, tilted)
    with tempfile.TemporaryDirectory() as folder:
        frame, = read_frames(write(pathlib.Path(folder), name, w, compression, nameless))
    check(frame, w, name)
