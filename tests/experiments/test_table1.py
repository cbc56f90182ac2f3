"""Table 1: featurizers against pairs of snapshots, and the script that writes it."""
import json
import re

import numpy as np
import pandas as pd
import pytest

from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from gala_ssl.order.classical import RadialDistances
from gala_ssl.order.compare import Pair
from gala_ssl.order.concatenation import Concatenation
from gala_ssl.order.separability import linear_separability, separability
from paper.table1 import PAIRS, SnapshotFeatures, table1, to_rst
from tests.refusals import refused
from tests.scripts import main_of


def simple_cubic(noise, seed, cells=6):
    rng = np.random.default_rng([seed])
    sites = np.stack(np.meshgrid(*[np.arange(cells)] * 3), axis=-1).reshape(-1, 3) - cells / 2
    positions = sites + rng.normal(scale=noise, size=sites.shape)
    return Frame(positions, [cells] * 3 + [0] * 3, np.zeros(len(sites)))


@pytest.fixture
def directory(tmp_path):
    """Snapshots of pairs 1, 3 and 5, of which only the third differ; those of the others are not there."""
    folder = tmp_path / "trajectories"
    for seed, name in enumerate(["cF4-Cu_liquid", "cF4-Cu_liquid_b", "hP2-Mg_liquid", "cI2-W_liquid"]):
        write_frames(folder / f"{name}.gsd", [simple_cubic(0.2, seed)])
    write_frames(folder / "cI2-W_solid.gsd", [simple_cubic(0.02, 9)])
    return folder


class Counting:
    """Two numbers a particle, and how often they were asked for."""

    dimension = 2

    def __init__(self, name="counting"):
        self.name, self.calls = name, []

    def __call__(self, frame):
        self.calls.append(frame.label)
        return RadialDistances()(frame)[:, [1, 7]]


def test_the_pairs_are_those_of_the_paper():
    assert [pair.number for pair in PAIRS] == [1, 2, 3, 4, 5, 6, 7]
    assert len({name for pair in PAIRS for name in (pair.first, pair.second)}) == 12


def test_scores_are_those_of_separability(directory):
    features = SnapshotFeatures(directory)
    table = table1([RadialDistances(), Counting()], features, seed=3, n_bootstrap=20)
    assert list(table["method"]) == ["radial_distances"] * 7 + ["counting"] * 7
    assert list(table["pair"]) == [1, 2, 3, 4, 5, 6, 7] * 2
    x, y = (RadialDistances()(read_frames(directory / f"cI2-W_{phase}.gsd")[0])
            for phase in ("liquid", "solid"))
    row, expected = table.loc[2], separability(x, y, seed=3, n_bootstrap=20)
    assert (row.auc, row.low, row.high) == (expected.auc, expected.low, expected.high)
    assert row.linear_auc == linear_separability(x, y, seed=3)
    assert (row["first"], row["second"], row.n1, row.n2) == ("cI2-W_liquid", "cI2-W_solid", 216, 216)
    assert row.auc > 0.9 and table.loc[0, "auc"] < 0.6


def test_a_pair_without_snapshots_is_left_open(directory):
    table = table1([RadialDistances()], SnapshotFeatures(directory), n_bootstrap=5)
    missing = table[table["pair"].isin([2, 4, 6, 7])]
    assert missing[["auc", "low", "high", "linear_auc"]].isna().all(axis=None)
    assert (missing[["n1", "n2"]] == 0).all(axis=None)
    assert table[table["pair"].isin([1, 3, 5])].notna().all(axis=None)


def test_nothing_is_computed_twice(directory):
    featurizer, features = Counting(), SnapshotFeatures(directory)
    table1([featurizer], features, n_bootstrap=5)
    features(featurizer, "cF4-Cu_liquid")
    assert sorted(featurizer.calls) == [
        "cF4-Cu liquid", "cF4-Cu liquid b", "cI2-W liquid", "cI2-W solid", "hP2-Mg liquid"]


def test_a_concatenation_is_made_of_what_was_computed(directory):
    parts, features = [Counting(), RadialDistances()], SnapshotFeatures(directory)
    both = Concatenation(parts)
    expected = both(read_frames(directory / "cI2-W_solid.gsd", -1)[0])
    parts[0].calls.clear()
    features(parts[0], "cI2-W_solid")
    np.testing.assert_array_equal(features(both, "cI2-W_solid"), expected)
    assert parts[0].calls == ["cI2-W solid"]


def test_the_last_frame_is_the_snapshot(tmp_path):
    write_frames(tmp_path / "run.gsd", [simple_cubic(0.02, 0), simple_cubic(0.2, 1)])
    expected = RadialDistances()(read_frames(tmp_path / "run.gsd")[1])
    np.testing.assert_array_equal(SnapshotFeatures(tmp_path)(RadialDistances(), "run"), expected)


def test_featurizers_of_one_name_are_refused(directory):
    with refused(option="featurizers", value=["counting", "counting"]):
        table1([Counting(), Counting()], SnapshotFeatures(directory))


def test_a_missing_folder_is_named(tmp_path):
    with refused(path=str(tmp_path / "nowhere")):
        SnapshotFeatures(tmp_path / "nowhere")


def test_the_text_is_a_table():
    table = pd.DataFrame(
        [("steinhardt", 1, 0.8125, 0.80, 0.82, 0.9, 7, 9), ("steinhardt", 2, *[np.nan] * 4, 0, 0)],
        columns=["method", "pair", "auc", "low", "high", "linear_auc", "n1", "n2"])
    pairs = [Pair(1, "a control", "a_liquid", "b_liquid"), Pair(2, "two solids", "a_solid", "b_solid")]
    lines = to_rst(table, pairs).splitlines()
    assert "steinhardt  0.812 ±0.010  not yet" in lines
    assert "steinhardt  0.900   not yet" in lines
    assert "1. a control: a liquid / b liquid (7 and 9 particles)" in lines
    assert "2. two solids: a solid / b solid (not yet)" in lines
    single = to_rst(table, pairs[:1])
    assert "\na control: a liquid / b liquid (7" in single and "method      score" in single and "pair 1" not in single
    for rule in (line for line in lines if line.startswith("==")):
        starts = [match.start() for match in re.finditer("=+", rule)]
        for row in lines[lines.index(rule):lines.index(rule) + 4]:
            assert all(row[start - 1] == " " and row[start] != " " for start in starts[1:])


@pytest.fixture(scope="module")
def main():
    return main_of("reproduce_table1")


def run(main, directory, output, *options):
    main(["--trajectories", str(directory), "--output", str(output), "--bootstrap", "5", *options])


def test_the_script_writes_table_figure_and_card(main, directory, tmp_path, capsys):
    output = tmp_path / "table1"
    run(main, directory, output, "--tasks")
    assert sorted(path.name for path in output.iterdir()) == [
        "card.json", "claims.rst", "density_pair5.png", "table1.csv", "table1.rst"]
    text = (output / "table1.rst").read_text(encoding="utf-8")
    said = capsys.readouterr().out
    assert text in said and f"card.json to {output} in " in said.splitlines()[-1]
    table = pd.read_csv(output / "table1.csv")
    assert to_rst(table) == text
    assert list(table["method"].unique()) == ["steinhardt", "spherical_harmonics", "radial_distances"]
    card = json.loads((output / "card.json").read_text())
    assert card["weights"] == {} and card["bootstrap"] == 5 and len(card["snapshots"]) == 5
    assert (output / "density_pair5.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_script_tells_how_the_table_differs_from_the_one_that_was_there(main, directory, tmp_path, capsys):
    for difference in (0.0, 0.25):
        if (tmp_path / "table1.csv").exists():
            table = pd.read_csv(tmp_path / "table1.csv")
            table.loc[table["auc"].first_valid_index(), "auc"] += difference
            table.to_csv(tmp_path / "table1.csv", index=False)
        run(main, directory, tmp_path, "--tasks")
    assert capsys.readouterr().out.endswith("The areas differ from those that were there by 0.2500 at most.\n")


def failing(main, directory, output, capsys, *options):
    with pytest.raises(SystemExit) as caught:
        run(main, directory, output, *options)
    assert caught.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("breakage, sentence", [
    (lambda folder: (folder / "cI2-W_solid.gsd").write_bytes((folder / "cI2-W_solid.gsd").read_bytes()[:700]),
     "cI2-W_solid.gsd cannot be read as GSD"),
    (lambda folder: write_frames(folder / "cI2-W_solid.gsd", [Frame(np.ones((30, 3)), [9, 9, 9, 0, 0, 0])]),
     "cI2-W_solid.gsd, frame 0 are at the same place"),
])
def test_a_bad_snapshot_is_named_and_nothing_written(main, directory, tmp_path, capsys, breakage, sentence):
    breakage(directory)
    error = failing(main, directory, tmp_path / "table1", capsys, "--tasks")
    assert error.splitlines()[-1].startswith("error: ") and sentence in error and "Traceback" not in error
    assert not (tmp_path / "table1").exists()


def test_the_script_names_a_bad_option(main, directory, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    output = tmp_path / "table1"
    assert "no task 'alchemy'" in failing(main, directory, output, capsys, "--tasks", "alchemy")
    assert "no folder" in failing(main, tmp_path / "nowhere", output, capsys)
    assert "is a file" in failing(main, directory, tmp_path / "file", capsys)
    assert "integer from 0 to 2^32 - 1" in failing(main, directory, output, capsys, "--tasks", "--seed", "-1")
    assert not output.exists()
