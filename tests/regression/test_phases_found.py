"""The transitions named in results/phases are those of the trajectory itself, found anew by energy and density."""
import json
import pathlib

import numpy as np
import pandas as pd
import pytest

from gala_ssl.order.blocks import blocks
from paper import snapshots

ROOT = pathlib.Path(__file__).parents[2]
NAMES = ("gas", "liquid", "solid")


@pytest.fixture(scope="module")
def card():
    return json.loads((ROOT / "results/phases/card.json").read_text())


@pytest.fixture(scope="module")
def log(card):
    """Energy and density of the frames themselves, not of the table beside them."""
    return snapshots.read_log(ROOT / card["trajectory"])


@pytest.fixture(scope="module")
def histogram():
    table = pd.read_csv(ROOT / "results/phases/phases.csv")
    return table.pivot(index="true_frame", columns="predicted_frame", values="part")


def cuts(card):
    return [(each["last"], each["first"]) for each in card["transitions"]]


def test_the_transitions_named_are_those_of_the_histogram(card, histogram):
    starts, _ = blocks(histogram.to_numpy(), 3)
    assert cuts(card) == [(histogram.index[start - 1], histogram.columns[start]) for start in starts[1:]]


@pytest.mark.slow
def test_condensation_and_freezing_are_where_energy_and_density_have_them(card, log):
    """From the last frame of a phase to the first of the next: no farther away than the distance of known frames."""
    labels = snapshots.label_frames(log.potential_energy, log.condensed)
    for (last, first), before, after in zip(cuts(card), NAMES[:-1], NAMES[1:], strict=True):
        ends, begins = np.flatnonzero(labels == before)[-1], np.flatnonzero(labels == after)[0]
        assert last <= begins + card["settings"]["every"] and first >= ends - card["settings"]["every"]


def test_condensation_and_freezing_are_the_two_steepest_falls_of_the_energy(card, log):
    every = card["settings"]["every"]
    fall = log.potential_energy[:-every] - log.potential_energy[every:]  # from each frame to the next known one
    steepest = []
    for _ in range(2):
        steepest.append(int(fall.argmax()))
        fall[max(0, steepest[-1] - every):steepest[-1] + every + 1] = -np.inf
    for (last, first), start in zip(cuts(card), sorted(steepest), strict=True):
        assert last <= start + 2 * every and first >= start - every


def test_both_phases_of_a_transition_are_told_apart(log, histogram):
    """Claim 13 holds for both: of particles taken for a frame of either phase, three of four for their own."""
    labels = snapshots.label_frames(log.potential_energy, log.condensed)
    asked, known = labels[histogram.index], labels[histogram.columns]
    parts = histogram.to_numpy()
    for pair in zip(NAMES, NAMES[1:]):
        kept = []
        for own in pair:
            rows = parts[(asked == own) & (known == own)]
            of = {name: rows[:, (asked == name) & (known == name)].sum() for name in pair}
            kept.append(of[own] / sum(of.values()))
        assert np.mean(kept) >= 0.75
    verdicts = (ROOT / "results/phases/claims.rst").read_text()
    assert "- Gas and liquid: **shown**" in verdicts and "- Liquid and solid: **shown**" in verdicts
