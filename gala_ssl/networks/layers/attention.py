"""Geometric-algebra attention over multivectors in keras.ops, for any Keras backend.

The layers add a Keras backend to the backend-free classes of `geometric_algebra_attention.base` and compute the
same functions of the same weights as `gala_ssl.networks.layers.published`. What the networks here use, pairs with all
products, goes through `gala_ssl.networks.layers.pairwise`, which never forms what the sums over pairs do not need.
"""
import keras
from geometric_algebra_attention import base
from keras import ops

from gala_ssl.networks.layers import algebra, pairwise
from gala_ssl.networks.layers.seeds import normal


class _KerasBackend(keras.layers.Layer):
    """What `geometric_algebra_attention.base` asks of a backend, and what Keras asks of a layer."""

    algebra = algebra
    math = base.Namespace(
        all=ops.all, any=ops.any, asarray=lambda x, ref=None: ops.convert_to_tensor(x),
        bool_to_int=lambda x: ops.cast(x, "int32"), clip=ops.clip, concat=ops.concatenate,
        logical_and=ops.logical_and,
        named_constant=lambda name, x, ref: ops.convert_to_tensor(x, dtype=ref.dtype),
        pow=ops.power, product=ops.prod, reshape=ops.reshape, shape=ops.shape, softmax=ops.softmax,
        sqrt=ops.sqrt, sum=ops.sum, tensordot=ops.tensordot, where=ops.where, zeros_like=ops.zeros_like,
    )
    _nets: tuple[str, ...] = ("score_net", "value_net")

    def build(self, input_shape):
        first = input_shape[0]
        values = first[1] if isinstance(first[0], (tuple, list)) else input_shape[1]
        definitions = self._build_weight_definitions(values[-1])
        for name, group in definitions.groups.items():
            setattr(self, name, [self._weight(definition) for definition in group])
        for name, definition in definitions.singles.items():
            setattr(self, name, self._weight(definition))
        widths = {"value_net": self.invariant_dims}
        for name in self._nets:
            getattr(self, name).build((*self._tuple_axes(values), widths.get(name, values[-1])))

    def _tuple_axes(self, values_shape):
        """Return the shape, with unknown lengths, of an array with a number for each tuple of points."""
        return (None,) * (len(values_shape) - 2 + self.rank)

    def _weight(self, definition):
        return self.add_weight(
            name=definition.name, shape=tuple(definition.shape),
            initializer=normal(definition.stdev))

    def call(self, inputs, return_invariants=False, return_attention=False, mask=None, training=None):
        if not return_invariants and not return_attention and pairwise.supports(self, inputs):
            # Keras gives a None for each input where it was given no mask at all.
            masked = mask is not None and any(m is not None for m in mask)
            return pairwise.evaluate(self, inputs, mask if masked else None, training)
        found = self._evaluate(inputs, mask)
        more = [found.invariants] * return_invariants + [found.attention] * return_attention
        return (found.output, *more) if more else found.output

    def compute_output_spec(self, inputs, return_invariants=False, return_attention=False, **options):
        """Return the shape of what `call` returns.

        For what `pairwise` computes it is known. Without this method Keras would find it by tracing the layer, which
        takes most of the time in which a network is built.
        """
        if return_invariants or return_attention or not pairwise.supports(self, inputs):
            return super().compute_output_spec(
                inputs, return_invariants=return_invariants, return_attention=return_attention, **options)
        points, values = inputs
        width = points.shape[-1] if hasattr(self, "scale_net") else values.shape[-1]
        leading = points.shape[:1] if self.reduce else points.shape[:2]
        return keras.KerasTensor((*leading, width), dtype=self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        """Return None: masks are passed by hand, as `mask=`, and never travel with tensors."""
        return None

    def _calculate_attention(self, scores, values, old_shape):
        axes = self._get_reduction()[1]
        attention = pairwise.softmax(scores, axes)
        return attention, ops.sum(attention * values, axis=axes)

    def get_config(self):
        names = ("reduce", "merge_fun", "join_fun", "rank", "invariant_mode", "covariant_mode",
                 "include_normalized_products", "linear_mode", "linear_terms")
        nets = {name: getattr(self, name).get_config() for name in self._nets}
        return {**super().get_config(), **nets, **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_config(cls, config):
        nets = {name: keras.Sequential.from_config(config[name]) for name in cls._nets}
        return cls(**{**config, **nets})


@keras.saving.register_keras_serializable(package="gala_ssl")
class MultivectorAttention(_KerasBackend, base.MultivectorAttention):
    """Rotation-invariant attention: values v_i' = sum_j w_ij v_ij over pairs (or tuples of `rank`).

    Arguments and equations are those of `geometric_algebra_attention.base.MultivectorAttention`; the nets
    must be `keras.Sequential`.

    Call: [multivectors (..., n, 8), values (..., n, d)] or [..., weights (..., n)], mask=[mask, mask] with
    mask (..., n); returns values (..., n, d), or (..., d) where `reduce`.
    """

    def __init__(self, score_net, value_net, reduce=True, merge_fun="mean", join_fun="mean", rank=2,
                 invariant_mode="single", covariant_mode="single", include_normalized_products=False,
                 linear_mode="partial", linear_terms=0, **kwargs):
        keras.layers.Layer.__init__(self, **kwargs)
        base.MultivectorAttention.__init__(
            self, score_net, value_net, reduce, merge_fun, join_fun, rank, invariant_mode, covariant_mode,
            include_normalized_products, linear_mode, linear_terms)


@keras.saving.register_keras_serializable(package="gala_ssl")
class Multivector2MultivectorAttention(base.Multivector2MultivectorAttention, MultivectorAttention):
    """Rotation-equivariant attention: multivectors r_i' = sum_j w_ij s_ij p_ij over pairs (or tuples of `rank`).

    Arguments and equations are those of `geometric_algebra_attention.base.Multivector2MultivectorAttention`;
    the nets must be `keras.Sequential`.

    Call: as MultivectorAttention; returns multivectors (..., n, 8), or (..., 8) where `reduce`.
    """

    _nets = ("score_net", "value_net", "scale_net")

    def __init__(self, score_net, value_net, scale_net, reduce=True, merge_fun="mean", join_fun="mean", rank=2,
                 invariant_mode="single", covariant_mode="partial", include_normalized_products=False,
                 linear_mode="partial", linear_terms=0, convex_covariants=False, **kwargs):
        # The scale net first, as in the published layer, so that lists of weights have one order.
        base.Multivector2MultivectorAttention.__init__(self, scale_net, convex_covariants)
        MultivectorAttention.__init__(
            self, score_net, value_net, reduce, merge_fun, join_fun, rank, invariant_mode, covariant_mode,
            include_normalized_products, linear_mode, linear_terms, **kwargs)

    def get_config(self):
        return {**super().get_config(), "convex_covariants": self.convex_covariants}


@keras.saving.register_keras_serializable(package="gala_ssl")
class LabeledMultivectorAttention(base.LabeledMultivectorAttention, Multivector2MultivectorAttention):
    """Attention that gives each of m labels a multivector made of a cloud's.

    Arguments and equations are those of `geometric_algebra_attention.base.LabeledMultivectorAttention`.

    Call: [labels (..., m, d), [multivectors (..., n, 8), values (..., n, d)]], mask=[label mask or None,
    [mask, mask]]; returns multivectors (..., m, 8) where `reduce`, else (..., m, n, 8).
    """

    def build(self, input_shape):
        super().build(input_shape[1])

    def _tuple_axes(self, values_shape):
        return (None, *super()._tuple_axes(values_shape))

    def _get_product_summary(self, inputs):
        summary = super()._get_product_summary(inputs)
        # The package indexes with lists, which JAX refuses.
        return summary._replace(broadcast_indices=[tuple(index) for index in summary.broadcast_indices])
