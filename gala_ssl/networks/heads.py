"""What turns the core's signals into an answer: one function a kind of answer, for the tasks to choose from.

Every head is called with the input bonds (b, n, 3), the core's multivectors (b, n, 8) and values (b, n, width),
the mask (b, n) and the core's CoreConfig, then arguments of its own, and returns a Keras tensor.
"""
from keras import layers

from gala_ssl.networks.layers.bottleneck import OrthonormalAxes, RowLabels, VariationalLatent
from gala_ssl.networks.layers.conversion import (
    Invariants,
    MaskedMean,
    Multivector2Vector,
    Vector2Multivector,
    ZeroPadding,
)
from gala_ssl.networks.parts import equivariant_attention, invariant_attention, labeled_attention, mlp


def bond_vectors(bonds, multivectors, values, mask, config):
    """One vector a bond, (b, n, 3): rotation-equivariant and permutation-equivariant attention."""
    vectors = _vectors(bonds, multivectors, values, mask, config, reduce=False)
    return ZeroPadding(name="prediction")(vectors, mask=mask)


def cloud_vector(bonds, multivectors, values, mask, config):
    """One vector a cloud, (b, 3): rotation-equivariant, permutation-invariant reduction."""
    return _vectors(bonds, multivectors, values, mask, config, reduce=True)


def cloud_class(bonds, multivectors, values, mask, config, classes):
    """Probabilities of `classes` classes a cloud, (b, classes): permutation-invariant attention, MLP, softmax."""
    pooled = invariant_attention(config, "reduction", reduce=True)([multivectors, values], mask=[mask, mask])
    return layers.Softmax(name="prediction")(mlp(classes, config, "classifier")(pooled))


def bond_class(bonds, multivectors, values, mask, config, classes):
    """Probabilities of `classes` classes a bond, (b, n, classes); the same for all classes for padding.

    Rotation-invariant and permutation-equivariant attention, MLP, softmax. Zeros for padding would be no probabilities:
    on some backends their cross-entropy is NaN, and stays so with a weight of zero.
    """
    seen = invariant_attention(config, "attention")([multivectors, values], mask=[mask, mask])
    scores = ZeroPadding(name="scores")(mlp(classes, config, "classifier")(seen), mask=mask)
    return layers.Softmax(name="prediction")(scores)


def decoded_bonds(bonds, multivectors, values, mask, config, latent, kl_scale):
    """One vector a bond, (b, n, 3), by way of three axes a cloud and `latent` numbers a bond.

    Two rotation-equivariant, permutation-invariant reductions give two vectors and these the axes; the values of
    each bond give its variational latent. Labelled attention then makes a vector of the axes for each latent.
    """
    pair = [_vector(multivectors, values, mask, config, reduce=True, name=name) for name in ("first", "second")]
    axes = OrthonormalAxes(name="axes")(pair)
    coded = VariationalLatent(latent, kl_scale, name="latent")(values, mask=mask)
    labels = mlp(config.width, config, "labels")(coded)
    points = [Vector2Multivector(name="axis_multivectors")(axes), RowLabels(config.width, name="axis_values")(axes)]
    decoded = Multivector2Vector(name="decoded_vector")(labeled_attention(config, "decoded")([labels, points]))
    return ZeroPadding(name="prediction")(decoded, mask=mask)


def summary(model):
    """What a task's head makes of a whole cloud before its answer, rotation-invariant (b, d); None if nothing.

    The reduction of `cloud_class`, the invariants of the reduced multivector of `cloud_vector`, or the mean over
    the bonds of the latent of `decoded_bonds`.
    """
    outputs = {layer.name: layer.output for layer in model.layers}
    if "reduction" in outputs:
        return outputs["reduction"]
    if "latent" in outputs:
        return MaskedMean(name="mean_latent")(outputs["latent"], mask=outputs["bond_mask"])
    if "answer" in outputs and len(outputs["answer"].shape) == 2:
        return Invariants(name="answer_invariants")(outputs["answer"])
    return None


def _vectors(bonds, multivectors, values, mask, config, reduce):
    """The final attention of the regression heads, on the raw bonds or on the core's multivectors."""
    if config.vector_inputs == "bonds":
        multivectors = Vector2Multivector(name="raw_bonds")(bonds)
    return _vector(multivectors, values, mask, config, reduce, "answer")


def _vector(multivectors, values, mask, config, reduce, name):
    turned = equivariant_attention(config, name, reduce)([multivectors, values], mask=[mask, mask])
    return Multivector2Vector(name=f"{name}_vector")(turned)
