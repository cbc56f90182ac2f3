"""Noisy bond: which bonds of the cloud are out of place?"""
import numpy as np

from gala_ssl.tasks.base import THERMAL_SCALE, Task, checked_scale, register_task


@register_task
class NoisyBond(Task):
    """Tell the half of a cloud's bonds that got Gaussian noise from the other half (paper, "Self-supervised tasks").

    Target: 1 for a bond with noise, 0 for one without, (b, n) int32; of an odd number of bonds the smaller half has
    noise. Invariant: a turned cloud gets the same answer, bond by bond.

    Args:
        scale: standard deviation of the noise on each coordinate, in shortest distances (R: 0.5), or a range
            (least, largest) that each cloud's is drawn from.
    """

    order = 5
    name, stream = "noisy_bond", "dynamic"
    loss, metric = "SparseCategoricalCrossentropy", "accuracy"
    dropout = 0.5
    answers = "bond"
    target_is_length = False
    kernel_head = "bond_class"

    def __init__(self, scale=0.5):
        self.scale = checked_scale(scale)

    def settings(self, data):
        return {"scale": THERMAL_SCALE if data.thermal else self.scale}

    def make_batch(self, bonds, types, labels, rng, ideal=None):
        mask = types.any(axis=-1)
        lots = np.where(mask, rng.random(mask.shape), 2)
        noisy = lots.argsort(axis=1).argsort(axis=1) < mask.sum(axis=1, keepdims=True) // 2
        noise = rng.normal(size=bonds.shape) * self.amplitudes(self.scale, rng, len(bonds)) * noisy[..., None]
        return ((bonds + noise).astype(bonds.dtype), types), noisy.astype(np.int32)

    def head(self, bonds, multivectors, values, mask, config):
        from gala_ssl.networks import heads  # which imports Keras

        return heads.bond_class(bonds, multivectors, values, mask, config, classes=2)

    def trivial_answer(self, inputs, target):
        """Half and half."""
        return np.full((*target.shape, 2), 0.5)
