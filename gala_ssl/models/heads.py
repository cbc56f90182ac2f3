"""What turns the core's signals into an answer: one function a kind of answer, for the tasks to choose from."""
from keras import layers

from gala_ssl.layers.conversion import Multivector2Vector, Vector2Multivector, ZeroPadding
from gala_ssl.models.parts import equivariant_attention, invariant_attention, mlp


def bond_vectors(bonds, values, mask, config):
    """One vector a bond, (b, n, 3): rotation-equivariant and permutation-equivariant attention.

    The attention acts on the raw input bonds with the core's values, as the authors ran it.
    """
    vectors = _vectors(bonds, values, mask, config, reduce=False)
    return ZeroPadding(name="prediction")(vectors, mask=mask)


def cloud_vector(bonds, values, mask, config):
    """One vector a cloud, (b, 3): rotation-equivariant, permutation-invariant reduction of the raw bonds."""
    return _vectors(bonds, values, mask, config, reduce=True)


def cloud_class(multivectors, values, mask, config, classes):
    """Probabilities of `classes` classes a cloud, (b, classes): permutation-invariant attention, MLP, softmax."""
    pooled = invariant_attention(config, "reduction", reduce=True)([multivectors, values], mask=[mask, mask])
    return layers.Softmax(name="prediction")(mlp(classes, config, "classifier")(pooled))


def _vectors(bonds, values, mask, config, reduce):
    multivectors = Vector2Multivector(name="raw_bonds")(bonds)
    turned = equivariant_attention(config, "answer", reduce)([multivectors, values], mask=[mask, mask])
    return Multivector2Vector(name="answer_vector")(turned)
