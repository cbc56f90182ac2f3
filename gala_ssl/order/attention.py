"""Attention maps: which bonds, and which pairs of bonds, each attention layer of a trained network looks at."""
import keras
import numpy as np
from geometric_algebra_attention import base
from keras import ops

from gala_ssl.networks.compiled import CompiledWhereItPays
from gala_ssl.networks.layers.pairwise import pair_mask
from gala_ssl.order.shells import ShellSums


class AttentionMaps:
    r"""The attention weights of a network's layers over the pairs of bonds of each particle.

    A layer of the core makes of each bond i of a cloud the sum over j of :math:`w_{ij} v_{ij}`, with
    :math:`\sum_j w_{ij} = 1`: row i of its map says at which bonds j it looks. A layer that reduces a cloud to one
    answer, as those of the heads that answer for the cloud, weighs all pairs together: :math:`\sum_{ij} w_{ij} = 1`.
    The weights are rotation-invariant and change order with the bonds.

    Args:
        embedding: `gala_ssl.Embedding`, whose network, neighbours and length scale are used.
        jit_compile: compile the network with XLA, half a minute once, then several times as fast: True, False, or None
            for frames of more than 2000 particles.

    Attributes:
        layers: names of the L attention layers over pairs of bonds, the core's first, then the head's. The decoder of
            the autoencoder is none of them, because it looks at three axes instead of bonds.
        reduces: (L,) bool: whether a layer's weights sum to 1 over all pairs, or else in each row.

    Call on a Frame or PointClouds, as the embedding; returns (n, L, k, k) float32, bonds nearest first as in
    `gala_ssl.point_clouds`. Pairs with padding have weight 0. Of a frame that is large, take `parts`: a million
    particles have ten gigabytes of weights.

    Raises:
        InputError: what the embedding refuses.

    Example:
        >>> maps = AttentionMaps(gala_ssl.Embedding.from_pretrained("frame_classification"))
        >>> weights = maps(gala_ssl.prototypes.build("cF4-Cu", 500))
        >>> weights[:, maps.layers.index("block0_values")].sum(axis=-1)   # ones
    """

    def __init__(self, embedding, jit_compile=None):
        self.embedding, model, core = embedding, embedding.model, embedding.core
        of_core, of_head = _pair_layers(core), _pair_layers(model)
        self.layers = tuple(layer.name for layer in of_core + of_head)
        self.reduces = np.array([layer.reduce for layer in of_core + of_head])
        in_core = keras.Model(core.inputs, _stacked(of_core))
        weights = in_core(model.inputs)
        if of_head:
            # The head's inputs are among the model's tensors, those of the core's layers among the core's.
            weights = ops.concatenate([weights, _stacked(of_head)], axis=1)
        self._compiled = CompiledWhereItPays(keras.Model(model.inputs, weights), jit_compile)

    def __call__(self, frame):
        found = [weights for _, weights in self.parts(frame)]
        if not found:  # PointClouds of no particles
            return np.empty((0, len(self.layers), *2 * frame.bonds.shape[1:2]), np.float32)
        return np.concatenate(found)

    def parts(self, frame):
        """Yield (PointClouds, weights (n, L, k, k)) of some hundred particles at a time, in order.

        The bonds are in the unit of length that the network knows, shortest distances.
        """
        model = self._compiled(len(frame))
        for clouds in self.embedding.chunks(frame):
            yield clouds, self.embedding.predict(model, clouds)

    def by_shell(self, frame, edges, seen=None):
        """Return the `ShellSums` of a whole frame, of which only a chunk of weights is in memory at a time.

        Args:
            frame: Frame or PointClouds.
            edges: (S - 1,) distances between the shells, in shortest distances, see
                `gala_ssl.order.shells.shell_edges`.
            seen: a function that is called with each of `parts`, for another use of them.
        """
        sums = ShellSums(edges, self.reduces)
        for clouds, weights in self.parts(frame):
            sums.add(clouds, weights)
            if seen is not None:
                seen(clouds, weights)
        return sums


def _pair_layers(model):
    """The attention layers over pairs of bonds in a functional model, in order."""
    return [layer for layer in model.layers if isinstance(layer, base.MultivectorAttention) and layer.rank == 2
            and not isinstance(layer, base.LabeledMultivectorAttention)]


class _Weights(keras.layers.Layer):
    """The weights of an attention layer that is somewhere in a model.

    Called beside it, not in it: a Keras layer in a functional model has as many outputs in every place.

    Call: points (b, k, 8), values (b, k, d), masks: one or two of (b, k); returns (b, k, k), 0 where there is padding.
    """

    def __init__(self, attention):
        super().__init__(name=f"{attention.name}_weights")
        self.attention, self.supports_masking = attention, True

    def compute_mask(self, *arguments):
        """Return None, as the attention layer."""
        return None

    def call(self, points, values, masks):
        weights = self.attention([points, values], mask=masks, return_attention=True)[1][..., 0]
        # In a row of padding the softmax runs over nothing but padding and gives it equal weights.
        return weights * ops.cast(pair_mask(masks), weights.dtype)


def _stacked(layers):
    """The weights of layers as they stand in their functional model: a Keras tensor (b, L, k, k)."""
    found = []
    for layer in layers:
        points, values, *masks = layer.input
        found.append(_Weights(layer)(points, values, masks))
    return ops.stack(found, axis=1)
