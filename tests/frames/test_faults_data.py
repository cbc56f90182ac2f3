"""Types that are no types, and names of files that mean two formats."""
import numpy as np
import pytest

from gala_ssl import read_frames
from gala_ssl.base.errors import InputError
from gala_ssl.frames.formats import reader_of
from gala_ssl.frames.frame import Frame

BOX = [9, 9, 9, 0, 0, 0]
POINTS = [[0, 0, 0], [1, 1, 1]]
CIF = """data_copper
_cell_length_a 3.6
_cell_length_b 3.6
_cell_length_c 3.6
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Cu1 Cu 0 0 0
Cu2 Cu 0.5 0.5 0
"""
DUMP = """ITEM: TIMESTEP
0
ITEM: NUMBER OF ATOMS
1
ITEM: BOX BOUNDS pp pp pp
0 5
0 5
0 5
ITEM: ATOMS id type x y z
1 1 1 1 1
"""
XYZ = '1\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3\nCu 1 1 1\n'


@pytest.mark.parametrize("types", [[0.9, 0.2], [0, np.nan], [0, 2**32], ["0", "1"], [0, None]])
def test_types_that_are_no_whole_numbers_are_refused(types):
    with pytest.raises(InputError, match="The types of the frame are not all whole numbers"):
        Frame(POINTS, BOX, types, ("A", "B"))


@pytest.mark.parametrize("types", [[0.0, 1.0], [False, True], np.array([0, 1], np.uint8)])
def test_whole_numbers_of_any_kind_are_types(types):
    assert Frame(POINTS, BOX, types, ("A", "B")).types.tolist() == [0, 1]


@pytest.mark.parametrize(("name", "content", "particles", "kind"), [
    ("dump.cif", CIF, 2, "CIF"), ("dump.cif", DUMP, 1, "LAMMPS dump"), ("dump.xyz", XYZ, 1, "extended XYZ"),
    ("dump.data", DUMP, 1, "LAMMPS dump"), ("poscar.xyz", XYZ, 1, "extended XYZ"), ("Dump.1", DUMP, 1, "LAMMPS dump"),
    ("run.lmp", DUMP, 1, "LAMMPS dump"), ("run", XYZ, 1, "extended XYZ"), ("run.dat", CIF, 2, "CIF")])
def test_a_file_is_read_by_its_content_where_that_tells_its_format(tmp_path, name, content, particles, kind):
    (tmp_path / name).write_text(content)
    assert reader_of(tmp_path / name).name == kind
    assert len(read_frames(tmp_path / name)[0]) == particles
