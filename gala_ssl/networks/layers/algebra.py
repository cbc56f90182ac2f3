"""Geometric algebra of three-dimensional space in keras.ops, for any Keras backend.

A multivector is an array whose last axis holds the 8 coefficients of (1, e1, e2, e3, e12, e13, e23, e123):
one scalar, a vector, a bivector and a trivector. Basis vectors square to 1 and anticommute. The functions
bear the names that `geometric_algebra_attention.base` asks of an algebra.
"""
import keras
import numpy as np
from keras import ops

# Each basis blade as the bits of the vectors in it: e13 is 0b101.
_BLADES = (0b000, 0b001, 0b010, 0b100, 0b011, 0b101, 0b110, 0b111)

# Below this sum of squares a norm counts as zero: its gradient is zero there instead of infinite.
_SMALLEST_SQUARE = 1e-37


def _product_of_blades(a, b):
    """Return (sign, blade) of the product of two blades: the sign counts the swaps that sort the vectors."""
    swaps, shifted = 0, a >> 1
    while shifted:
        swaps += (shifted & b).bit_count()
        shifted >>= 1
    return (-1) ** swaps, a ^ b


def _product_table():
    """Return (8, 8, 8): coefficient c of the product of basis multivectors a and b at [a, b, c]."""
    table = np.zeros((8, 8, 8))
    for i, a in enumerate(_BLADES):
        for j, b in enumerate(_BLADES):
            sign, blade = _product_of_blades(a, b)
            table[i, j, _BLADES.index(blade)] = sign
    return table


PRODUCT_TABLE = _product_table()
# The dual is the product with the pseudoscalar e123 from the right, up to the package's choice of signs.
_DUAL_SIGNS = np.array([-1, -1, 1, -1, 1, -1, 1, 1])


def _constant(values, like):
    return ops.convert_to_tensor(values, dtype=keras.backend.standardize_dtype(like.dtype))


def right_multiplication(b):
    """Return (..., 8, 8) matrices R with `a @ R` the geometric product of a and b, for b (..., 8)."""
    table = _constant(PRODUCT_TABLE.transpose(1, 0, 2).reshape(8, 64), b)
    return ops.reshape(ops.matmul(b, table), (*ops.shape(b)[:-1], 8, 8))


def mvecmvec(a, b):
    """Return the geometric product of multivectors a and b, (..., 8); leading axes broadcast."""
    outer = ops.expand_dims(a, -1) * ops.expand_dims(b, -2)
    flat = ops.reshape(outer, (*ops.shape(outer)[:-2], 64))
    return ops.matmul(flat, _constant(PRODUCT_TABLE.reshape(64, 8), flat))


def custom_norm(x):
    """Return the Euclidean norm over the last axis, (..., 1), with gradient zero where x is zero."""
    return ops.sqrt(ops.maximum(ops.sum(x * x, axis=-1, keepdims=True), _SMALLEST_SQUARE))


def mvecmvec_invariants(p):
    """Return the rotation-invariants of p (..., 8): scalar, lengths of vector and bivector, trivector, (..., 4)."""
    return ops.concatenate(
        [p[..., :1], custom_norm(p[..., 1:4]), custom_norm(p[..., 4:7]), p[..., 7:8]], axis=-1)


def mvec_dual(m):
    """Return the dual of multivectors m, (..., 8)."""
    return ops.flip(m, axis=-1) * _constant(_DUAL_SIGNS, m)
