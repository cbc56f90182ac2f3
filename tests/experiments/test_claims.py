"""The paper's claims on Table 1 and on a cooling run: what holds by made-up tables, and what is not there."""
import pathlib
import shutil

import numpy as np
import pandas as pd
import pytest

from gala_ssl.commands import phases
from paper.claims import answers, to_rst, transition_answers, transitions_to_rst
from tests.scripts import main_of

BASELINES = ("steinhardt", "spherical_harmonics", "radial_distances")
LEARNED = ("autoencoder", "denoising", "frame_classification", "shift_identification", "noisy_bond", "nearest_bond")


def table(number, baselines, learned, linear=0.9):
    """A table with these scores of the first component for one pair, none for the others."""
    rows = []
    for pair in range(1, 7):
        for method, score in zip((*BASELINES, *LEARNED), (*baselines, *learned), strict=True):
            there = pair == number
            rows.append({"method": method, "pair": pair, "auc": score if there else np.nan,
                         "linear_auc": linear if there else np.nan})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("number", "baselines", "learned", "holds"), [
    (1, [0.5, 0.52, 0.54], [0.5] * 6, True),
    (1, [0.5, 0.52, 0.56], [0.5] * 6, False),
    (2, [0.9] * 3, [0.86] * 6, True),
    (2, [0.9] * 3, [0.9] * 5 + [0.8], False),
    (3, [0.95, 0.94, 0.7], [0.9] * 6, True),
    (3, [0.95, 0.9, 0.7], [0.9] * 5 + [0.93], False),
    (4, [0.9] * 3, [0.9, 0.9, 0.6, 0.6, 0.6, 0.6], True),
    (4, [0.9] * 3, [0.9, 0.6, 0.6, 0.6, 0.6, 0.6], False),
    (5, [0.6, 0.6, 0.5], [0.7, 0.7, 0.8, 0.7, 0.5, 0.7], True),
    (5, [0.6, 0.6, 0.5], [0.7, 0.7, 0.8, 0.59, 0.5, 0.7], False),
    (5, [0.6, 0.6, 0.5], [0.9, 0.7, 0.8, 0.7, 0.5, 0.7], False),
    (6, [0.9] * 3, [0.7] * 6, False),
])
def test_a_claim_holds_or_not(number, baselines, learned, holds):
    found = {answer.number: answer for answer in answers(table(number, baselines, learned))}
    assert found[number].holds is holds
    assert f"steinhardt {baselines[0]:.3f}" in found[number].numbers
    assert all(answer.holds is None for other, answer in found.items() if other != number)


def test_the_numbers_are_in_order_and_by_the_score_asked_for():
    made = table(2, [0.9, 0.8, 0.95], [0.5] * 6, linear=0.7)
    assert answers(made)[1].numbers.startswith("radial distances 0.950, steinhardt 0.900, spherical harmonics 0.800")
    assert answers(made, "linear_auc")[1].numbers.count("0.700") == 9


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("missing", [LEARNED, BASELINES, ["nearest_bond"]])
def test_where_methods_are_missing_there_is_no_answer(number, missing):
    made = table(number, [0.6] * 3, [0.7] * 6)
    assert answers(made)[number - 1].holds is not None
    assert answers(made[~made["method"].isin(missing)])[number - 1].holds is None


def test_methods_that_the_paper_does_not_have_are_shown_and_decide_nothing():
    made = table(3, [0.95, 0.94, 0.7], [0.9] * 6)
    ours = pd.DataFrame([{"method": "all_tasks", "pair": 3, "auc": 1.0, "linear_auc": 1.0}])
    answer = answers(pd.concat([made, ours]))[2]
    assert answer.holds is True and answer.numbers.startswith("all tasks 1.000, steinhardt 0.950")


def test_the_text_says_holds_does_not_hold_and_not_yet():
    lines = to_rst(table(2, [0.9] * 3, [0.9] * 6, linear=0.6)).splitlines()
    section = lines[lines.index("2. Gas and liquid: easy (at least 0.85) for every method"):]
    assert section[3].startswith("- By the first principal component: **holds**. ")
    assert section[4].startswith("- By the linear classifier: **does not hold**. ")
    assert sum("**not yet**" in line for line in lines) == 10


GAS, LIQUID, SOLID = range(0, 4), range(4, 8), range(8, 12)
# By energy and density, of 48 frames: gas to 13, liquid 18 to 29, solid from 34.
LABELS = np.array(["gas"] * 14 + ["between"] * 4 + ["liquid"] * 12 + ["between"] * 4 + ["solid"] * 14)


def phases_table(stray=0.0, every=4):
    """A table of twelve frames of three phases of which `stray` is taken for each of the others, as is at random."""
    phase = np.repeat(np.arange(3), 4)
    parts = np.where(phase[:, None] == phase, (1 - 2 * stray) / 4, stray / 4)
    known = every * np.arange(12)
    return pd.DataFrame({"true_frame": np.repeat(known + 1, 12), "predicted_frame": np.tile(known, 12),
                         "part": parts.ravel()})


def cuts(*frames):
    return [{"last": frame - 3, "first": frame} for frame in frames]


@pytest.mark.parametrize(("stray", "frames", "holds"), [
    (0.0, (16, 32), (True, None, True)),
    (0.0, (20, 36), (True, None, True)),
    (0.0, (8, 40), (False, None, True)),    # gas ends with frame 13, five after the cut
    (0.0, (12, 44), (True, None, False)),
    (0.3, (16, 32), (False, None, False)),  # told apart too badly
])
def test_a_transition_is_shown_where_it_is_and_where_the_phases_are_told_apart(stray, frames, holds):
    found = transition_answers(phases_table(stray), cuts(*frames), LABELS)
    assert [answer.claim for answer in found] == ["gas and liquid", "gas and solid", "liquid and solid"]
    assert tuple(answer.holds for answer in found) == holds and {answer.number for answer in found} == {13}


def test_the_numbers_of_a_transition():
    gas, never, solid = (answer.numbers for answer in transition_answers(phases_table(0.1), cuts(8, 32), LABELS))
    assert gas == ("By energy and density gas ends with frame 13 and liquid begins with frame 18; the classifier cuts "
                   "between 5 and 8, 5 frames away (4 of its 11 possible cuts are at most 4 away). Of the "
                   "particles in frames of gas and liquid that are taken for a frame of either, 11.4% are taken for "
                   "the other.")
    assert "between 29 and 32, 0 frames away" in solid
    assert never == ("By energy and density the run does not go from gas to solid. Of the particles in frames of gas "
                     "and solid that are taken for a frame of either, 11.4% are taken for the other.")


def test_a_run_that_freezes_from_the_gas_and_one_that_never_freezes():
    direct = np.where(LABELS == "liquid", "between", LABELS)
    found = transition_answers(phases_table(), cuts(20), direct)
    assert [answer.holds for answer in found] == [None, True, None]
    gas = np.full(48, "gas")
    found = transition_answers(phases_table(), cuts(16, 32), gas)
    assert [answer.holds for answer in found] == [None] * 3
    assert all(answer.numbers.endswith(f"does not go from {answer.claim.replace(' and ', ' to ')}.")
               for answer in found)


def test_the_text_says_what_is_shown():
    text = transitions_to_rst(phases_table(), cuts(8, 32), LABELS)
    lines = text.splitlines()
    assert lines[0].startswith("13. ") and lines[1] == "=" * len(lines[0]) and text.endswith("for the other.\n")
    assert [line.split("**")[:2] for line in lines if line.startswith("- ")] == [
        ["- Gas and liquid: ", "not shown"], ["- Gas and solid: ", "not in this run"],
        ["- Liquid and solid: ", "shown"]]


def test_the_committed_answers_are_those_of_the_committed_table(tmp_path, monkeypatch):
    root = pathlib.Path(__file__).parents[2]
    monkeypatch.chdir(root)
    monkeypatch.setattr(phases, "run", lambda arguments: [
        shutil.copy(root / "results/phases" / name, arguments.output) for name in ("phases.csv", "card.json")])
    main_of("phase_identification")(["-o", str(tmp_path)])
    assert (tmp_path / "claims.rst").read_text() == (root / "results/phases/claims.rst").read_text()
