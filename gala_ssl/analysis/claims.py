"""The paper's claims on Table 1, each tested on a table of ours (Results, "Order parameters").

The paper words its claims without thresholds; those here were fixed before the table of six tasks was made.
"""
import dataclasses

# A first component that tells nothing is this near to 0.5; a pair is easy, or told apart, from these areas on.
_NOTHING, _EASY, _TOLD_APART = 0.05, 0.85, 0.75
_BASELINES = ("steinhardt", "spherical_harmonics", "radial_distances")
SCORES = {"auc": "first principal component", "linear_auc": "linear classifier"}


@dataclasses.dataclass(frozen=True)
class Answer:
    """A claim, whether it holds (None where a snapshot or a method is missing), and the numbers."""

    number: int
    claim: str
    holds: bool | None
    numbers: str


def answers(table, score="auc"):
    """Answer the claims 1 to 6 of Table 1, one a pair.

    Args:
        table: DataFrame of `gala_ssl.analysis.table1.table1`.
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


def _of_pair(table, number, score):
    """{method: score} of a pair, best first; empty where the pair has no snapshots."""
    rows = table[table["pair"] == number].dropna(subset=[score]).sort_values(score, ascending=False)
    return dict(zip(rows["method"], rows[score], strict=True))


def _answer(number, claim, test, scores):
    if not scores:
        return Answer(number, claim, None, "A snapshot of the pair is missing.")
    numbers = ", ".join(f"{method.replace('_', ' ')} {value:.3f}" for method, value in scores.items())
    return Answer(number, claim, test(scores), numbers + ".")


def _all_nothing(scores):
    return all(abs(value - 0.5) <= _NOTHING for value in scores.values())


def _all_easy(scores):
    return all(value >= _EASY for value in scores.values())


def _bond_order_first(scores):
    return set(list(scores)[:2]) == {"steinhardt", "spherical_harmonics"}


def _learned_beat_baselines(scores):
    if "frame_classification" not in scores:
        return None
    learned = {method: value for method, value in scores.items() if method not in (*_BASELINES, "all_tasks")}
    best_baseline = max(scores[method] for method in _BASELINES if method in scores)
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
