"""Files that cannot be used: one sentence that names file, frame and reason, exit status 2, nothing written.

What can be used although it is odd gives a finite result. Both are as docs/howto/files.rst says.
"""
import gzip
import itertools
import os
import pathlib

import gsd.fl
import numpy as np
import pytest

from gala_ssl.commands.main import main
from gala_ssl.order.embedding import Embedding
from tests import bad_files, tiny
from tests.bad_files import EDITS, FAULTS, FORMATS, NEIGHBORS, good


@pytest.fixture
def embed(tmp_path, monkeypatch):
    """Run `gala-ssl embed` on a file; return the embedding. The network is built once."""
    monkeypatch.setattr(Embedding, "from_pretrained", lambda *arguments, **options: tiny.embedding("denoising"))

    def run(path):
        output = tmp_path / "output.npz"
        main(["embed", str(path), "--weights", str(tiny.FOLDER), "-o", str(output), "--task", "denoising", "--quiet"])
        return np.load(output)["embedding"]
    return run


@pytest.fixture
def refused(embed, tmp_path, capsys):
    """Run `gala-ssl embed` on a file that it must refuse; return what it says."""
    def run(path):
        before = sorted(tmp_path.iterdir())
        with pytest.raises(SystemExit) as stop:
            embed(path)
        said = capsys.readouterr()
        assert stop.value.code == 2 and said.out == ""
        assert said.err.count("\n") == 1 and said.err.startswith("error: ") and "Traceback" not in said.err
        assert path.name in said.err
        assert sorted(tmp_path.iterdir()) == before
        return said.err
    return run


def contents(suffix, tmp_path):
    """The bytes of a good file of a format."""
    path = bad_files.write(tmp_path / f"good.{suffix}", [good(i) for i in range(FORMATS[suffix][1])])
    content = path.read_bytes()
    path.unlink()
    return content


@pytest.mark.parametrize("fault, suffix", [
    pair for pair in itertools.product(FAULTS, FORMATS) if pair not in bad_files.IMPOSSIBLE])
def test_a_frame_that_cannot_be_used_is_named(refused, tmp_path, fault, suffix):
    change, sentence = FAULTS[fault]
    frames = FORMATS[suffix][1]
    path = bad_files.write(tmp_path / f"run.{suffix}", [good(0), change(good(1))][-frames:])
    said = refused(path)
    assert any(part in said for part in sentence.split("|")), said
    assert f"frame {frames - 1}" in said or "cannot be read" in said


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("raw, rows", [
    (good().with_(positions=good().positions[:NEIGHBORS + 1], box=(20, 20, 20, 0, 0, 0)), NEIGHBORS + 1),
    (good().with_(positions=good().positions[:NEIGHBORS], box=(20, 20, 20, 0, 0, 0)), NEIGHBORS),
    (good().with_(positions=good().positions[:1]), 1),
    (good(cells=2), 8),
    (good().with_(box=(4, 4, 4, 1, 0, 0)), 64),
    (good().with_(box=(4, 4, 4, 7.5, 0, 3.25)), 64),
    (good().moved(9, (good().positions[9, 0] + 4e3, None, None)), 64),
    (good().moved(9, good().positions[8] + 1e-2), 64),
    (good().with_(positions=good().positions * 1e-9, box=(*[4e-9] * 3, 0, 0, 0)), 64),
], ids=["k + 1 particles", "k particles", "one particle", "a box smaller than the shell", "sheared", "much sheared",
        "outside the box", "nearly at one place", "in metres"])
@pytest.mark.filterwarnings("ignore:.*the unit of length:gala_ssl.base.errors.InputWarning")
def test_what_is_odd_but_right_gives_a_finite_result(embed, tmp_path, raw, rows, suffix):
    found = embed(bad_files.write(tmp_path / f"run.{suffix}", [raw]))
    assert found.shape == (rows, 8) and np.isfinite(found).all()


@pytest.mark.parametrize("suffix", FORMATS)
def test_particles_outside_the_box_are_those_inside(embed, tmp_path, suffix):
    shifts = 4 * np.random.default_rng(0).integers(-3, 4, size=(64, 3))
    outside = good().with_(positions=good().positions + shifts)
    found = [embed(bad_files.write(tmp_path / f"{name}.{suffix}", [raw]))
             for name, raw in (("inside", good()), ("outside", outside))]
    np.testing.assert_allclose(*found, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("suffix", ["gsd", "xyz", "dump"])
def test_frames_of_different_numbers_of_particles(embed, tmp_path, suffix):
    raws = [good(0), good(1, cells=5), good(2)]
    assert len(embed(bad_files.write(tmp_path / f"run.{suffix}", raws))) == 64 + 125 + 64


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("content", [
    b"", b"\n \n\n", bytes(4096), np.random.default_rng(0).bytes(3000), b"Dear colleague,\nhere it is.\n" * 9],
    ids=["empty", "blank", "zeros", "noise", "a letter"])
def test_a_file_of_nothing(refused, tmp_path, suffix, content):
    (tmp_path / f"run.{suffix}").write_bytes(content)
    refused(tmp_path / f"run.{suffix}")


@pytest.mark.filterwarnings("ignore:.*ends in the middle:gala_ssl.base.errors.InputWarning")
@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("change", [
    lambda content: gzip.compress(content)[:300] + bytes(200), lambda content: content[1024:],
    lambda content: content.decode("latin-1").encode("utf-16")], ids=["damaged gzip", "without its head", "UTF-16"])
def test_a_file_that_was_mangled(refused, tmp_path, suffix, change):
    (tmp_path / f"run.{suffix}").write_bytes(change(contents(suffix, tmp_path)))
    refused(tmp_path / f"run.{suffix}")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_compressed_file(embed, tmp_path, suffix):
    content, path = contents(suffix, tmp_path), tmp_path / f"run.{suffix}"
    path.write_bytes(content)
    expected = embed(path)
    path.write_bytes(gzip.compress(content))
    np.testing.assert_array_equal(embed(path), expected)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.filterwarnings("always::gala_ssl.base.errors.InputWarning")
def test_a_file_truncated_at_every_kilobyte(embed, refused, tmp_path, suffix, capsys):
    """Of a file of two frames the first is read, with a warning that names the second."""
    content, path = contents(suffix, tmp_path), tmp_path / f"run.{suffix}"
    second = content.index(b"\nITEM: TIMESTEP\n1\n" if suffix == "dump" else b"\n64\n") if suffix in (
        "dump", "xyz") else len(content)
    for length in range(1024, len(content), 1024):
        path.write_bytes(content[:length])
        if length <= second:
            refused(path)
        else:
            assert len(embed(path)) == 64
            assert capsys.readouterr().err.startswith(f"warning: {path}, frame 1 is incomplete")


@pytest.mark.filterwarnings("always::gala_ssl.base.errors.InputWarning")
@pytest.mark.parametrize("suffix", ["xyz", "dump"])
def test_an_empty_frame_among_others_is_left_out(embed, tmp_path, suffix, capsys):
    empty = good().with_(positions=np.zeros((0, 3)))
    path = bad_files.write(tmp_path / f"run.{suffix}", [good(0), empty, good(1)])
    assert len(embed(path)) == 128
    assert capsys.readouterr().err == (
        f"warning: {path}, frame 1 is incomplete, because it has no particles; it is left out.\n")


@pytest.mark.parametrize("content, suffix", list(itertools.permutations(FORMATS, 2)))
def test_one_format_under_the_name_of_another(embed, tmp_path, content, suffix):
    (tmp_path / f"run.{suffix}").write_bytes(contents(content, tmp_path))
    assert len(embed(tmp_path / f"run.{suffix}")) == 64 * FORMATS[content][1]


@pytest.mark.parametrize("suffix, old, new, sentence", [(suffix, *edit) for suffix in EDITS for edit in EDITS[suffix]])
def test_fields_that_are_missing_or_wrong(refused, tmp_path, suffix, old, new, sentence):
    text = contents(suffix, tmp_path).decode()
    assert old in text
    (tmp_path / f"run.{suffix}").write_text(text.replace(old, new))
    said = refused(tmp_path / f"run.{suffix}")
    assert any(part in said for part in sentence.split("|")), said


def test_huge_ids_are_only_an_order(embed, tmp_path):
    text = contents("dump", tmp_path).decode()
    found = []
    for name, first in (("small", "\n1 1 "), ("huge", "\n9007199254740993000 1 ")):
        (tmp_path / f"{name}.dump").write_text(text.replace("\n1 1 ", first))
        found.append(embed(tmp_path / f"{name}.dump")[:64])
    np.testing.assert_array_equal(np.roll(found[0], -1, axis=0), found[1])


def test_two_dimensions(refused, tmp_path):
    flat = good().with_(dimensions=2)
    assert "two-dimensional" in refused(bad_files.write(tmp_path / "run.gsd", [good(), flat]))


def without(path, missing):
    """Copy a GSD file without some of its chunks."""
    with gsd.fl.open(path, "r") as source, gsd.fl.open(path.with_stem("copy"), "w", "a", "hoomd", [1, 4]) as copy:
        for frame in range(source.nframes):
            for name in source.find_matching_chunk_names(""):
                if name not in missing and source.chunk_exists(frame, name):
                    copy.write_chunk(name, source.read_chunk(frame, name))
            copy.end_frame()
    return path.with_stem("copy")


@pytest.mark.parametrize("chunk, sentence", [
    ("configuration/box", "frame 0 has no box, and its particles do not lie in the box of edge 1"),
    ("particles/position", "frame 0 has no positions, by which its 64 particles would all be at the same place")])
def test_a_gsd_frame_that_lacks_box_or_positions(refused, tmp_path, chunk, sentence):
    path = bad_files.write(tmp_path / "run.gsd", [good(0), good(1)])
    assert sentence in refused(without(path, [chunk]))


@pytest.mark.filterwarnings("default:In .* have further neighbours just as far")
def test_what_gsd_leaves_out_because_it_is_its_default(embed, tmp_path):
    """A primitive cell with edge 1 and the particle at its centre; and a box that is the first frame's."""
    primitive = bad_files.Raw(np.zeros((1, 3)), (1, 1, 1, 0, 0, 0))
    twice = primitive.with_(positions=np.float64([[0, 0, 0], [0, 0, 0.5]]), box=(1, 1, 2, 0, 0, 0))
    path = bad_files.write(tmp_path / "primitive.gsd", [primitive])
    with gsd.fl.open(path, "r") as file:
        assert file.find_matching_chunk_names("") == ["particles/N", "particles/types"]
    np.testing.assert_allclose(embed(path)[0], embed(bad_files.write(tmp_path / "run.xyz", [primitive]))[0], atol=1e-5)
    assert len(embed(bad_files.write(tmp_path / "run.gsd", [twice, twice]))) == 4


def test_a_type_whose_name_is_not_utf8(refused, tmp_path):
    path = bad_files.write(tmp_path / "run.gsd", [good().with_(names=("Caf1",))])
    content = path.read_bytes()
    assert content.count(b"Caf1") == 1
    path.write_bytes(content.replace(b"Caf1", "Café".encode("latin-1")))
    assert "has a name that is not UTF-8, b'Caf\\xe9'; give" in refused(path)


def test_a_type_that_has_no_name(refused, tmp_path):
    for number, said in ((7, "it names 1 types"), (2**31, "not all whole numbers below 2**31"),
                         (2**32 - 1, "not all whole numbers below 2**31")):
        wrong = good().with_(kinds=np.full(64, number), names=("Cu",))
        assert said in refused(bad_files.write(tmp_path / "run.gsd", [wrong]))


def test_one_place_twice_in_a_cif_is_one_site(embed, tmp_path):
    twice = good().moved(3, good().positions[4])
    assert len(embed(bad_files.write(tmp_path / "run.cif", [twice]))) == 63


def test_a_name_with_signs_that_mean_something_elsewhere(embed, tmp_path):
    for suffix in FORMATS:
        path = tmp_path / f"~run@2*[0].{suffix}"
        path.write_bytes(contents(suffix, tmp_path))
        assert len(embed(path)) == 64 * FORMATS[suffix][1]


def test_what_is_no_file(refused, tmp_path):
    os.mkfifo(tmp_path / "pipe.gsd")
    assert "is no ordinary file" in refused(tmp_path / "pipe.gsd")
    (tmp_path / "folder.xyz").mkdir()
    assert "is a folder" in refused(tmp_path / "folder.xyz")
    (tmp_path / "broken.xyz").symlink_to("nowhere")
    assert "There is no file" in refused(pathlib.Path(tmp_path / "broken.xyz"))
