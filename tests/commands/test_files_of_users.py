"""Commands on files as users have them: several, compressed, incomplete; and tables in Parquet."""
import gzip
import json
import pathlib

import numpy as np
import pandas as pd
import pytest

from gala_ssl.base import tables
from gala_ssl.base.errors import InputWarning
from gala_ssl.commands.main import main
from gala_ssl.commands.options import frames_named
from gala_ssl.frames import prototypes
from gala_ssl.frames.reading import read_frames
from gala_ssl.frames.writing import write_frames
from gala_ssl.order.embedding import Embedding
from tests import tiny
from tests.refusals import refused

COUNT = 54
# On the command line a warning is a sentence.
pytestmark = pytest.mark.filterwarnings("default::gala_ssl.base.errors.InputWarning")


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """Three compressed dumps, run.9.dump.gz to run.11.dump.gz, in the present folder; returns the pattern."""
    monkeypatch.chdir(tmp_path)
    for number in (9, 10, 11):
        frame = prototypes.build("cI2-W", COUNT, noise=0.02 * (number - 8), seed=number)
        write_frames(f"run.{number}.dump", [frame])
        path = tmp_path / f"run.{number}.dump"
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    return "run.*.dump.gz"


@pytest.fixture
def cut(steps, tmp_path):
    """A dump whose only frame lacks its last row."""
    text = gzip.decompress((tmp_path / "run.9.dump.gz").read_bytes()).decode()
    (tmp_path / "cut.dump").write_text("".join(text.splitlines(keepends=True)[:-1]))
    return "cut.dump"


@pytest.fixture
def kernel(monkeypatch):
    """Small networks, by the compiled kernel, in place of those that ship."""
    original = Embedding.from_pretrained

    def small(task, **options):
        scale = "mean_bond" if task == "shift_identification" else None
        return original(task, weights=tiny.FOLDER, ignore_types=True, length_scale=scale, engine="kernel",
                        progress=False)
    monkeypatch.setattr(Embedding, "from_pretrained", small)


def test_a_frame_of_several_files_is_named(steps, cut):
    for text, path in ((steps, "run.11.dump.gz"), (f"{steps}@0", "run.9.dump.gz"), (f"{steps}@-2", "run.10.dump.gz"),
                       ("run.9.dump.gz@0", "run.9.dump.gz")):
        frame, = frames_named(text)
        assert str(frame.path) == path and len(frame) == COUNT
    with refused(path="cut.dump", option="partial"):
        frames_named(cut)
    with pytest.warns(InputWarning):
        assert len(frames_named(cut, partial=True)[0]) == COUNT - 1


def test_compare_takes_patterns_compressed_and_incomplete_files(steps, cut, capsys):
    options = ["--tasks", "--bootstrap", "2", "--quiet", "--json"]
    with pytest.raises(SystemExit):
        main(["compare", cut, steps, *options])
    assert "--partial" in capsys.readouterr().err
    main(["compare", cut, f"{steps}@1", "--partial", *options])
    row = json.loads(capsys.readouterr().out)[0]
    assert (row["first"], row["second"], row["n1"], row["n2"]) == ("cut", "run.10", COUNT - 1, COUNT)


def test_attention_takes_patterns_and_incomplete_files(steps, cut, capsys):
    for arguments, where, count in (([cut, "--partial"], cut, COUNT - 1), ([f"{steps}@1"], "run.10.dump.gz", COUNT)):
        with pytest.raises(SystemExit):
            main(["attention", *arguments, "--particle", str(count)])
        assert f"{where}, frame 0 has {count} particles" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["settled.gsd", "settled.xyz", "settled.dump"])
def test_denoise_takes_several_files_and_writes_any_format(steps, cut, kernel, tmp_path, capsys, name):
    main(["denoise", steps, cut, "--partial", "--steps", "1", "-o", name])
    assert f"Read 4 frames ({4 * COUNT - 1} particles) and wrote {name} in" in capsys.readouterr().out
    frames, found = read_frames([steps]), read_frames(name)
    assert [len(frame) for frame in found] == 3 * [COUNT] + [COUNT - 1]
    for frame, each in zip(frames, found):
        assert each.ids.tolist() == frame.ids.tolist() and each.type_names == frame.type_names
        np.testing.assert_allclose(each.box, frame.box, rtol=1e-6)


def test_denoise_refuses_to_write_over_a_file_of_the_pattern(steps, kernel, capsys):
    write_frames("run.8.dump", [prototypes.build("cI2-W", COUNT, noise=0.02)])
    with pytest.raises(SystemExit):
        main(["denoise", "run.*", "-o", "run.8.dump"])
    assert "run.8.dump is the trajectory itself" in capsys.readouterr().err


def test_parquet_holds_what_a_csv_holds(steps, kernel):
    for name in ("a.csv", "a.parquet"):
        main(["embed", steps, "-o", name, "--quiet"])
    table, read = pd.read_csv("a.csv"), pd.read_parquet("a.parquet")
    assert list(read) == list(table) and len(read) == 3 * COUNT and read["embedding_1"].dtype == np.float32
    np.testing.assert_allclose(read, table, rtol=1e-6, atol=1e-9)
    import pyarrow.parquet

    card = json.loads(pyarrow.parquet.read_metadata("a.parquet").metadata[b"card"])
    expected = json.loads(pathlib.Path("a.json").read_text(encoding="utf-8"))
    assert card["weights_sha256"] == expected["weights_sha256"] and card["steps"] == [0, 0, 0]


def test_names_in_parquet(steps, monkeypatch, capsys):
    main(["identify", steps, "-o", "a.csv", "-o", "b.parquet", "--engine", "kernel"])
    table, read = pd.read_csv("a.csv"), pd.read_parquet("b.parquet")
    assert list(read) == list(table) and read["structure"].tolist() == table["structure"].tolist()
    np.testing.assert_allclose(read["probability"], table["probability"], atol=1e-4)
    assert pd.read_csv("b_frames.csv").equals(pd.read_csv("a_frames.csv"))


@pytest.mark.parametrize("command", ["embed", "identify"])
def test_parquet_without_pyarrow_is_refused(steps, tmp_path, monkeypatch, capsys, command):
    monkeypatch.setattr(tables.importlib.util, "find_spec", lambda name: None)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SystemExit) as ended:
        main([command, steps, "-o", "a.parquet"])
    assert ended.value.code == 2 and "pip install pyarrow" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
    with refused(option="package", value="pyarrow", path="a.parquet"):
        tables.check_parquet(tmp_path.relative_to(tmp_path) / "a.parquet")
