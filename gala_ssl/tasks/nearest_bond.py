"""Nearest bond: where was the bond that is missing?"""
import numpy as np

from gala_ssl.tasks.base import Task, register_task


@register_task
class NearestBond(Task):
    """Find the nearest bond of a cloud from all the others (paper, section "Self-supervised tasks").

    The bond is taken out of the input, which has one row less. Target: the bond, (b, 3). Equivariant: turn the
    cloud and the answer turns with it.
    """

    order = 6
    name, stream = "nearest_bond", "static"
    loss, metric = "MeanSquaredError", "mean_absolute_error"
    kernel_head = "cloud_vector"

    def make_batch(self, bonds, types, labels, rng, ideal=None):
        lengths = np.where(types.any(axis=-1), np.linalg.norm(bonds, axis=-1), np.inf)
        others = np.arange(bonds.shape[1]) != lengths.argmin(axis=1)[:, None]
        left = [array[others].reshape(len(array), -1, array.shape[-1]) for array in (bonds, types)]
        return tuple(left), bonds[~others]

    def head(self, bonds, multivectors, values, mask, config):
        from gala_ssl.networks import heads  # which imports Keras

        return heads.cloud_vector(bonds, multivectors, values, mask, config)
