"""The layers of geometric_algebra_attention.keras with what breaks on Keras 3 mended. TensorFlow only.

Mended: automatic masks with `reduce=True`, and `linear_terms` lost by `get_config`. The classes bear the names
of those in `gala_ssl.networks.layers.attention`, so that weight files of either fit the other.
"""
import keras
from geometric_algebra_attention import keras as package

from gala_ssl.networks.layers.seeds import next_seed


class _Mended:
    """Thin additions to a published layer, listed before it among the bases."""

    def compute_mask(self, inputs, mask=None):
        """Return None: masks are passed by hand here, as `mask=`, and never travel with tensors."""
        return None

    def add_weight(self, *, initializer, **options):
        """Draw the package's weights by the seed of a `seeded` block."""
        seed = next_seed()  # the package's own initializer has taken one from Keras already
        drawn = initializer if seed is None else keras.initializers.RandomNormal(stddev=initializer.stddev, seed=seed)
        return super().add_weight(initializer=drawn, **options)

    def get_config(self):
        return {**super().get_config(), "linear_mode": self.linear_mode, "linear_terms": self.linear_terms}


@keras.saving.register_keras_serializable(package="gala_ssl.published")
class MultivectorAttention(_Mended, package.MultivectorAttention):
    """Rotation-invariant geometric product attention over multivectors, as published."""


@keras.saving.register_keras_serializable(package="gala_ssl.published")
class Multivector2MultivectorAttention(_Mended, package.Multivector2MultivectorAttention):
    """Rotation-equivariant geometric product attention over multivectors, as published."""


@keras.saving.register_keras_serializable(package="gala_ssl.published")
class LabeledMultivectorAttention(_Mended, package.LabeledMultivectorAttention):
    """Attention that translates labels and multivectors to a new cloud, as published."""
