"""The fast path of geometric-algebra attention: pairs, with all products for invariants and covariants.

The functions compute what `geometric_algebra_attention.base` does, rearranged by linearity:

- the products r_i r_j of all pairs of a cloud are one matrix product of r_i with the right-multiplication
  matrices of r_j;
- the last dense layer of the value net and the join are one matrix; the merge is done on points, not pairs;
- the sum of weighted products is r_i times a sum over j, so that no pair has a covariant of its own.
"""
from keras import ops

from gala_ssl.networks.layers import algebra
from gala_ssl.networks.layers.mlp import FlatInput, apply_fused
from gala_ssl.networks.layers.normalization import moments

# Added to the scores of tuples with padding in them, as in geometric_algebra_attention.
_MASKED = -1e9
# The smallest length that a product is divided by, as in geometric_algebra_attention.
_SMALLEST = 1e-7


def supports(layer, inputs):
    """Say whether `evaluate` computes this layer: one cloud of pairs in full mode, without weights or extras."""
    return (
        hasattr(layer, "score_net") and layer.rank == 2 and layer.invariant_mode == "full"
        and not layer.linear_terms and len(inputs) == 2 and not isinstance(inputs[0], (list, tuple))
        and not isinstance(inputs[1], (list, tuple)) and len(inputs[0].shape) == 3
        and (not hasattr(layer, "scale_net") or layer.covariant_mode == "full")
    )


def evaluate(layer, inputs, mask=None, training=None):
    """Return the layer's output for inputs [multivectors (b, n, 8), values (b, n, d)] and mask [(b, n), (b, n)]."""
    points, values = inputs
    invariants = PairInvariants(points, layer.include_normalized_products)
    joined = _joined(layer, invariants, values, training)
    scores = apply_fused(layer.score_net, joined, training)[..., 0]
    if mask is not None:
        scores = ops.where(pair_mask(mask), scores, ops.cast(_MASKED, scores.dtype))
    attention = softmax(scores, (1, 2) if layer.reduce else 2)
    if hasattr(layer, "scale_net"):
        scaled = attention * apply_fused(layer.scale_net, joined, training)[..., 0]
        result = _summed_covariants(layer, points, scaled, invariants.inverse_length)
        return ops.sum(result, axis=1) if layer.reduce else result
    if layer.reduce:
        # As a product: XLA would add up over both axes at once, number by number.
        n, d = ops.shape(joined)[2:]
        weights, joined = ops.reshape(attention, (-1, 1, n * n)), ops.reshape(joined, (-1, n * n, d))
        return ops.matmul(weights, joined)[:, 0]
    return ops.sum(ops.expand_dims(attention, -1) * joined, axis=2)


class PairInvariants(FlatInput):
    """The rotation-invariants of all pairs (i, j) of each cloud's multivectors.

    In the order of the published layers, four each: of r_i r_j, of r_i, of r_j, then (`normalized`) of the same
    divided by their lengths. Two thirds of these columns depend on one particle alone, so that products with a
    kernel and averages are done for these on points, not pairs.

    Args:
        points: (b, n, 8). normalized: whether the normalised products are there.

    Attributes:
        inverse_length: 1 / |r_i r_j|, (b, n, n).
    """

    def __init__(self, points, normalized):
        products = _pair_products(points)
        of_pairs, of_points = algebra.mvecmvec_invariants(products), algebra.mvecmvec_invariants(points)
        inverse = 1 / ops.maximum(algebra.custom_norm(of_pairs), _SMALLEST)
        self.inverse_length = inverse[..., 0]
        if normalized:
            lengths = ops.maximum(algebra.custom_norm(of_points), _SMALLEST)
            of_pairs = ops.concatenate([of_pairs, of_pairs * inverse], axis=-1)
            of_points = ops.concatenate([of_points, of_points / lengths], axis=-1)
        self.of_pairs, self.of_points = of_pairs, of_points
        self.leading = ops.shape(of_pairs)[:-1]

    def flat(self):
        shape = ops.shape(self.of_pairs)
        first = ops.broadcast_to(self.of_points[:, :, None], shape)
        second = ops.broadcast_to(self.of_points[:, None], shape)
        columns = [ops.reshape(part, (-1, part.shape[-1] // 4, 4)) for part in (self.of_pairs, first, second)]
        return ops.reshape(ops.stack(columns, axis=2), (-1, 3 * self.of_pairs.shape[-1]))

    def times(self, kernel):
        width = kernel.shape[-1]
        # Groups of four rows belong to r_i r_j, r_i and r_j in turn.
        kernels = ops.reshape(kernel, (-1, 3, 4, width))
        of_pairs, first, second = (ops.reshape(kernels[:, part], (-1, width)) for part in range(3))
        pairs = ops.matmul(ops.reshape(self.of_pairs, (-1, self.of_pairs.shape[-1])), of_pairs)
        pairs = ops.reshape(pairs, (*self.leading, width))
        total = pairs + ops.matmul(self.of_points, first)[:, :, None] + ops.matmul(self.of_points, second)[:, None]
        return ops.reshape(total, (-1, width))

    def moments(self):
        of_pairs, of_points = moments(self.of_pairs), moments(self.of_points)
        columns = [[ops.reshape(part, (-1, 4)) for part in (pairs, points, points)]
                   for pairs, points in zip(of_pairs, of_points)]
        return tuple(ops.reshape(ops.stack(parts, axis=1), (-1,)) for parts in columns)


def _pair_products(points):
    """Return the geometric products r_i r_j of all pairs, (b, n, n, 8), of points (b, n, 8)."""
    n = ops.shape(points)[1]
    right = algebra.right_multiplication(points)  # b j a c
    right = ops.reshape(ops.transpose(right, (0, 2, 1, 3)), (-1, 8, n * 8))
    return ops.reshape(ops.matmul(points, right), (-1, n, n, 8))


def _joined(layer, invariants, values, training):
    """Return the representation of each pair, (b, n, n, d): value net, merge and join in one."""
    of_pairs, of_points = (_projection(kernel) for kernel in _kernels(layer, "join"))
    first, second = (of_points(_projection(kernel)(values)) for kernel in _kernels(layer, "merge"))
    pairs = apply_fused(layer.value_net, invariants, training, project=of_pairs)
    return pairs + first[:, :, None] + second[:, None]


def _kernels(layer, name):
    """Return the two learned projections of "join" or "merge", or None twice where it takes the mean."""
    return getattr(layer, f"{name}_kernels") if getattr(layer, f"{name}_fun") == "concat" else (None, None)


def _projection(kernel):
    return (lambda x: x / 2) if kernel is None else (lambda x: ops.matmul(x, kernel))


def pair_mask(mask):
    """Return (b, n, n): true where both points of a pair count, by masks (b, n) of positions and values or None."""
    given = [m for m in mask if m is not None]
    both = given[0] if len(given) == 1 else ops.logical_and(*given)
    return ops.logical_and(both[:, :, None], both[:, None])


def softmax(scores, axes):
    """Return the softmax of `scores` over one or several axes together."""
    weights = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=axes, keepdims=True)))
    return weights / ops.sum(weights, axis=axes, keepdims=True)


def _summed_covariants(layer, points, scaled, inverse_length):
    """Return sum_j a_ij sum_n alpha_n p_n for a_ij = `scaled`, by the linearity of the geometric product.

    The products p_n of a pair are r_i r_j, r_i, r_j and, if asked for, each divided by its length.
    """
    alpha = layer.vector_kernels
    if layer.convex_covariants:
        alpha = ops.softmax(ops.concatenate([alpha, ops.zeros_like(alpha[:1])]))
    of_pairs, of_first, of_second = scaled * alpha[0], alpha[1], alpha[2]
    if layer.include_normalized_products:
        lengths = 1 / ops.maximum(algebra.custom_norm(points), _SMALLEST)
        of_pairs = of_pairs + scaled * inverse_length * alpha[3]
        of_first, of_second = of_first + alpha[4] * lengths, of_second + alpha[5] * lengths
    return (algebra.mvecmvec(points, ops.matmul(of_pairs, points))
            + points * of_first * ops.sum(scaled, axis=2)[..., None]
            + ops.matmul(scaled, points * of_second))
