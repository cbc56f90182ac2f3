"""Loss, gradients and running statistics of a network in training, by the compiled kernel."""
import dataclasses

import numpy as np

from gala_ssl.kernel import library
from gala_ssl.kernel.fold import HEADS, folded
from gala_ssl.kernel.library import MOST_BONDS, NotForKernel
from gala_ssl.kernel.unfold import unfolded
from gala_ssl.kernel.weights import in_parts


@dataclasses.dataclass(frozen=True, eq=False)
class Learned:
    """What a batch of n clouds teaches.

    Attributes:
        loss: weighted sum of the clouds' losses. answer: (n, ...) float32, probabilities or vectors.
        gradients: {path: array} of the trained variables. averages: {path: array} of the batch's own mean, deviation or
            length, which the running statistics move towards.
    """

    loss: float
    answer: np.ndarray
    gradients: dict
    averages: dict


class Learner:
    """Learns from clouds by the compiled kernel, in float32.

    Running statistics are used as they are before the batch. (Keras's step moves them first, by a hundredth.)

    Args:
        config: CoreConfig without dropout. head: name of the head in `gala_ssl.networks.heads`, one of `fold.HEADS`.
        threads: None for `library.threads`. A result does not depend on it.
        instruction_set: one of `library.INSTRUCTION_SETS`, for tests; None for the best that the processor has.

    Call with arrays {path: array} of all variables, bonds (n, k, 3), types (n, k, type_width), the target and the
    weight of each cloud or bond in the loss; returns `Learned`. The loss is the cross-entropy of a class, or the mean
    squared difference of a vector.

    Raises:
        NotForKernel: no library, another head, dropout, or padding among the bonds.
    """

    def __init__(self, config, head, threads=None, instruction_set=None):
        if head not in HEADS[1:]:
            raise NotForKernel(f"The compiled kernel cannot train the head {head!r}; it can those of "
                               f"{', '.join(HEADS[1:])}.", option="head", value=head)
        if config.dropout:
            raise NotForKernel("The compiled kernel trains without dropout only.", option="dropout",
                               value=config.dropout)
        self.instruction_set = library.instruction_set(instruction_set)
        self.config, self.head, self.threads = config, head, library.threads() if threads is None else threads

    def __call__(self, arrays, bonds, types, target, weight):
        if bonds.shape[1] > MOST_BONDS or not types.any(axis=2).all():
            raise NotForKernel(f"The compiled kernel trains on clouds of up to {MOST_BONDS} bonds without padding.",
                               option="types")
        bonds, types, target, weight = (np.ascontiguousarray(array, np.float32)
                                        for array in (bonds, types, target, weight))
        weights = in_parts({path: np.asarray(array, np.float64) for path, array in arrays.items()}, self.config,
                           self.head)
        shape, numbers, back = folded(weights, self.config, self.head)
        answer = np.empty((*weight.shape, int(shape[-1]) or 3), np.float32)
        loss, gradient, statistics = library.learn(shape, numbers, back, bonds, types, target, weight, answer,
                                                   self.config.blocks + 1, self.instruction_set, self.threads)
        paths = in_parts({path: path for path in arrays}, self.config, self.head)
        gradients = dict(_together(paths, unfolded(gradient, weights, self.config, self.head)))
        averages = dict(self._averages(paths, statistics, len(bonds), bonds.shape[1]))
        return Learned(loss, answer, gradients, averages)

    def _averages(self, paths, statistics, n, k):
        parts = [(block, (block["values"], block["multivectors"])) for block in paths["blocks"]]
        for (block, attentions), sums in zip([*parts, ({}, [paths["attention"]])], statistics):
            of_pairs, of_points = sums[:16].reshape(2, 8) / (n * k * k), sums[16:32].reshape(2, 8) / (n * k)
            mean, square = (np.stack([pairs.reshape(2, 4), points.reshape(2, 4), points.reshape(2, 4)], axis=1).ravel()
                            for pairs, points in zip(of_pairs, of_points))
            size = 24 if self.config.normalized_products else 12
            deviation = np.sqrt(np.maximum(square - mean**2, 0))
            for attention in attentions:
                yield attention["inputs"][0], mean[:size]
                yield attention["inputs"][1], deviation[:size]
            if "length" in block and sums[32]:
                yield block["length"], sums[32:] / (n * k)


def _together(paths, values):
    """Pairs of a path and what stands in its place."""
    if isinstance(paths, str):
        yield paths, values
    elif isinstance(paths, dict):
        for name, part in paths.items():
            if name in values:
                yield from _together(part, values[name])
    elif paths is not None:
        for part, value in zip(paths, values):
            yield from _together(part, value)
