"""CIF: the symmetry of a space group, however it is said; rounded coordinates; sites that are not full."""
import gemmi
import numpy as np
import pytest

from gala_ssl.base.errors import InputWarning
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames import prototypes
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frame, read_frames
from tests.refusals import refused

CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")


def group_of(prototype):
    """The space group in the prototype's setting: hexagonal axes, origin choice 2 where there are two."""
    for group in gemmi.spacegroup_table():
        if group.number == prototype.space_group and group.ext in ("\0", " ", "H", str(prototype.setting)):
            return group
    raise ValueError(prototype.name)


def cif(lattice, sites, group=None, columns=("label", "type_symbol", "fract_x", "fract_y", "fract_z"), more=""):
    """The text of a CIF: lattice (6,), rows of sites, and lines that say the space group."""
    cell = "".join(f"_cell_{name} {value}\n" for name, value in zip(CELL, lattice))
    head = "".join(f"_atom_site_{name}\n" for name in columns)
    rows = "".join(" ".join(map(str, site)) + "\n" for site in sites)
    return f"data_made\n{cell}{group or ''}{more}loop_\n{head}{rows}"


SAID = {
    "name": lambda group: f"_space_group_name_H-M_alt '{group.xhm()}'\n",
    "name with a space before its setting": lambda group: f"_symmetry_space_group_name_H-M '{group.hm} :{group.ext}'\n"
    if group.ext in "12HR" else f"_symmetry_space_group_name_H-M '{group.hm}'\n",
    "Hall symbol": lambda group: f"_space_group_name_Hall '{group.hall}'\n",
    "operations": lambda group: "loop_\n_space_group_symop_operation_xyz\n" + "".join(
        f"'{op.triplet()}'\n" for op in group.operations()),
    "operations and a crystal system": lambda group: f"_symmetry_cell_setting {group.crystal_system_str()}\n" + "".join(
        ["loop_\n_symmetry_equiv_pos_as_xyz\n", *(f"'{op.triplet()}'\n" for op in group.operations())]),
}


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("digits", [5, 3])
@pytest.mark.parametrize("each", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_prototypes_by_their_space_groups(tmp_path, said, digits, each):
    """As many particles as the conventional cell has, at the distances that it has."""
    for name in prototypes.names()[each // 2::each]:
        prototype, (vectors, points) = prototypes.describe(name), prototypes.unit_cell(name)
        sites = [(f"X{i}", "Cu", *(f"{x:.{digits}f}" for x in point)) for i, (_, point) in enumerate(prototype.sites)]
        path = tmp_path / f"{name}.cif"
        path.write_text(cif(prototype.lattice, sites, SAID[said](group_of(prototype))))
        found = read_frame(path)
        assert len(found) == len(points), name
        if digits == 5 and len(points) < 30:
            expected = Frame((points - 0.5) @ vectors, found.box * np.where(
                np.arange(6) < 3, np.linalg.norm(vectors[0]) / prototype.lattice[0], 1))
            lengths = [np.sort(np.linalg.norm(point_clouds(frame, Nearest(6)).bonds, axis=-1), axis=0)
                       for frame in (found, expected)]
            np.testing.assert_allclose(lengths[0] / prototype.lattice[0],
                                       lengths[1] / np.linalg.norm(vectors[0]), atol=2e-3, err_msg=name)


@pytest.mark.parametrize("place, count", [
    (("0.333", "0.667", "0.25"), 2), (("0.3333", "0.6667", "0.25"), 2), (("0.33", "0.67", "0.25"), 2),
    (("1.3333(2)", "-0.3333", ".25"), 2), (("0.333", "0.66", "0.25"), 12)])
def test_copies_within_the_rounding_are_one(tmp_path, place, count):
    text = cif((3.2, 3.2, 5.2, 90, 90, 120), [("Mg", "Mg", *place)], "_space_group_IT_number 194\n")
    (tmp_path / "Mg.cif").write_text(text)
    assert len(read_frame(tmp_path / "Mg.cif")) == count


def test_an_origin_that_is_not_said_is_warned_of(tmp_path):
    sites = [("Si", "Si", 0, 0, 0)]
    (tmp_path / "Si.cif").write_text(cif([5.43] * 3 + [90] * 3, sites, "_space_group_name_H-M_alt 'F d -3 m'\n"))
    with pytest.warns(InputWarning) as said:
        frame = read_frame(tmp_path / "Si.cif")
    assert len(frame) == 8 and said[0].message.frame == f"{tmp_path / 'Si.cif'}, frame 0"


def test_rhombohedral_axes_by_the_cell(tmp_path):
    """Bismuth in its primitive cell has two particles, and the distances of the hexagonal cell."""
    (tmp_path / "Bi.cif").write_text(cif([4.746] * 3 + [57.23] * 3, [("Bi", "Bi", 0.234, 0.234, 0.234)],
                                         "_symmetry_space_group_name_H-M 'R -3 m'\n"))
    frame = read_frame(tmp_path / "Bi.cif")
    assert len(frame) == 2
    np.testing.assert_allclose(np.linalg.norm(point_clouds(frame, Nearest(1)).bonds, axis=-1), 3.07, atol=0.02)


FULL = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")
P1 = "_space_group_name_H-M_alt 'P 1'\n"


@pytest.mark.parametrize("sites, kept, names", [
    ([("Au1", "Au", 0, 0, 0, 0.5), ("Cu1", "Cu", 0, 0, 0, "0.5(1)"), ("Cu2", "Cu", 0.5, 0.5, 0.5, 1)], 2, ("Au", "Cu")),
    ([("Fe1", "Fe2+", 0, 0, 0, 0.9), ("O1", "O2-", 0.5, 0.5, 0.5, 1)], 2, ("Fe", "O")),
    ([("Fe1", "Fe", 0, 0, 0, "."), ("O1", "O", 0.5, 0.5, 0.5, "?"), ("H1", "H", "?", "?", "?", 1)], 2, ("Fe", "O"))])
def test_sites_that_are_not_whole_are_refused_or_taken_with_a_warning(tmp_path, sites, kept, names):
    path = tmp_path / "some.cif"
    path.write_text(cif([4] * 3 + [90] * 3, sites, P1, FULL))
    with refused(frame=f"{path}, frame 0", option="partial"):
        read_frame(path)
    with pytest.warns(InputWarning):
        frame = read_frame(path, partial=True)
    assert len(frame) == kept and frame.type_names == names


def test_labels_name_the_elements_where_nothing_else_does(tmp_path):
    columns = ("label", "fract_x", "fract_y", "fract_z")
    sites = [("Cu1", 0, 0, 0), ("O2A", 0.5, 0, 0), ("CL1", 0, 0.5, 0), ("Si", 0, 0, 0.5)]
    (tmp_path / "labels.cif").write_text(cif([5] * 3 + [90] * 3, sites, P1, columns))
    assert read_frame(tmp_path / "labels.cif").type_names == ("Cl", "Cu", "O", "Si")


def test_blocks_with_a_cell_are_frames_and_others_are_none(tmp_path):
    first = cif([4] * 3 + [90] * 3, [("Cu", "Cu", 0, 0, 0)], P1)
    second = cif([5] * 3 + [90] * 3, [("Cu", "Cu", 0, 0, 0), ("Zn", "Zn", 0.5, 0.5, 0.5)], P1)
    (tmp_path / "two.cif").write_text("data_global\n_journal_year 2026\n" + first
                                      + second.replace("data_made", "data_other"))
    assert [len(frame) for frame in read_frames(tmp_path / "two.cif")] == [1, 2]


def test_a_last_line_without_an_end_is_refused(tmp_path):
    (tmp_path / "cut.cif").write_text(cif([4] * 3 + [90] * 3, [("Cu", "Cu", 0, 0, "0.2")], P1)[:-1])
    with refused(path=str(tmp_path / "cut.cif")):
        read_frames(tmp_path / "cut.cif")
