"""Families, calibrated decisions and the classifier of unknown structures, on small numbers."""
import numpy as np
import pytest

from gala_ssl.order.decision import Decision, within
from gala_ssl.order.families import families, mistaken, summed
from gala_ssl.order.unknown import KnownOrNot

NAMES = ["cF4-Cu", "hP2-Mg", "tI2-In", "liquid"]


def test_a_pair_that_evidence_cannot_order_is_mistaken_in_half_of_the_cases():
    evidence = np.log([[.4, .1, .4, .1], [.3, .1, .5, .1], [.1, .7, .1, .1]])
    found = mistaken(evidence, [0, 0, 1])
    assert found[0, 2] == 0.75 and found[0, 1] == 0 and np.isnan(found[2]).all()


def test_families_hold_only_what_is_alike_pair_by_pair():
    error = np.zeros((4, 4))
    error[0, 1] = error[1, 0] = error[1, 2] = error[2, 1] = 0.3  # 0 and 2 are told apart
    error[1, 2] = error[2, 1] = 0.4
    assert families(error) == [[1, 2]]
    assert families(np.zeros((4, 4))) == []


def test_the_family_is_chosen_before_its_member():
    decision = Decision(families=(("cF4-Cu", "tI2-In"),))
    groups = decision.groups(NAMES)
    assert groups == [[0, 2], [1], [3]]
    total, member = within(np.log([[.3, .4, .2, .1], [.1, .2, .5, .2]]), groups)
    assert total.argmax(axis=1).tolist() == [0, 0] and member.tolist() == [0, 2]
    np.testing.assert_allclose(np.exp(total).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(summed(np.log([[.25, .75]]), [[0, 1]])), 1)


def test_liquid_and_sharpness_change_probabilities_as_they_say():
    evidence = np.log([[.25, .25, .25, .25]])
    scores = Decision(liquid=np.log(0.5)).scores(evidence, NAMES)
    np.testing.assert_allclose(np.exp(scores), [[2 / 7, 2 / 7, 2 / 7, 1 / 7]])
    sharp = Decision(sharpness=2).scores(np.log([[.5, .25, .125, .125]]), NAMES)
    np.testing.assert_allclose(np.exp(sharp[0, 0] - sharp[0, 1]), 4)


def test_numbers_come_from_the_card_and_are_neutral_without_them():
    assert Decision.from_card({}, True) == Decision() and KnownOrNot.from_card({}) is None
    card = {"decision": {"pooled": {"liquid": -1.0, "sharpness": 3.0, "families": [["cF4-Cu", "tI2-In"]]}}}
    assert Decision.from_card(card, True) == Decision(-1.0, 3.0, (("cF4-Cu", "tI2-In"),))
    assert Decision.from_card(card, False) == Decision()


def test_strangeness_is_the_perceptron_that_its_numbers_describe():
    decide = KnownOrNot(mean=np.ones(2), scale=np.full(2, 2.0), hidden=np.eye(2), hidden_bias=np.zeros(2),
                        out=np.array([1.0, -1.0]), out_bias=0.5, threshold=0.0, false_alarms=0.03)
    found = decide.strangeness(np.array([[5.0, 1.0], [1.0, 5.0], [-9.0, -9.0]]))
    assert found.tolist() == pytest.approx([2.5, -1.5, 0.5])
