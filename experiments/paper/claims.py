"""The paper's claims on Table 1 (Results, "Order parameters") and on a cooling run (Appendix A), tested on ours.

The paper words its claims without thresholds; those here were fixed before the table of six tasks and before the
phases of the cooling run were made.
"""
import dataclasses

import numpy as np

from gala_ssl.order.blocks import confusion
from paper import TASKS

# A first component that tells nothing is this near to 0.5; a pair is easy, or told apart, from these areas on.
_NOTHING, _EASY, _TOLD_APART = 0.05, 0.85, 0.75
_TRANSITIONS = (("gas", "liquid"), ("gas", "solid"), ("liquid", "solid"))
_BASELINES = ("steinhardt", "spherical_harmonics", "radial_distances")
_METHODS = (*_BASELINES, *TASKS)
SCORES = {"auc": "first principal component", "linear_auc": "linear classifier"}


@dataclasses.dataclass(frozen=True)
class Answer:
    """A claim, whether it holds (None where a snapshot, a method or the transition is missing), and the numbers."""

    number: int
    claim: str
    holds: bool | None
    numbers: str


def answers(table, score="auc"):
    """Answer the claims 1 to 6 of Table 1, one a pair.

    Args:
        table: DataFrame of `paper.table1.table1`.
        score: "auc" (the paper's, of the first component) or "linear_auc".

    Returns:
        List of `Answer`.
    """
    return [_answer(number, claim, test, _of_pair(table, number, score)) for number, (claim, test) in _CLAIMS.items()]


def to_rst(table):
    """The answers for reading, as reStructuredText: one section a claim, by both scores."""
    lines = ["Claims of the paper on Table 1", "==============================", "",
             "Area under the ROC curve; the paper's claims are on the first principal component.", ""]
    by_score = {score: answers(table, score) for score in SCORES}
    for same in zip(*by_score.values(), strict=True):
        title = f"{same[0].number}. {same[0].claim}"
        lines += [title, "-" * len(title), ""]
        for name, answer in zip(SCORES.values(), same, strict=True):
            verdict = {True: "holds", False: "does not hold", None: "not yet"}[answer.holds]
            lines.append(f"- By the {name}: **{verdict}**. {answer.numbers}")
        lines.append("")
    return "\n".join(lines)


def transition_answers(table, transitions, labels):
    """Answer claim 13 for gas and liquid, gas and solid, liquid and solid.

    A transition that energy and density name is shown where a cut of the classifier is no farther from it than the
    distance of the frames trained on, and the frames of both phases are told apart.

    Args:
        table: DataFrame with a row for each `true_frame` and `predicted_frame` and the `part` of the clouds of the one
            that are taken for the other, as `gala-ssl phases` writes it.
        transitions: list of {"last": ..., "first": ...}, where the classifier cuts, in frame numbers.
        labels: (T,) "gas", "liquid", "solid" or "between", of each frame by
            `paper.snapshots.label_frames`.

    Returns:
        List of `Answer`; `holds` is None where the run has no such transition.
    """
    histogram = table.pivot(index="true_frame", columns="predicted_frame", values="part").sort_index()
    known, asked, labels = histogram.columns.to_numpy(), histogram.index.to_numpy(), np.asarray(labels)
    spacing, ruled = int(np.diff(known).max()), _ruled(labels)
    found, possible = [(cut["last"], cut["first"]) for cut in transitions], list(zip(asked, known[1:]))
    answers = []
    for pair in _TRANSITIONS:
        groups = [np.flatnonzero((labels[known] == phase) & (labels[asked] == phase)) for phase in pair]
        strayed = confusion(histogram, *groups)
        numbers = (f"Of the particles in frames of {pair[0]} and {pair[1]} that are taken for a frame of either, "
                   f"{strayed:.1%} are taken for the other." if all(map(len, groups)) else "")
        if pair not in ruled:
            numbers = f"By energy and density the run does not go from {pair[0]} to {pair[1]}. {numbers}"
            answers.append(Answer(13, " and ".join(pair), None, numbers.strip()))
            continue
        away = {cut: _apart(cut, ruled[pair]) for cut in possible}
        nearest = min(found, key=away.get)
        as_near = sum(each <= spacing for each in away.values())
        answers.append(Answer(
            13, " and ".join(pair), away[nearest] <= spacing and 1 - strayed >= _TOLD_APART,
            f"By energy and density {pair[0]} ends with frame {ruled[pair][0]} and {pair[1]} begins with frame "
            f"{ruled[pair][1]}; the classifier cuts between {nearest[0]} and {nearest[1]}, {away[nearest]} frames away "
            f"({as_near} of its {len(possible)} possible cuts are at most {spacing} away). {numbers}"))
    return answers


def transitions_to_rst(table, transitions, labels):
    """The answers to claim 13 for reading, as reStructuredText."""
    title = "13. The frame classifier shows the transitions of a cooling run"
    lines = [title, "=" * len(title), "",
             "A transition is shown where a cut of the classifier is no farther from that of energy and density (the "
             "rule of", "experiments/paper/snapshots.py) than the distance of the frames trained on, and at most "
             f"{1 - _TOLD_APART:.0%} of the particles", "of each are taken for the other; by chance it is 50%.", ""]
    for answer in transition_answers(table, transitions, labels):
        verdict = {True: "shown", False: "not shown", None: "not in this run"}[answer.holds]
        lines.append(f"- {answer.claim.capitalize()}: **{verdict}**. {answer.numbers}")
    return "\n".join(lines) + "\n"


def _ruled(labels):
    """{(phase, next phase): (last frame, first frame)} of frames with names; those between are passed over."""
    named = np.flatnonzero(labels != "between")
    return {(str(labels[last]), str(labels[first])): (int(last), int(first))
            for last, first in zip(named, named[1:]) if labels[last] != labels[first]}


def _apart(one, other):
    """Number of frames between two stretches (last, first); 0 where they meet."""
    return int(max(0, one[0] - other[1], other[0] - one[1]))


def _of_pair(table, number, score):
    """{method: score} of a pair, best first; empty where the pair has no snapshots."""
    rows = table[table["pair"] == number].dropna(subset=[score]).sort_values(score, ascending=False)
    return dict(zip(rows["method"], rows[score], strict=True))


def _answer(number, claim, test, scores):
    if not scores:
        return Answer(number, claim, None, "A snapshot of the pair is missing.")
    numbers = ", ".join(f"{method.replace('_', ' ')} {value:.3f}" for method, value in scores.items())
    # Methods of ours, such as all tasks at once, are shown beside those of the paper and decide nothing.
    of_paper = {method: value for method, value in scores.items() if method in _METHODS}
    return Answer(number, claim, test(of_paper) if len(of_paper) == len(_METHODS) else None, numbers + ".")


def _all_nothing(scores):
    return all(abs(value - 0.5) <= _NOTHING for value in scores.values())


def _all_easy(scores):
    return all(value >= _EASY for value in scores.values())


def _bond_order_first(scores):
    return set(list(scores)[:2]) == {"steinhardt", "spherical_harmonics"}


def _learned_beat_baselines(scores):
    learned = {method: value for method, value in scores.items() if method not in _BASELINES}
    best_baseline = max(scores[method] for method in _BASELINES)
    beat = all(value > best_baseline for method, value in learned.items() if method != "noisy_bond")
    return beat and max(learned, key=learned.get) == "frame_classification"


def _most_told_apart(scores):
    return sum(value >= _TOLD_APART for value in scores.values()) > len(scores) / 2


_CLAIMS = {
    1: (f"Two liquids alike: near 0.5 (within {_NOTHING}) for every method", _all_nothing),
    2: (f"Gas and liquid: easy (at least {_EASY}) for every method", _all_easy),
    3: ("Liquid and solid: Steinhardt's and the harmonics are the most accurate", _bond_order_first),
    4: (f"Gas and quasicrystal: told apart (at least {_TOLD_APART}) by most methods", _most_told_apart),
    5: ("Two liquids: every learned embedding but noisy bond beats all baselines, frame classification best",
        _learned_beat_baselines),
    6: (f"Two solids: told apart (at least {_TOLD_APART}) by most methods", _most_told_apart),
}
