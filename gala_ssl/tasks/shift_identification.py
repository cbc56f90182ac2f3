"""Shift identification: by which vector was the whole cloud moved?"""
import numpy as np

from gala_ssl.tasks.base import THERMAL_SCALE, Task, checked_scale, register_task


@register_task
class ShiftIdentification(Task):
    """Find the Gaussian vector that was added to all bonds of a cloud (paper, section "Self-supervised tasks").

    Of thermal environments, the mean displacement of the bonds from the ideal ones counts with it. Target: that
    vector, (b, 3). Equivariant: turn the cloud and the answer turns with it.

    Args:
        scale: standard deviation of each coordinate of the shift, in shortest distances (R: 0.5), or a range
            (least, largest) that each cloud's is drawn from.
    """

    order = 4
    name, stream = "shift_identification", "dynamic"
    loss, metric = "MeanSquaredError", "mean_absolute_error"
    kernel_head = "cloud_vector"

    def __init__(self, scale=0.5):
        self.scale = checked_scale(scale)

    def settings(self, data):
        return {"scale": THERMAL_SCALE if data.thermal else self.scale}

    def make_batch(self, bonds, types, labels, rng, ideal=None):
        mask = types.any(axis=-1, keepdims=True)
        shift = rng.normal(size=(len(bonds), 1, 3)) * self.amplitudes(self.scale, rng, len(bonds))
        shift = shift.astype(bonds.dtype)
        target = shift[:, 0]
        if ideal is not None:
            target = target + ((bonds - ideal) * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
        return (bonds + shift * mask, types), target.astype(bonds.dtype)

    def head(self, bonds, multivectors, values, mask, config):
        from gala_ssl.networks import heads  # which imports Keras

        return heads.cloud_vector(bonds, multivectors, values, mask, config)
