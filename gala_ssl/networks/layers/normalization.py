"""Normalisation by running statistics, for any Keras backend."""
import keras
from keras import ops

from gala_ssl.networks.layers.algebra import custom_norm

# Part of the old average that a step keeps.
MOMENTUM = 0.99


def moments(values, mask=None):
    """Return mean and variance over all axes but the last, where `mask` (..., 1) is true if given."""
    axes = tuple(range(len(values.shape) - 1))
    mean = _mean(values, axes, mask)
    return mean, _mean(ops.square(values - mean), axes, mask)


def _mean(values, axes, mask):
    """Return the mean over `axes`, of the places where `mask` (broadcastable, 0 or 1) is 1 if given."""
    if mask is None:
        return ops.mean(values, axis=axes)
    weights = ops.broadcast_to(ops.cast(mask, values.dtype), ops.shape(values))
    return ops.sum(values * weights, axis=axes) / ops.maximum(ops.sum(weights, axis=axes), 1)


class _Momentum(keras.layers.Layer):
    """What the two normalisations share: a momentum, a smallest divisor, and when statistics move."""

    def __init__(self, momentum=MOMENTUM, epsilon=1e-7, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon
        self.supports_masking = True

    def _moves(self, training):
        return bool(training) and self.trainable

    def _move(self, variable, value):
        value = ops.cast(ops.stop_gradient(value), variable.dtype)
        variable.assign(self.momentum * variable + (1 - self.momentum) * value)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="gala_ssl")
class MomentumNormalization(_Momentum):
    """Shift and scale each feature to mean 0 and standard deviation 1 by running averages.

    In training the averages move to the batch's first, `momentum` of the old kept; they are used at
    once, and as constants for the gradient. A frozen layer's averages stay.

    Args:
        momentum: part of the old average kept in a step.
        epsilon: added to the standard deviation.

    Call: inputs (..., d), mask (...) true where a row counts; returns (..., d), masked rows unchanged.
    """

    def build(self, input_shape):
        self.mu = self.add_weight(name="mu", shape=(input_shape[-1],), initializer="zeros", trainable=False)
        self.sigma = self.add_weight(
            name="sigma", shape=(input_shape[-1],), initializer="ones", trainable=False)

    def statistics(self, moments, training=False):
        """Return (mean, standard deviation) to normalise with, (d,) each; in training move them first.

        Args:
            moments: function that returns mean and variance of the batch; called only if they are needed.
            training: whether this is a training step.
        """
        if self._moves(training):
            mean, variance = moments()
            self._move(self.mu, mean)
            self._move(self.sigma, ops.sqrt(variance))
        return self.mu.value, self.sigma + self.epsilon

    def call(self, inputs, training=False, mask=None):
        mask = None if mask is None else ops.expand_dims(mask, -1)
        mean, deviation = self.statistics(lambda: moments(inputs, mask), training)
        result = (inputs - mean) / deviation
        return result if mask is None else ops.where(mask, result, inputs)


@keras.saving.register_keras_serializable(package="gala_ssl")
class MomentumLayerNormalization(_Momentum):
    """Divide multivectors by one running average of their length; rotation-equivariant.

    Args:
        momentum: part of the old average kept in a step.
        epsilon: smallest divisor.

    Call: inputs (..., d), mask (...) true where a row counts; returns (..., d), masked rows unchanged.
    """

    def build(self, input_shape):
        self.norm = self.add_weight(name="norm", shape=(1,), initializer="ones", trainable=False)

    def call(self, inputs, training=False, mask=None):
        mask = None if mask is None else ops.expand_dims(mask, -1)
        if self._moves(training):
            lengths = custom_norm(inputs)
            self._move(self.norm, _mean(lengths, tuple(range(len(lengths.shape) - 1)), mask))
        result = inputs / ops.maximum(self.norm, self.epsilon)
        return result if mask is None else ops.where(mask, result, inputs)
