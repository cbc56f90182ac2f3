"""The paper's claims on Table 1: what holds by made-up tables, and what is not there yet."""
import numpy as np
import pandas as pd
import pytest

from gala_ssl.analysis.claims import answers, to_rst

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


def test_without_the_learned_methods_the_hard_pair_has_no_answer():
    made = table(5, [0.6] * 3, [0.7] * 6)
    assert answers(made[made["method"].isin(BASELINES)])[4].holds is None


def test_the_text_says_holds_does_not_hold_and_not_yet():
    lines = to_rst(table(2, [0.9] * 3, [0.9] * 6, linear=0.6)).splitlines()
    section = lines[lines.index("2. Gas and liquid: easy (at least 0.85) for every method"):]
    assert section[3].startswith("- By the first principal component: **holds**. ")
    assert section[4].startswith("- By the linear classifier: **does not hold**. ")
    assert sum("**not yet**" in line for line in lines) == 10
