"""From evidence to a name: what is fitted once for a set of weights, on crystals of known structure, without training.

The numbers are in the card of the weights, under "decision"; `experiments/how_sure.py` fits and measures them.
"""
import dataclasses

import numpy as np
from scipy.special import log_softmax

from gala_ssl.order.families import summed
from gala_ssl.order.names import LIQUID


@dataclasses.dataclass(frozen=True)
class Decision:
    """How evidence becomes a name and a probability.

    Attributes:
        liquid: what is added to the logarithm of the probability of "liquid", which came more often in training.
        sharpness: factor on all logarithms, an inverse temperature (Guo et al., ICML 2017): evidence of several
            particles together is stronger than its mean says.
        families: tuples of names of prototypes that cannot be told apart; the first one stands for all.
    """

    liquid: float = 0.0
    sharpness: float = 1.0
    families: tuple = ()

    @classmethod
    def from_card(cls, card, pooled):
        """The decision for evidence that is pooled over neighbours, or of single particles; neutral if none is fitted.
        """
        numbers = card.get("decision", {}).get("pooled" if pooled else "alone", {})
        return cls(**numbers | {"families": tuple(map(tuple, numbers.get("families", ())))})

    def scores(self, evidence, structures):
        """(n, C) logarithms of calibrated probabilities from `evidence` (n, C), of the C `structures`."""
        scores = np.array(evidence, np.float64)
        if LIQUID in structures:
            scores[:, structures.index(LIQUID)] += self.liquid
        return log_softmax(self.sharpness * scores, axis=1)

    def groups(self, structures):
        """Columns of each family, and of each structure that has none: the family's usual name stands first."""
        first = {name: family[0] for family in self.families for name in family}
        columns = {}
        for column, name in enumerate(structures):
            columns.setdefault(first.get(name, name), []).append(column)
        return [sorted(group, key=lambda column: structures[column] != name) for name, group in columns.items()]


def within(scores, groups):
    """(family scores (n, F), column (n,) of the likeliest member of the likeliest family) of `scores` (n, C)."""
    total = summed(scores, groups)
    best, column = total.argmax(axis=1), np.empty(len(scores), int)
    for number, group in enumerate(groups):
        rows = best == number
        column[rows] = np.array(group)[scores[rows][:, group].argmax(axis=1)]
    return total, column
