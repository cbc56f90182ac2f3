"""What the particles of a frame are, as `gala_ssl.order.identify` finds it."""
import dataclasses
import typing

import numpy as np

from gala_ssl.order.names import UNKNOWN

if typing.TYPE_CHECKING:
    import pandas as pd


@dataclasses.dataclass(frozen=True, eq=False)
class Identification:
    """What the particles of a frame are.

    Attributes:
        structure: (N,) names, such as "fcc", "liquid" or, where there is no short one, of the prototype; of a family
            of structures that cannot be told apart, the usual one; "unknown" where `known` is false.
        probability: (N,) float32, of the name in `nearest`, among those asked for; NaN for a particle without
            neighbours in the embedding, about which nothing can be said: all its names are "unknown".
        names: all names asked for. log_probabilities: (N, len(names)) float32, pooled over neighbours and normalised.
        known: (N,) bool, false where the neighbourhood is unlike all known structures. At a surface that is called as
            the inside is, or liquid or gas. Where names were asked for, or single particles, only those without
            neighbours are unknown.
        nearest: (N,) the likeliest name, also of what is unknown.
        member: (N,) the likeliest structure of the family in `nearest`.
    """

    structure: np.ndarray
    probability: np.ndarray
    names: tuple[str, ...]
    log_probabilities: np.ndarray
    known: np.ndarray | None = None
    nearest: np.ndarray | None = None
    member: np.ndarray | None = None

    def __post_init__(self):
        names = np.asarray(self.structure)
        for field, value in (("known", names != UNKNOWN), ("nearest", names), ("member", names)):
            if getattr(self, field) is None:
                object.__setattr__(self, field, value)

    def __len__(self):
        return len(self.structure)

    def __repr__(self):
        found = ", ".join(f"{name} {fraction:.0%}" for name, fraction in self.fractions().items() if fraction >= 0.005)
        return f"Identification({len(self)} particles: {found})"

    def fractions(self) -> "pd.Series":
        """pandas.Series: the fraction of the particles that each name has, the largest first."""
        import pandas as pd  # here and below, because naming alone does not need it

        return pd.Series(self.structure, name="fraction").value_counts(normalize=True)

    def table(self) -> "pd.DataFrame":
        """pandas.DataFrame with a row a particle: structure, probability, nearest."""
        import pandas as pd

        return pd.DataFrame({"structure": self.structure, "probability": self.probability, "nearest": self.nearest},
                            index=pd.RangeIndex(len(self), name="particle"))
