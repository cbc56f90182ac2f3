"""Denoising: take the noise off a cloud."""
import numpy as np

from gala_ssl.tasks.base import THERMAL_SCALE, Task, checked_scale, register_task


@register_task
class Denoising(Task):
    """Restore a cloud whose bonds got Gaussian noise (paper, section "Self-supervised tasks").

    Of thermal environments the bonds between the ideal sites are to be restored, from thermal displacements and noise.
    The noisy cloud is registered onto the clean one, so that the noise carries no net translation or
    rotation, which no network could tell. Target: the clean bonds, (b, n, 3). Equivariant: turn the
    cloud and the answer turns with it.

    Args:
        scale: standard deviation of the noise on each coordinate, in shortest distances (R: 0.5), or a range
            (least, largest) that each cloud's is drawn from.
    """

    order = 2
    name, stream = "denoising", "dynamic"
    loss, metric = "MeanSquaredError", "mean_absolute_error"
    answers = "bond"
    kernel_head = "bond_vectors"

    def __init__(self, scale=0.5):
        self.scale = checked_scale(scale)

    def settings(self, data):
        return {"scale": THERMAL_SCALE if data.thermal else self.scale}

    def make_batch(self, bonds, types, labels, rng, ideal=None):
        mask, clean = types.any(axis=-1), bonds if ideal is None else ideal
        noisy = bonds + rng.normal(size=bonds.shape) * self.amplitudes(self.scale, rng, len(bonds))
        return (register(noisy, clean, mask).astype(bonds.dtype), types), clean

    def head(self, bonds, multivectors, values, mask, config):
        from gala_ssl.networks import heads  # which imports Keras

        return heads.bond_vectors(bonds, multivectors, values, mask, config)

    def trivial_answer(self, inputs, target):
        """The noisy cloud itself."""
        return inputs[0]


def register(moving, fixed, mask):
    """Shift and turn each cloud of `moving` onto the same cloud of `fixed`, with the least mean square distance.

    Kabsch's rotation (Acta Cryst. A 32, 922, 1976), proper, by the singular value decomposition of the
    covariance of the two clouds; a batch at a time.

    Args:
        moving, fixed: (b, n, 3). mask: (b, n) bool, the rows that count.

    Returns:
        (b, n, 3) float64: `moving` registered; zeros where the mask is false.
    """
    weights = mask[..., None].astype(np.float64)
    count = np.maximum(weights.sum(axis=1, keepdims=True), 1)
    fixed_mean = (fixed * weights).sum(axis=1, keepdims=True) / count
    moving_mean = (moving * weights).sum(axis=1, keepdims=True) / count
    moving = (moving - moving_mean) * weights
    u, _, vt = np.linalg.svd(np.swapaxes(moving, 1, 2) @ ((fixed - fixed_mean) * weights))
    # A reflection may fit better than any rotation; the direction that matters least is turned back.
    u[..., -1] *= np.sign(np.linalg.det(u @ vt))[:, None]
    return (moving @ (u @ vt) + fixed_mean) * weights
