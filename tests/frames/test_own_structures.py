"""Structures of one's own: what is read from files, and what is refused."""
import dataclasses
import shutil

import numpy as np
import pytest

from gala_ssl.base.errors import InputWarning
from gala_ssl.frames import prototypes
from gala_ssl.frames.structures import read_crystal, read_structures
from gala_ssl.frames.writing import write_frames
from tests.refusals import refused

ROCK_SALT = """data_rock_salt
_cell_length_a 5.64
_cell_length_b 5.64
_cell_length_c 5.64
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na1 Na 0 0 0
Cl1 Cl 0.5 0.5 0.5
"""
TUNGSTEN = """bcc
3.155
1 0 0
0 1 0
0 0 1
W
2
Direct
0 0 0
0.5 0.5 0.5
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "salt.cif").write_text(ROCK_SALT)
    (tmp_path / "POSCAR").write_text(TUNGSTEN)
    (tmp_path / "notes.txt").write_text("not a structure")
    return tmp_path


def test_a_cif_and_a_poscar_are_the_crystals_of_the_table(folder):
    salt, tungsten = read_crystal(folder / "salt.cif"), read_crystal(folder / "POSCAR")
    assert (salt.name, salt.type_names, salt.space_group, len(salt)) == ("salt", ("Cl", "Na"), 225, 8)
    assert (tungsten.name, tungsten.type_names, tungsten.space_group) == ("POSCAR", ("W",), 229)
    np.testing.assert_allclose(np.linalg.norm(salt.vectors, axis=1), 2, rtol=1e-6)
    np.testing.assert_allclose(tungsten.vectors, prototypes.unit_cell("cI2-W")[0], rtol=1e-6)
    frame = salt.frame(300, noise=0.02, seed=4)
    np.testing.assert_array_equal(frame.positions, salt.frame(300, noise=0.02, seed=4).positions)
    assert (frame.positions != salt.frame(300, noise=0.02, seed=5).positions).any()
    assert len(frame) >= 300 and np.bincount(frame.types).tolist() == [len(frame) // 2] * 2


def test_names_files_and_folders_are_read_together(folder):
    found = read_structures(["cF4-Cu", folder])
    assert [getattr(each, "name", each) for each in found] == ["cF4-Cu", "POSCAR", "salt"]
    assert read_structures([str(folder / "*.cif")])[0] == read_structures([str(folder / "salt.cif")])[0] == found[2]
    assert read_structures(["hP4-ZnS", found[2]]) == ("hP4-ZnS", found[2])


def test_what_is_no_structure_is_refused(folder):
    with refused(option="prototype", value="cF4-Ca"):
        read_structures(["cF4-Ca"])
    with pytest.raises(FileNotFoundError):
        read_structures(["other.cif"])
    (folder / "empty").mkdir()
    with refused(path=str(folder / "empty"), option="structures"):
        read_structures([folder / "empty"])
    with refused(option="structures", value="salt"):
        read_structures([folder / "salt.cif", folder / "salt.cif"])


def test_a_structure_with_particles_at_one_place_is_refused(folder):
    path = folder / "twice.cif"
    path.write_text(ROCK_SALT + "K1 K 0.01 0.01 0.01\n")
    with refused(path=str(path), frame=f"{path}, frame 0", option="structures") as caught:
        read_crystal(path)
    assert caught.value.value < 0.2


def test_open_boundaries_and_cells_that_are_too_large_are_refused(folder, tmp_path):
    large = tmp_path / "large.gsd"
    write_frames(large, [prototypes.build("cF4-Cu", 2500)])
    with refused(path=str(large), frame=f"{large}, frame 0", option="structures", value=2592):
        read_crystal(large)
    slab = tmp_path / "slab.gsd"
    crystal = prototypes.build("cF4-Cu", 100)
    write_frames(slab, [dataclasses.replace(crystal, periodic=(True, True, False))])
    with refused(path=str(slab), frame=f"{slab}, frame 0", option="structures", value=(True, True, False)):
        read_crystal(slab)


def test_a_structure_that_comes_twice_is_named(folder):
    shutil.copy(folder / "salt.cif", folder / "halite.cif")
    with pytest.warns(InputWarning, match="halite.cif"):
        read_structures([folder / "salt.cif", folder / "halite.cif"])
