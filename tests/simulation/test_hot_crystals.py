"""The hot crystals and the liquids that are kept: their layout, and that they are what they are said to be."""
import csv
import pathlib

import freud
import numpy as np
import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.frames.packed import LEVELS, load_packed
from gala_ssl.simulation.classical_names import majority, template_matching
from tests.scripts import module

ROOT = pathlib.Path(__file__).parents[2]
LIQUIDS = ROOT / "gala_ssl" / "tasks" / "data"
hot_crystals = module("hot_crystals")
pytest.importorskip("mdapy")


@pytest.fixture(scope="module")
def snapshots():
    return hot_crystals.load_hot_crystals()


def nearest(frame):
    """Mean distance to the nearest particle."""
    query = freud.locality.AABBQuery(freud.box.Box(*frame.box), frame.positions)
    found = query.query(frame.positions, {"num_neighbors": 1, "exclude_ii": True}).toNeighborList()
    return found.distances.mean()


def test_every_row_has_its_snapshots(snapshots):
    with open(hot_crystals.RESULTS / "systems.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(snapshots) == sum(int(row["snapshots"]) for row in rows)
    assert all(row["intact"] == ("yes" if int(row["snapshots"]) else "no") for row in rows)
    assert len({(row["element"], row["ratio"]) for row in rows}) == len(rows)
    for hot in snapshots:
        assert hot.structure == ("liquid" if hot.ratio > 1 else hot.structure)
        assert 1500 <= len(hot.frame) <= 2200
    assert {"fcc", "bcc", "hcp", "diamond", "liquid"} <= {hot.structure for hot in snapshots}


def test_rounding_is_a_ten_thousandth_of_the_nearest_distance(snapshots):
    for hot in snapshots[::5]:
        assert hot.frame.box[:3].max() / (2 * LEVELS) < 1.2e-4 * nearest(hot.frame), hot.frame.label


def test_cold_crystals_are_what_they_are_called(snapshots):
    cold = [hot for hot in snapshots if hot.ratio == 0.2]
    assert cold
    for hot in cold:
        assert np.mean(template_matching(hot.frame, 0.1) == hot.structure) >= 0.95, hot.frame.label


def test_hot_crystals_are_still_crystals_and_melts_are_not(snapshots):
    for hot in snapshots[::5]:
        named = majority(hot.frame, template_matching(hot.frame, 0.16))
        if hot.structure == "liquid":
            assert np.mean(named == "other") > 0.9, hot.frame.label
        else:
            assert np.mean(named == hot.structure) > 0.7, hot.frame.label


def test_displacements_grow_with_the_temperature():
    with open(hot_crystals.RESULTS / "systems.csv", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["intact"] == "yes" and row["displacement"]]
    for element in {row["element"] for row in rows}:
        found = sorted((float(row["ratio"]), float(row["displacement"]), float(row["energy"]))
                       for row in rows if row["element"] == element)
        for (_, colder, low), (_, hotter, high) in zip(found, found[1:]):
            assert colder < hotter and low < high, element


def test_displacements_of_made_up_noise_are_found_again():
    row = {"structure": "bcc"}
    rng = np.random.default_rng(0)
    positions, lengths = hot_crystals.lattice("bcc", hot_crystals.CELLS["bcc"], 2.5)
    moved = rng.normal(0, 0.2, (6, len(positions), 3))
    box = np.array([*lengths, 0, 0, 0])
    found = hot_crystals.displacements(row, moved, box, melt=False)
    assert found["distance"] == pytest.approx(2.5)
    assert found["displacement"] == pytest.approx(0.2 / 2.5, rel=0.02)
    assert found["msd"] == pytest.approx(3 * 0.04, rel=0.02)
    assert abs(found["correlation"]) < 0.01
    waves = np.broadcast_to(np.sin(2 * np.pi * positions[:, :1] / lengths[0]), positions.shape)
    assert hot_crystals.displacements(row, waves[None].repeat(2, 0), box, melt=False)["correlation"] > 0.9


@pytest.fixture(scope="module")
def liquids():
    with open(LIQUIDS / "liquids.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class TestLiquids:
    def test_table_and_frames_belong_together(self, liquids):
        frames = load_packed(LIQUIDS / "liquids.npz", [row["name"] for row in liquids])
        assert (LIQUIDS / "liquids.npz").stat().st_size < 1e6
        for row, frame in zip(liquids, frames):
            assert len(frame) == int(row["particles"])
            assert len(frame) / np.prod(frame.box[:3]) == pytest.approx(float(row["density"]), rel=1e-4)
            assert float(row["rounding"]) < 1.2e-4

    @pytest.mark.slow
    def test_they_are_liquid(self, liquids):
        frames = load_packed(LIQUIDS / "liquids.npz")
        for row, frame in list(zip(liquids, frames))[::3]:
            assert float(row["displacement"]) > 1, row["name"]
            names = template_matching(frame, 0.1)
            assert np.mean((names == "other") | (names == "ico")) > 0.97, row["name"]

    def test_no_liquid_is_one_that_is_tested(self, liquids):
        """Lennard-Jones is in both, and so is W, whose melt is therefore not among the hot systems."""
        molten = [row for row in hot_crystals.elements() if max(row["ratios"]) > 1]
        assert not {row["element"] for row in molten} & {row["name"].split("_")[0] for row in liquids}
        files = {row["file"] for row in molten} - {"library.meam", ""}  # a library has several elements
        assert not files & {row["file"] for row in liquids}

    def test_labels_must_be_as_many_as_frames(self):
        with pytest.raises(InputError, match="labels are given"):
            load_packed(LIQUIDS / "liquids.npz", ["one"])
