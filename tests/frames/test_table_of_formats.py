"""The table in docs/howto/files.rst says of every reader its name and the names of its files, and what is refused."""
import pathlib

import docutils.core
import docutils.nodes
import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.frames.formats import READERS
from gala_ssl.frames.reading import read_frames
from tests.ways import WAYS

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "howto" / "files.rst"
# A file of each format that its row says is refused: its name and content.
REFUSED = {
    "GSD": ("a.gsd", b"\xdf\x65\xdf\x65\xdf\x65\xdf\x65" + bytes(20)),
    "LAMMPS dump": ("a.dump", b"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1\n"
                              b"ITEM: ATOMS id type\n1 1\n"),
    "extended XYZ": ("a.xyz", b"1\nno box\nCu 0 0 0\n"),
    "LAMMPS data": ("a.data", b"x\n\n1 atoms\n1 atom types\n\n0 1 xlo xhi\n0 1 ylo yhi\n0 1 zlo zhi\n\nAtoms\n\n"
                              b"1 1 1 1 0.5 0.5 0.5\n"),
    "POSCAR": ("POSCAR", b"x\n1\n1 0 0\n0 1 0\n0 0 1\nCu\n2\nDirect\n0 0 0\n"),
    "XDATCAR": ("XDATCAR", b"x\n1\n1 0 0\n0 1 0\n0 0 1\nCu\n2\nDirect configuration= 1\n0 0 0\n"),
    "CIF": ("a.cif", b"data_x\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n"
                     b"_cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n_atom_site_label\n_atom_site_fract_x\n"
                     b"_atom_site_fract_y\n_atom_site_fract_z\nCu 0 0 0\n"),
    "an ASE trajectory": ("a.traj", b"- of UlmASE-Trajectory"),
}


def rows():
    """{format: the texts of its other cells} of the first table of the page."""
    document = docutils.core.publish_doctree(PAGE.read_text(encoding="utf-8"), settings_overrides={"report_level": 5})
    table = next(iter(document.findall(docutils.nodes.tbody)))
    cells = [[entry.astext() for entry in row.findall(docutils.nodes.entry)]
             for row in table.findall(docutils.nodes.row)]
    return {first: others for first, *others in cells}


def test_every_reader_has_a_row_with_its_names_of_files():
    found = rows()
    assert sorted(found) == sorted(reader.name for reader in READERS)
    for reader in READERS:
        names = {name.strip().lower() for name in found[reader.name][0].split(",")}
        assert names == set(reader.patterns), reader.name
        assert all(found[reader.name])


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_table_says_is_refused(tmp_path, name):
    file, content = REFUSED[name]
    (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError, match=file):
        list(read_frames(tmp_path / file))


def test_every_format_is_written_in_some_way():
    assert set(REFUSED) == {reader.name for reader in READERS}
    for start in ("gsd", "dump", "extended_xyz", "data", "poscar", "xdatcar", "cif", "ase"):
        assert any(name.startswith(start) for name in WAYS)
