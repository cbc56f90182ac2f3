"""Several featurizers as one."""
from collections.abc import Iterable

import numpy as np

from gala_ssl.frames.objects import FrameLike
from gala_ssl.order.featurizer import Featurizer, OrderParameter


class Concatenation(Featurizer):
    """Several featurizers side by side: all that some networks know together.

    Args:
        featurizers: callables `frame -> (N, d)`. name: of the whole.
    """

    def __init__(self, featurizers: Iterable[OrderParameter], name: str = "all_tasks"):
        self.featurizers, self.name = tuple(featurizers), name
        self.dimension = sum(featurizer.dimension for featurizer in self.featurizers)

    def __call__(self, frame: FrameLike) -> np.ndarray:
        return np.hstack([featurizer(frame) for featurizer in self.featurizers])


def with_concatenation(featurizers):
    """Return the featurizers and, where they are several, all of them side by side."""
    return [*featurizers, Concatenation(featurizers)] if len(featurizers) > 1 else list(featurizers)
