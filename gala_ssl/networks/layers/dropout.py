"""Dropout whose mask is a hash of (seed, position), which XLA fuses into the multiplication."""
import math

import keras
from keras import ops


def _mixed(bits):
    """Scramble uint32 values so that each input bit changes each output bit about half of the time.

    The constants are those of the "lowbias32" integer hash (C. Wellons, Hash Prospector, 2018).
    """
    bits = ops.bitwise_xor(bits, ops.right_shift(bits, ops.cast(16, "uint32")))
    bits = bits * ops.cast(0x7FEB352D, "uint32")
    bits = ops.bitwise_xor(bits, ops.right_shift(bits, ops.cast(15, "uint32")))
    bits = bits * ops.cast(0x846CA68B, "uint32")
    return ops.bitwise_xor(bits, ops.right_shift(bits, ops.cast(16, "uint32")))


def keep_mask(shape, rate, seed):
    """Return a boolean array of `shape`, true with probability 1 - rate.

    Args:
        shape: of the array; the first entry may be a tensor.
        rate: probability of false.
        seed: (2,) uint32 tensor; a hash of its two numbers starts the sequence.
    """
    index = ops.reshape(ops.cast(ops.arange(math.prod(shape)), "uint32"), shape)
    start = _mixed(seed[0] + _mixed(seed[1] + ops.cast(0x9E3779B9, "uint32")))
    bits = _mixed(_mixed(index) + start)
    return bits >= ops.cast(min(int(rate * 2**32), 2**32 - 1), "uint32")


@keras.saving.register_keras_serializable(package="gala_ssl")
class HashDropout(keras.layers.Dropout):
    """Set a random part of the inputs to zero in training and scale up the rest, as Dropout does.

    Keras draws the mask with a counter-based generator that XLA on a CPU neither fuses nor vectorises;
    here a small integer hash of (seed, position) takes its place. Each layer has its own seed and each
    call advances it, so that layers, steps and elements are independent.
    """

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        seed = ops.cast(self.seed_generator.next(), "uint32")
        keep = keep_mask(ops.shape(inputs), self.rate, seed)
        return ops.where(keep, inputs / (1 - self.rate), ops.zeros_like(inputs))
