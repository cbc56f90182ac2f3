"""Transitions in words, on made-up fractions of names: what is there is found where it is, and noise is not."""
import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter

from gala_ssl.base.randomness import rng
from gala_ssl.order.change_points import chance_of_no_change, change_points, division
from gala_ssl.order.transitions import find_transitions, in_words, percent, table_of
from tests.refusals import refused

NAMES = ("gas", "liquid", "bcc", "fcc")


def made(levels, rows, noise=0.01, seed=0, memory=0.0):
    """Fractions that go from level to level, {row: fractions of NAMES}, straight in between, with noise."""
    places, values = zip(*levels.items())
    ideal = np.stack([np.interp(np.arange(rows), places, column) for column in np.transpose(values)], axis=1)
    steps = np.random.default_rng(seed).normal(size=(rows + 50, len(NAMES))) * noise * np.sqrt(1 - memory**2)
    drawn = lfilter([1.0], [1.0, -memory], steps, axis=0)[50:]
    drawn -= drawn.mean(axis=1, keepdims=True)
    return pd.DataFrame(np.abs(ideal + drawn), columns=NAMES)


FREEZING = {0: (0, 1, 0, 0), 30: (0, 1, 0, 0), 34: (0, 0.4, 0.6, 0), 60: (0, 0.4, 0.6, 0)}


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.04])
def test_freezing_is_found_where_it_is(noise):
    found, = find_transitions(made(FREEZING, 60, noise))
    assert (found.source, found.target, found.verb) == ("liquid", "bcc", "froze")
    assert 28 <= found.last <= 31 and 33 <= found.first <= 36
    assert found.before == pytest.approx(0, abs=0.04) and found.after == pytest.approx(0.6, abs=0.04)
    assert found.moved == pytest.approx(0.6, abs=0.05)


def test_a_sentence_has_fractions_steps_and_temperatures():
    fractions = made(FREEZING, 60, 0.0)
    steps, warm = np.arange(60) * 1000, 1 - np.arange(60) / 100
    sentence, = in_words(fractions, find_transitions(fractions), steps, "step", warm)
    assert sentence == ("bcc 0% until step 30,000, 60% from step 34,000; froze between steps 30,000 and 34,000 "
                        "(kT 0.7 to 0.66).")
    assert in_words(fractions, find_transitions(fractions))[0].startswith("bcc 0% until frame 30, ")


def test_a_crystal_of_two_packings_has_both_in_its_sentence():
    fractions = made({0: (0, 1, 0, 0), 30: (0, 1, 0, 0), 32: (0, 0.1, 0.35, 0.55), 60: (0, 0.1, 0.35, 0.55)}, 60, 0.0)
    found, = find_transitions(fractions)
    assert found.target == "fcc" and found.beside == (("bcc", pytest.approx(0.35, abs=0.01)),)
    assert in_words(fractions, [found])[0].startswith("fcc 0% until frame 30, 55% and bcc 35% from frame 32; froze ")


def test_a_liquid_that_becomes_one_packing_and_at_once_another_freezes_once():
    """Fractions as of 864 Lennard-Jones particles: dhcp comes first, hcp grows on."""
    fractions = made({0: (0, 1, 0, 0), 74: (0, 1, 0, 0), 78: (0, 0.55, 0.22, 0.23), 81: (0, 0.09, 0.18, 0.73),
                      101: (0, 0.06, 0.18, 0.76)}, 101, 0.01)
    found, = find_transitions(fractions)
    assert (found.verb, found.target, found.beside[0][0]) == ("froze", "fcc", "bcc")
    assert 72 <= found.last <= 75 and 79 <= found.first <= 83


def test_a_run_from_gas_to_crystal_has_two_transitions_one_of_them_slow():
    """The droplet grows from frame 15 to 50 and freezes at 70."""
    fractions = made({0: (1, 0, 0, 0), 15: (1, 0, 0, 0), 50: (0.2, 0.8, 0, 0), 70: (0.2, 0.8, 0, 0),
                      72: (0.2, 0.3, 0.5, 0), 100: (0.1, 0.3, 0.6, 0)}, 101)
    first, second = find_transitions(fractions)
    assert (first.verb, second.verb) == ("condensed", "froze")
    assert 10 <= first.last <= 24 and 40 <= first.first <= 52
    assert 68 <= second.last <= 70 and 71 <= second.first <= 74
    table = table_of([first, second], places=10 * np.arange(101))
    assert table["last"].tolist() == [10 * first.last, 10 * second.last] and table["verb"].tolist()[1] == "froze"


@pytest.mark.parametrize(("one", "other", "verb"), [
    ("liquid", "gas", "evaporated"), ("bcc", "liquid", "melted"), ("bcc", "gas", "sublimed"),
    ("gas", "bcc", "became solid from the gas"), ("bcc", "fcc", "changed from bcc to fcc")])
def test_what_happened_has_its_verb(one, other, verb):
    before, after = np.eye(4)[[NAMES.index(one), NAMES.index(other)]]
    found, = find_transitions(made({0: before, 9: before, 10: after, 20: after}, 20))
    assert found.verb == verb and (found.last, found.first) == (9, 10)


def test_few_frames_are_enough_for_a_clear_transition():
    found, = find_transitions(made({0: (0, 1, 0, 0), 7: (0, 1, 0, 0), 8: (0, 0.3, 0.7, 0), 17: (0, 0.3, 0.7, 0)}, 17))
    assert (found.last, found.first) == (7, 8)
    assert find_transitions(made(FREEZING, 5)) == []
    assert in_words(made(FREEZING, 5), [])[0].startswith("No transition can be found in 5 frames")


@pytest.mark.parametrize("levels", [{0: (0, 1, 0, 0)}, {0: (1, 0, 0, 0)}, {0: (0.25, 0.25, 0.25, 0.25)},
                                    {0: (0.1, 0.85, 0.05, 0), 99: (0.04, 0.91, 0.05, 0)}])
@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_no_transition_is_said_to_be_none(levels, memory):
    """Liquid, gas, names at random, and a liquid that takes up a little vapour."""
    fractions = made(levels, 100, 0.03, memory=memory)
    assert find_transitions(fractions) == []
    sentence, = in_words(fractions, [])
    assert sentence.startswith("No transition found: ") and sentence.endswith("%).")


def test_a_change_in_few_frames_that_may_be_chance_is_not_called_steady():
    sentence, = in_words(made({0: (0, 1, 0, 0), 3: (1, 0, 0, 0)}, 6), [])
    assert "on average (" in sentence and sentence.endswith("in so few frames that may be chance; give more.")


def test_a_single_odd_frame_is_no_transition():
    fractions = made({0: (0, 1, 0, 0)}, 40)
    fractions.iloc[20] = (0, 0.3, 0.7, 0)
    assert find_transitions(fractions) == []


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "memory", "most"), [
    (17, 0.0, 0.01), (17, 0.8, 0.03), (100, 0.5, 0.01), (100, 0.8, 0.07)])
def test_false_alarms_are_as_rare_as_is_said(rows, memory, most):
    """Of 200 series without a change, whatever its size; `level` is 0.01. Few rows of slow noise are the hardest."""
    series = [made({0: (0.25,) * 4}, rows, 0.02, seed, memory).to_numpy() for seed in range(200)]
    chances = np.array([chance_of_no_change(each, rng(seed, "noise")) for seed, each in enumerate(series)])
    assert np.mean(chances <= 0.01) <= most


def test_levels_are_those_of_the_smallest_sum_of_squares():
    """Against all divisions of a short series."""
    series = np.random.default_rng(3).normal(size=(9, 2))

    def left(starts):
        return sum(np.sum((run - run.mean(axis=0))**2) for run in np.split(series, starts))

    every = [(a, b) for a in range(2, 8) for b in range(a + 2, 8)]
    assert tuple(division(series, 3)) == min(every, key=left)


def test_equal_frames_have_no_changes():
    assert len(change_points(np.ones((30, 3)))) == 0
    assert len(change_points(np.ones((2, 3)))) == 0


@pytest.mark.parametrize("least", [0, 1, -0.1])
def test_an_impossible_least_change_is_refused(least):
    with refused(option="least", value=least):
        find_transitions(made(FREEZING, 60), least=least)


def test_fractions_that_are_not_finite_are_refused():
    fractions = made(FREEZING, 60)
    fractions.iloc[3, 1] = np.nan
    with refused(option="fractions"):
        find_transitions(fractions)


@pytest.mark.parametrize(("fraction", "text"), [(0, "0%"), (0.003, "0.3%"), (0.0001, "0%"), (0.61, "61%"),
                                                (0.996, "99.6%"), (1, "100%")])
def test_fractions_are_written_for_reading(fraction, text):
    assert percent(fraction) == text
