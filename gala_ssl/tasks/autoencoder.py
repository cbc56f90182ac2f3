"""Autoencoder: squeeze a cloud through a few numbers a bond and three axes, and draw it again."""
from gala_ssl.tasks.base import Task, register_task


@register_task
class Autoencoder(Task):
    """Draw the cloud from a variational latent of each bond and axes that turn with it (paper, Figure 2).

    Target: the input bonds, (b, n, 3), in their order. Equivariant: turn the cloud and its drawing turns with it.

    Args:
        latent: numbers a bond (C).
        kl_scale: of the latent's Kullback-Leibler divergence, a bond, in the loss (R).
    """

    order = 1
    name, stream = "autoencoder", "static"
    loss, metric = "MeanSquaredError", "mean_absolute_error"
    answers = "bond"

    def __init__(self, latent=8, kl_scale=1e-5):
        self.latent, self.kl_scale = latent, kl_scale

    def make_batch(self, bonds, types, labels, rng, ideal=None):
        return (bonds, types), bonds

    def head(self, bonds, multivectors, values, mask, config):
        from gala_ssl.networks import heads  # which imports Keras

        return heads.decoded_bonds(bonds, multivectors, values, mask, config, self.latent, self.kl_scale)
