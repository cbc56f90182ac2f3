"""The pieces that core and heads are made of, with the settings of one CoreConfig."""
import keras
from keras import layers

from gala_ssl.base.errors import InputError
from gala_ssl.networks.layers.dropout import HashDropout
from gala_ssl.networks.layers.normalization import MomentumNormalization
from gala_ssl.networks.layers.seeds import dense, next_seed


def mlp(width, config, name, normalize_inputs=False):
    """Return an MLP with one hidden layer: dense, layer norm, ReLU, dropout, dense of `width`."""
    dropout = HashDropout if config.attention == "fast" else layers.Dropout
    inputs_norm = MomentumNormalization(epsilon=config.invariant_epsilon, name="inputs_norm")
    steps = [inputs_norm] if normalize_inputs else []
    steps += [
        dense(config.hidden, name="hidden"),
        layers.LayerNormalization(name="norm"),
        layers.Activation("relu", name="relu"),
        dropout(config.dropout, seed=next_seed() if config.dropout else None, name="dropout"),
        dense(width, name="out"),
    ]
    return keras.Sequential(steps, name=name)


def check_attention(attention):
    """InputError if layers of this attention do not run on Keras's backend."""
    if attention == "published" and keras.backend.backend() != "tensorflow":
        raise InputError(f"The published attention runs on Keras's TensorFlow backend only, not on "
                         f"{keras.backend.backend()}; take attention 'fast', the same function of its weights.",
                         option="attention", value=attention)


def _layer_class(kind, attention):
    # The published layers need TensorFlow, which a JAX installation may lack.
    if attention == "published":
        check_attention(attention)
        from gala_ssl.networks.layers import published as room
    else:
        from gala_ssl.networks.layers import attention as room
    return getattr(room, kind)


def _common(config, reduce, name):
    return dict(
        score_net=mlp(1, config, f"{name}_score"),
        value_net=mlp(config.width, config, f"{name}_value", normalize_inputs=True),
        reduce=reduce, rank=2, merge_fun=config.merge, join_fun=config.join, invariant_mode="full",
        include_normalized_products=config.normalized_products, name=name,
    )


def invariant_attention(config, name, reduce=False):
    """Return attention that gives rotation-invariant values, one a bond or (`reduce`) one a cloud.

    Call: [multivectors (b, n, 8), values (b, n, width)], mask=[mask, mask] with mask (b, n).
    """
    return _layer_class("MultivectorAttention", config.attention)(**_common(config, reduce, name))


def equivariant_attention(config, name, reduce=False):
    """Return attention that gives multivectors that turn with the cloud, one a bond or one a cloud.

    Call: as `invariant_attention`.
    """
    return _layer_class("Multivector2MultivectorAttention", config.attention)(
        scale_net=mlp(1, config, f"{name}_scale"), covariant_mode="full", **_common(config, reduce, name))


def labeled_attention(config, name):
    """Return attention that makes a multivector for each label of a cloud's multivectors.

    Call: [labels (b, m, width), [multivectors (b, n, 8), values (b, n, width)]] -> (b, m, 8).
    """
    return _layer_class("LabeledMultivectorAttention", config.attention)(
        scale_net=mlp(1, config, f"{name}_scale"), covariant_mode="full", **_common(config, True, name))
