"""Objects of other packages as frames; those packages that are not installed are skipped."""
import ase.build
import freud
import numpy as np
import pytest

from gala_ssl.frames.formats.gsd import snapshot
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.objects import as_frame
from tests.frames.test_ways import drawn
from tests.refusals import refused


@pytest.fixture
def frame():
    w = drawn(3)
    box = [*np.diag(w.cell), w.cell[1, 0] / w.cell[1, 1], *(w.cell[2, :2] / w.cell[2, 2])]
    return Frame((w.places - 0.5) @ w.cell, box, w.types, w.names, w.ids, step=700)


def same(found, frame, types=True):
    np.testing.assert_allclose(found.box, frame.box, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found.positions, frame.positions, atol=1e-5)
    assert found.periodic == frame.periodic
    if types:
        np.testing.assert_array_equal(found.types, frame.types)
        assert found.type_names == frame.type_names


def test_a_frame_is_itself(frame):
    assert as_frame(frame) is frame


@pytest.mark.parametrize("periodic", [(True, True, True), (True, True, False), (False, False, False)])
def test_ase_atoms(frame, periodic):
    atoms = ase.Atoms([frame.type_names[kind] for kind in frame.types], cell=frame.cell, pbc=periodic,
                      positions=frame.positions.astype(float) + frame.cell.sum(axis=0) / 2)
    atoms.arrays["id"] = frame.ids
    found = as_frame(atoms)
    assert found.periodic == periodic and found.ids.tolist() == frame.ids.tolist()
    np.testing.assert_allclose(found.positions, frame.positions, atol=1e-5)


def test_a_slab_and_a_cluster_of_ase_without_a_vector_of_the_cell():
    slab = as_frame(ase.build.fcc111("Cu", (4, 4, 3)))
    assert slab.periodic == (True, True, False) and len(slab) == 48
    np.testing.assert_allclose(slab.box[2], 2 * 3.61 / 3 ** 0.5, rtol=1e-2)
    cluster = as_frame(ase.build.molecule("C60"))
    assert cluster.periodic == (False,) * 3 and np.linalg.norm(cluster.positions, axis=1).max() < 3.6


def test_freud(frame):
    box = freud.box.Box(*frame.box)
    same(as_frame((box, frame.positions)), frame, types=False)
    same(as_frame((list(frame.box), frame.positions)), frame, types=False)
    box.periodic = (True, True, False)
    assert as_frame((box, frame.positions)).periodic == (True, True, False)
    with refused(option="box"):
        as_frame(("none", frame.positions))


def test_gsd(frame):
    found = as_frame(snapshot(frame))
    same(found, frame)
    assert found.step == 700


def test_mdanalysis(frame):
    mda = pytest.importorskip("MDAnalysis")
    universe = mda.Universe.empty(len(frame), trajectory=True)
    universe.add_TopologyAttr("types", [frame.type_names[kind] for kind in frame.types])
    universe.add_TopologyAttr("ids", frame.ids)
    universe.dimensions = [8, 9, 10, 80, 95, 100]
    universe.atoms.positions = frame.positions
    found = as_frame(universe)
    assert found.type_names == frame.type_names and found.ids.tolist() == frame.ids.tolist()
    np.testing.assert_allclose(np.linalg.norm(found.cell, axis=1), [8, 9, 10], rtol=1e-5)
    step = as_frame(universe.trajectory.ts)
    np.testing.assert_array_equal(step.positions, found.positions)
    universe.dimensions = None
    assert as_frame(universe).periodic == (False,) * 3


def test_ovito(frame):
    data = pytest.importorskip("ovito.data", exc_type=ImportError)
    collection = data.DataCollection()
    matrix = np.column_stack([frame.cell.T, -frame.cell.sum(axis=0) / 2])
    collection.create_cell(matrix, pbc=(True, True, True))
    particles = collection.create_particles(count=len(frame))
    particles.create_property("Position", data=frame.positions)
    particles.create_property("Particle Identifier", data=frame.ids)
    types = particles.create_property("Particle Type", data=frame.types + 1)
    for i, name in enumerate(frame.type_names):
        types.types.append(data.ParticleType(id=i + 1, name=name))
    found = as_frame(collection)
    same(found, frame)
    assert found.ids.tolist() == frame.ids.tolist()


@pytest.mark.parametrize("thing", [3, "run.gsd", np.zeros((3, 3)), object()])
def test_what_is_no_frame_is_refused(thing):
    with refused(option="frame"):
        as_frame(thing)
