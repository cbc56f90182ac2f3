"""The committed frames: whole, true to their cards, named by the rule, solids by another package."""
import json
import pathlib

import gsd.hoomd
import numpy as np
import pandas as pd
import pytest
import scipy.spatial

from gala_ssl.base.errors import InputError
from gala_ssl.simulation import systems
from gala_ssl.simulation.identify import averaging, dodecagonal, quasicrystal
from paper import shipping, snapshots, verify

FOLDER = pathlib.Path(__file__).parents[2] / "data" / "trajectories"
NAMES = list(shipping.SNAPSHOTS)
RUNS = sorted(shipping.RUNS)


def card(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def frame_of(name):
    with gsd.hoomd.open(FOLDER / f"{name}.gsd") as trajectory:
        assert len(trajectory) == 1
        return trajectory[0]


def matched(name):
    """Fractions of the crystals in a snapshot, by whichever package of template matching loads here."""
    snapshot = frame_of(name)
    try:
        return verify.fractions(snapshot.particles.position, snapshot.configuration.box[0])
    except InputError as error:
        pytest.skip(f"skipped: {error}")


@pytest.mark.parametrize("name", NAMES)
def test_snapshot_is_whole_and_its_card_is_true(name):
    snapshot, facts = frame_of(name), card(name)
    positions, box = snapshot.particles.position, snapshot.configuration.box
    assert positions.shape == (4096, 3) == (facts["system"]["particles"], 3)
    assert np.isfinite(positions).all()
    assert (positions >= -box[:3] / 2).all() and (positions < box[:3] / 2).all()
    assert len(np.unique(positions, axis=0)) == 4096
    np.testing.assert_allclose(box, [facts["box_length"]] * 3 + [0] * 3, rtol=1e-6)
    assert 4096 / facts["box_length"] ** 3 == pytest.approx(facts["system"]["density"])
    assert snapshot.configuration.step == facts["step"]
    for key in ("kT", "kinetic_temperature", "potential_energy"):
        assert snapshot.log[key][0] == pytest.approx(facts[key])
    assert snapshots.condensed_fraction(positions, box[0]) == pytest.approx(facts["condensed"], abs=2e-3)
    assert facts["engine"] and facts["engine_version"] and facts["versions"]["gala_ssl"]
    assert facts["kT"] == pytest.approx(
        facts["system"]["kT_start"] + (facts["system"]["kT_end"] - facts["system"]["kT_start"])
        * facts["step"] / facts["system"]["steps"])
    # Not at equilibrium with the bath while heat leaves the droplet, but near it.
    assert facts["kinetic_temperature"] == pytest.approx(facts["kT"], rel=0.15)


@pytest.mark.parametrize("name", NAMES)
def test_logged_energy_is_that_of_the_potential(name):
    snapshot, facts = frame_of(name), card(name)
    system = systems.get(facts["run"])
    length = float(snapshot.configuration.box[0])
    positions = np.mod(snapshot.particles.position.astype(float) + length / 2, length)
    tree = scipy.spatial.cKDTree(positions, boxsize=length)
    pairs = tree.query_pairs(system.potential.cutoff, output_type="ndarray")
    bonds = positions[pairs[:, 0]] - positions[pairs[:, 1]]
    bonds -= length * np.round(bonds / length)
    energy = system.potential.energy(np.linalg.norm(bonds, axis=1)).sum() / 4096
    assert energy == pytest.approx(facts["potential_energy"], rel=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_card_agrees_with_the_table_of_systems(name):
    facts = card(name)
    assert facts["system"] == systems.get(facts["run"]).to_dict()
    assert facts["system"]["structure"] == name.split("_")[0]
    assert shipping.SNAPSHOTS[name] == (facts["run"], facts["phase"])


@pytest.mark.parametrize("run", RUNS)
def test_rule_gives_the_phases_again_from_the_log(run):
    log = pd.read_csv(FOLDER / f"{run}.csv", keep_default_na=False)
    assert len(log) == 101 and (np.diff(log["step"]) > 0).all()
    labels = snapshots.label_frames(log["potential_energy"], log["condensed"])
    assert labels.tolist() == log["phase"].tolist()
    chosen = snapshots.choose(labels)
    for name, (its_run, phase) in shipping.SNAPSHOTS.items():
        if its_run != run:
            continue
        facts = card(name)
        assert labels[facts["frame"]] == phase == facts["phase"]
        row = log.iloc[facts["frame"]]
        assert row["step"] == facts["step"]
        assert row["potential_energy"] == pytest.approx(facts["potential_energy"], rel=1e-5)
        if run not in shipping.CONTROL or phase == "solid":
            assert facts["frame"] == chosen[phase]


@pytest.mark.parametrize("run", shipping.TRAJECTORIES)
def test_trajectory_is_true_to_its_card_and_to_the_log_of_its_run(run):
    facts, log = card(f"{run}_trajectory"), pd.read_csv(FOLDER / f"{run}.csv", keep_default_na=False)
    numbers = [kept["frame"] for kept in facts["frames_kept"]]
    assert numbers[-1] == 100 and set(np.diff(numbers)) == {shipping.TRAJECTORIES[run]} and numbers[0] < 6
    assert facts["system"] == systems.get(run).to_dict()
    with gsd.hoomd.open(FOLDER / f"{run}_trajectory.gsd") as trajectory:
        assert len(trajectory) == len(numbers)
        for kept, frame in zip(facts["frames_kept"], trajectory):
            row = log.iloc[kept["frame"]]
            assert frame.configuration.step == kept["step"] == row["step"] and kept["phase"] == row["phase"]
            for key in ("kT", "kinetic_temperature", "potential_energy"):
                assert frame.log[key][0] == kept[key] == pytest.approx(row[key], rel=1e-5)
            positions, box = frame.particles.position, frame.configuration.box
            assert len(np.unique(positions, axis=0)) == systems.get(run).particles
            assert (np.abs(positions) <= box[:3] / 2).all()
        condensed = snapshots.condensed_fraction(positions, box[0])
    assert condensed == pytest.approx(row["condensed"], abs=2e-3)
    for name, (its_run, _) in shipping.SNAPSHOTS.items():
        if its_run == run and card(name)["frame"] == 100:
            np.testing.assert_array_equal(positions, frame_of(name).particles.position)
            assert facts["template_matching"] == card(name)["template_matching"]


def test_control_pair_is_two_liquids_of_two_seeds_at_one_temperature():
    first, second = card("cF4-Cu_liquid"), card("cF4-Cu_liquid_b")
    assert first["kT"] == second["kT"] and first["phase"] == second["phase"] == "liquid"
    assert first["system"]["seed"] != second["system"]["seed"]
    labels = [snapshots.label_frames(log["potential_energy"], log["condensed"])
              for log in (pd.read_csv(FOLDER / f"{run}.csv") for run in shipping.CONTROL)]
    assert snapshots.choose_common_liquid(*labels) == first["frame"] == second["frame"]


@pytest.mark.parametrize(("name", "crystal"), [
    ("cF4-Cu_solid", "fcc"), ("hP2-Mg_solid", "hcp"), ("cI2-W_solid", "bcc")])
def test_solids_are_the_crystals_they_are_called(name, crystal):
    """By OVITO or mdapy; of a droplet of 4096 about a third of the particles are in its surface or vapour."""
    found = matched(name)
    assert found == pytest.approx(card(name)["template_matching"], abs=5e-3)
    crystalline = sum(found[kind] for kind in ("fcc", "hcp", "bcc", "ico", "sc"))
    assert found[crystal] > 0.35 and found[crystal] > 0.75 * crystalline


def last_positions(run):
    """Positions of a run's last frame, and the edge of its box."""
    with gsd.hoomd.open(FOLDER / f"{run}_trajectory.gsd") as trajectory:
        return trajectory[-1].particles.position, trajectory[-1].configuration.box[0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:spglib")
def test_beta_tin_has_the_space_group_of_tin_by_spglib():
    pytest.importorskip("spglib", reason="skipped: spglib is not installed")
    cell = averaging.average(*last_positions("tI4-Sn"))
    assert averaging.space_group(cell)[0] == 141 and len(cell.sites) == 2 and cell.fraction > 0.95


@pytest.mark.long
def test_the_dodecagonal_quasicrystal_has_twelve_equal_peaks_in_one_plane():
    droplet = quasicrystal.droplet(*last_positions("dQC"), 1.25)
    layers = dodecagonal.layer_peak(droplet)
    peaks = dodecagonal.fold_peaks(dodecagonal.in_plane(droplet, layers.axis), 12)
    assert layers.height > 2000 and min(peak.height for peak in peaks) > 500
    np.testing.assert_allclose(dodecagonal.gaps(peaks), 30, atol=0.5)
    np.testing.assert_allclose([peak.wave_number for peak in peaks], 7.82, rtol=0.01)


def test_the_icosahedral_quasicrystal_of_one_grain_has_fifteen_peaks_at_the_angles_of_two_fold_axes():
    axes, heights = quasicrystal.bragg_axes(quasicrystal.droplet(*last_positions("iQC_b")), 8.21, 16)
    assert heights[14] > 2 * heights[15]
    apart = quasicrystal.angles_between(axes[:15])
    assert np.abs(apart[:, None] - [36, 60, 72, 90]).min(axis=1).max() < 5


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("_solid")])
def test_gases_and_liquids_hold_no_crystal(name):
    found = matched(name)
    assert found["other"] > 0.9


def test_all_files_together_are_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 12e6
