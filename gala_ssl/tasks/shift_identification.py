"""Shift identification: by which vector was the whole cloud moved?"""
from gala_ssl.tasks.base import Task, register_task


@register_task
class ShiftIdentification(Task):
    """Find the Gaussian vector that was added to all bonds of a cloud (paper, section "Self-supervised tasks").

    Target: that vector, (b, 3). Equivariant: turn the cloud and the answer turns with it.

    Args:
        scale: standard deviation of each coordinate of the shift, in shortest distances (R).
    """

    order = 4
    name, stream = "shift_identification", "dynamic"
    loss, metric = "MeanSquaredError", "mean_absolute_error"

    def __init__(self, scale=0.5):
        self.scale = scale

    def make_batch(self, bonds, types, labels, rng):
        shift = rng.normal(scale=self.scale, size=(len(bonds), 1, 3)).astype(bonds.dtype)
        return (bonds + shift * types.any(axis=-1, keepdims=True), types), shift[:, 0]

    def head(self, bonds, multivectors, values, mask, config):
        from gala_ssl.networks import heads  # which imports Keras

        return heads.cloud_vector(bonds, multivectors, values, mask, config)
