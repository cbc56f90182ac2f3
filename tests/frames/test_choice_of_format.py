"""Which format a file is taken for: by its name, by how it begins, by who registers; and files of none."""
import itertools

import ase
import ase.io
import numpy as np
import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.frames.formats import READERS, Reader, register_reader
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from tests.refusals import refused
from tests.written import crystal, dump_text, to_ase, write_all


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
