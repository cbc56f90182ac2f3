"""Types of particles in files: elements, names, numbers, labels."""
import ase
import ase.io
import numpy as np
import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from tests.written import crystal, dump_text, to_ase


def test_types_are_elements_names_or_numbers(tmp_path):
    frame = crystal(cells=3, names=("O", "Cu"))
    ase.io.write(tmp_path / "elements.xyz", to_ase(frame))
    (tmp_path / "elements.dump").write_text(dump_text(frame, element=True))
    for name in ("elements.xyz", "elements.dump"):
        found = read_frames(tmp_path / name)[0]
        assert found.type_names == ("Cu", "O")
        np.testing.assert_array_equal(found.types, 1 - frame.types)
    text = (tmp_path / "elements.xyz").read_text()
    (tmp_path / "names.xyz").write_text(text.replace("\nO ", "\nlarge ").replace("\nCu ", "\nSMALL "))
    assert read_frames(tmp_path / "names.xyz")[0].type_names == ("SMALL", "large")
    many = Frame(frame.positions, frame.box, np.arange(len(frame)) % 11, [str(i) for i in range(11)])
    (tmp_path / "many.dump").write_text(dump_text(many, rng=np.random.default_rng(0)))
    found = read_frames(tmp_path / "many.dump")[0]
    assert found.type_names == tuple(str(i + 1) for i in range(11))
    np.testing.assert_array_equal(found.types, many.types)


def test_types_are_the_type_column_whatever_else_there_is(tmp_path):
    frame = crystal(cells=3, names=("A", "B"))
    head, rows = dump_text(frame).split("ITEM: ATOMS id type x y z\n")
    heavy = "\n".join(f"{row} {mass}" for row in rows.splitlines() for mass in [1.0])
    (tmp_path / "mass.dump").write_text(f"{head}ITEM: ATOMS id type x y z mass\n{heavy}\n")
    found = read_frames(tmp_path / "mass.dump")[0]
    assert found.type_names == ("1", "2")
    np.testing.assert_array_equal(found.types, frame.types)
    atoms = to_ase(Frame(frame.positions, frame.box, frame.types, ("O", "Cu")))
    ase.io.write(tmp_path / "species.xyz", atoms)
    text = (tmp_path / "species.xyz").read_text().replace("\nO ", "\n1 ").replace("\nCu ", "\n2 ")
    for column in ("type:I:1", "name:S:1", "species:S:1"):
        (tmp_path / "named.xyz").write_text(text.replace("species:S:1", column))
        found = read_frames(tmp_path / "named.xyz")[0]
        assert found.type_names == ("1", "2")
        np.testing.assert_array_equal(found.types, frame.types)
    (tmp_path / "bare.xyz").write_text(text.replace("Properties=species:S:1:pos:R:3 ", ""))
    assert "Properties" not in (tmp_path / "bare.xyz").read_text()
    assert read_frames(tmp_path / "bare.xyz")[0].type_names == ("1", "2")
    (tmp_path / "none.xyz").write_text(text.replace("species:S:1", "weight:R:1"))
    with pytest.raises(InputError, match="no column species, type or name"):
        read_frames(tmp_path / "none.xyz")[0]


def test_type_labels_of_lammps_data_are_the_names_of_the_types(tmp_path):
    text = "labels\n\n2 atoms\n2 atom types\n0 5 xlo xhi\n0 5 ylo yhi\n0 5 zlo zhi\n\n" \
           "Atom Type Labels\n\n1 A\n2 B\n\nAtoms # atomic\n\n1 {0} 0 0 0\n2 {1} 2 2 2\n"
    for first, second in (("A", "B"), ("1", "2")):
        (tmp_path / "labels.data").write_text(text.format(first, second))
        frame = read_frames(tmp_path / "labels.data")[0]
        assert frame.type_names == ("A", "B") and frame.types.tolist() == [0, 1] and frame.ids.tolist() == [1, 2]
