"""The core: the network that all tasks share, and whose values become order parameters."""
import dataclasses

import keras
from keras import layers

from gala_ssl.networks.config import CoreConfig
from gala_ssl.networks.layers.conversion import PaddingMask, Vector2Multivector, ZeroPadding
from gala_ssl.networks.layers.normalization import MomentumLayerNormalization
from gala_ssl.networks.layers.seeds import dense
from gala_ssl.networks.parts import equivariant_attention, invariant_attention, mlp


@keras.saving.register_keras_serializable(package="gala_ssl")
class GalaCore(keras.Model):
    """Blocks of geometric-algebra attention that refine two signals of each bond in parallel.

    One signal is a rotation-invariant value, the other a multivector that turns with the cloud (paper,
    Figure 2). A block updates both from both: pairwise attention, a residual connection, and a
    normalisation that keeps the symmetry: layer norm for the values, one running length for the
    multivectors.

    Args:
        config: a CoreConfig.

    Call on [bonds (b, n, 3) in the networks' unit of length, types (b, n, type_width)]; returns
    [multivectors (b, n, 8), values (b, n, width)]. Rows that are padding (types all zero) influence
    nothing and come out as zeros; only in training do pairs with padding count, as published, in the running
    statistics of the invariants.

    Example:
        >>> core = GalaCore(CoreConfig(blocks=1))
        >>> multivectors, values = core([np.ones((4, 20, 3)), np.ones((4, 20, 2))])
    """

    def __init__(self, config=CoreConfig(), name="core", trainable=True, **kwargs):
        # === Layers ===
        config = CoreConfig(**config) if isinstance(config, dict) else config
        embed_types = dense(config.width, name="embed_types")
        to_multivectors = Vector2Multivector(name="to_multivectors")
        padding = PaddingMask(name="padding")
        zero_multivectors = ZeroPadding(name="zero_multivectors")
        zero_values = ZeroPadding(name="zero_values")

        # === Functional model ===
        bonds = keras.Input((None, 3), name="bonds")
        types = keras.Input((None, config.type_width), name="types")
        mask = padding(types)
        multivectors, values = to_multivectors(bonds), embed_types(types)
        for i in range(config.blocks):
            multivectors, values = _block(multivectors, values, mask, config, f"block{i}")
        super().__init__(
            inputs=[bonds, types],
            outputs=[zero_multivectors(multivectors, mask=mask), zero_values(values, mask=mask)],
            name=name, trainable=trainable, **kwargs)

        # === Config ===
        self.config = config

    def get_config(self):
        return {"config": dataclasses.asdict(self.config), "name": self.name, "trainable": self.trainable}


def _block(multivectors, values, mask, config, name):
    """Refine both signals of every bond once."""
    inputs, masks = [multivectors, values], [mask, mask]
    news = invariant_attention(config, f"{name}_values")(inputs, mask=masks)
    news = mlp(config.width, config, f"{name}_mlp")(news)
    turned = equivariant_attention(config, f"{name}_multivectors")(inputs, mask=masks)
    values = layers.LayerNormalization(name=f"{name}_values_norm")(
        layers.Add(name=f"{name}_values_sum")([values, news]))
    multivectors = layers.Add(name=f"{name}_multivectors_sum")([multivectors, turned])
    if config.multivector_norm == "momentum":
        multivectors = MomentumLayerNormalization(name=f"{name}_multivectors_norm")(multivectors, mask=mask)
    return multivectors, values


def build_core(config: CoreConfig = CoreConfig(), **kwargs) -> GalaCore:
    """Return a new `GalaCore`, its weights drawn by the seed of `gala_ssl.tasks.models.build.seeded`, or by Keras's."""
    return GalaCore(config, **kwargs)
