"""Small steps between vectors, multivectors, padding and pooled values."""
import keras
from keras import ops

from gala_ssl.networks.layers.algebra import mvecmvec_invariants


@keras.saving.register_keras_serializable(package="gala_ssl")
class PaddingMask(keras.layers.Layer):
    """Say which rows are bonds: type encodings (..., d) -> bool (...), false where all d numbers are zero.

    The types tell, not the bonds: a bond may have length zero, the type encoding of one is never all zero.
    """

    def call(self, types):
        return ops.any(ops.not_equal(types, 0), axis=-1)


@keras.saving.register_keras_serializable(package="gala_ssl")
class Vector2Multivector(keras.layers.Layer):
    """Vectors (..., 3) -> multivectors (..., 8) that have only a vector part."""

    def call(self, vectors):
        zero = ops.zeros_like(vectors[..., :1])
        return ops.concatenate([zero, vectors, zero, zero, zero, zero], axis=-1)


@keras.saving.register_keras_serializable(package="gala_ssl")
class Multivector2Vector(keras.layers.Layer):
    """Multivectors (..., 8) -> their vector parts (..., 3)."""

    def call(self, multivectors):
        return multivectors[..., 1:4]


@keras.saving.register_keras_serializable(package="gala_ssl")
class Invariants(keras.layers.Layer):
    """Multivectors (..., 8) -> rotation-invariants (..., 4): scalar, lengths of vector and bivector, trivector."""

    def call(self, multivectors):
        return mvecmvec_invariants(multivectors)


@keras.saving.register_keras_serializable(package="gala_ssl")
class ZeroPadding(keras.layers.Layer):
    """Set rows (..., n, d) to zero where the mask (..., n) is false."""

    def call(self, inputs, mask):
        return inputs * ops.cast(ops.expand_dims(mask, -1), inputs.dtype)

    def compute_mask(self, inputs, mask=None):
        return None


@keras.saving.register_keras_serializable(package="gala_ssl")
class MaskedMean(keras.layers.Layer):
    """Mean over the bonds of a cloud: (..., n, d) and mask (..., n) -> (..., d); zero for an empty cloud."""

    def call(self, inputs, mask):
        weights = ops.cast(ops.expand_dims(mask, -1), inputs.dtype)
        return ops.sum(inputs * weights, axis=-2) / ops.maximum(ops.sum(weights, axis=-2), 1)

    def compute_mask(self, inputs, mask=None):
        return None
