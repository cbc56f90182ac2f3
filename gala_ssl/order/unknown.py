"""Is this a structure that the network knows? A small classifier of what the network makes of a neighbourhood.

The largest probability does not tell: of a structure that is not in the library it is often high. The classifier has
learned known crystals, at many temperatures, against other crystals, most of them random ones
(`experiments/how_sure.py`). Its false-alarm rate on known hot crystals is in the card of the weights.
"""
import dataclasses

import numpy as np

from gala_ssl.order.pooling import in_parts


@dataclasses.dataclass(frozen=True, eq=False)
class KnownOrNot:
    """A perceptron with one hidden layer, and the threshold above which a structure is unknown.

    Attributes:
        mean, scale: (d,), subtracted from and divided into the features. hidden: (d, h). hidden_bias: (h,).
        out: (h,). out_bias, threshold: numbers. false_alarms: fraction of known hot particles above the threshold.
    """

    mean: np.ndarray
    scale: np.ndarray
    hidden: np.ndarray
    hidden_bias: np.ndarray
    out: np.ndarray
    out_bias: float
    threshold: float
    false_alarms: float

    @classmethod
    def from_card(cls, card):
        """The one fitted for the weights with this card; None if there is none."""
        numbers = card.get("decision", {}).get("unknown")
        return None if numbers is None else cls(**{key: np.array(value) for key, value in numbers.items()})

    def strangeness(self, features, around=None, edge=False):
        """(n,) log odds that a neighbourhood with `features` (n, d) is of none of the known structures.

        A hot particle alone is of no other structure; many together are. So the odds are averaged over neighbours, if
        these are given.

        Args:
            features: the summary of the head of frame classification, averaged over a particle and its 12 nearest.
            around: the `Surroundings` of the n particles; None for odds that are not averaged, which scatter more.
            edge: (n,) bool, particles at an edge, about which nothing is said: NaN.
        """
        odds = np.where(edge, np.nan, in_parts(self._odds, features)[0])
        return odds if around is None else around(odds[:, None])[:, 0]

    def _odds(self, features):
        hidden = np.maximum((features - self.mean) / self.scale @ self.hidden + self.hidden_bias, 0)
        return [hidden @ self.out + self.out_bias]
