"""The fast path of geometric-algebra attention: pairs, with all products for invariants and covariants.

The functions compute what `geometric_algebra_attention.base` does, rearranged by linearity:

- the products r_i r_j of all pairs of a cloud are one matrix product of r_i with the right-multiplication
  matrices of r_j;
- the last dense layer of the value net and the join are one matrix; the merge is done on points, not pairs;
- the sum of weighted products is r_i times a sum over j, so that no pair has a covariant of its own.
"""
from keras import ops

from gala_ssl.layers import algebra
from gala_ssl.layers.mlp import run

# Added to the scores of tuples with padding in them, as in geometric_algebra_attention.
_MASKED = -1e9
# The smallest length that a product is divided by, as in geometric_algebra_attention.
_SMALLEST = 1e-7


def applies(layer, inputs):
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
    invariants, inverse_length = _pair_invariants(points, layer.include_normalized_products)
    joined = _joined(layer, invariants, values, training)
    scores = run(layer.score_net, joined, training)[..., 0]
    if mask is not None:
        scores = ops.where(_pair_mask(mask), scores, ops.cast(_MASKED, scores.dtype))
    attention = _softmax(scores, layer.reduce)
    if not hasattr(layer, "scale_net"):
        axes = (1, 2) if layer.reduce else 2
        return ops.sum(ops.expand_dims(attention, -1) * joined, axis=axes)
    scaled = attention * run(layer.scale_net, joined, training)[..., 0]
    return _summed_covariants(layer, points, scaled, inverse_length)


def _pair_invariants(points, normalized):
    """Return the invariants of all pairs, (b, n, n, 12 or 24), and 1 / |r_i r_j|, (b, n, n) or None.

    In the order of the published layers: r_i r_j, r_i, r_j, then each divided by its length.
    """
    n = ops.shape(points)[1]
    right = algebra.right_multiplication(points)                       # b j a c
    right = ops.reshape(ops.transpose(right, (0, 2, 1, 3)), (-1, 8, n * 8))
    products = ops.reshape(ops.matmul(points, right), (-1, n, n, 8))   # b i j c
    of_pairs = algebra.mvecmvec_invariants(products)
    of_points = algebra.mvecmvec_invariants(points)
    parts, inverse_length = [of_pairs, of_points], None
    if normalized:
        inverse_length = 1 / ops.maximum(algebra.custom_norm(of_pairs), _SMALLEST)
        of_points = of_points / ops.maximum(algebra.custom_norm(of_points), _SMALLEST)
        parts += [of_pairs * inverse_length, of_points]
        inverse_length = inverse_length[..., 0]
    shape = ops.shape(of_pairs)
    columns = []
    for pairs, singles in zip(parts[::2], parts[1::2], strict=True):
        columns += [pairs, ops.broadcast_to(singles[:, :, None], shape), ops.broadcast_to(singles[:, None], shape)]
    return ops.concatenate(columns, axis=-1), inverse_length


def _joined(layer, invariants, values, training):
    """Return the representation of each pair, (b, n, n, d): value net, merge and join in one."""
    of_pairs, of_points = (_projection(kernel) for kernel in _kernels(layer, "join"))
    first, second = (of_points(_projection(kernel)(values)) for kernel in _kernels(layer, "merge"))
    pairs = run(layer.value_net, invariants, training, project=of_pairs)
    return pairs + first[:, :, None] + second[:, None]


def _kernels(layer, name):
    """Return the two learned projections of "join" or "merge", or None twice where it takes the mean."""
    return getattr(layer, f"{name}_kernels") if getattr(layer, f"{name}_fun") == "concat" else (None, None)


def _projection(kernel):
    return (lambda x: x / 2) if kernel is None else (lambda x: ops.matmul(x, kernel))


def _pair_mask(mask):
    """Return (b, n, n): true where both particles of a pair count, by the masks of positions and of values."""
    given = [m for m in mask if m is not None]
    both = given[0] if len(given) == 1 else ops.logical_and(*given)
    return ops.logical_and(both[:, :, None], both[:, None])


def _softmax(scores, reduce):
    axes = (1, 2) if reduce else 2
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
    if inverse_length is not None:
        lengths = 1 / ops.maximum(algebra.custom_norm(points), _SMALLEST)
        of_pairs = of_pairs + scaled * inverse_length * alpha[3]
        of_first, of_second = of_first + alpha[4] * lengths, of_second + alpha[5] * lengths
    total = (algebra.mvecmvec(points, ops.matmul(of_pairs, points))
             + points * of_first * ops.sum(scaled, axis=2)[..., None]
             + ops.matmul(scaled, points * of_second))
    return ops.sum(total, axis=1) if layer.reduce else total
