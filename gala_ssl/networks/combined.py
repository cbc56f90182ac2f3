"""Several cores side by side as one, for the tasks to stand on (left for later by the paper)."""
import keras
from keras import layers, ops

from gala_ssl.networks.layers.seeds import dense


@keras.saving.register_keras_serializable(package="gala_ssl")
class WeightedSum(keras.layers.Layer):
    """Arrays [(..., d), ...] -> their sum with one learned weight each, which at the start is 1 / how many."""

    def build(self, input_shape):
        count = len(input_shape)
        self.scales = self.add_weight(
            name="scales", shape=(count,), initializer=keras.initializers.Constant(1 / count))

    def call(self, inputs):
        return ops.tensordot(ops.stack(inputs, axis=-1), self.scales, axes=1)


def combine_cores(cores):
    """Return a model with the signals of all `cores`, called as a core is.

    The multivectors are a weighted sum of the cores', the values a projection of all of theirs to the width of
    one, so that every head fits. Weights and projection are learned with the head: `freeze_cores` leaves them free.

    Args:
        cores: GalaCores of one configuration and different names.
    """
    config = cores[0].config
    bonds = keras.Input((None, 3), name="bonds")
    types = keras.Input((None, config.type_width), name="types")
    signals = [core([bonds, types]) for core in cores]
    multivectors = WeightedSum(name="sum_of_multivectors")([multivectors for multivectors, _ in signals])
    values = dense(config.width, use_bias=False, name="projection")(
        layers.Concatenate(name="all_values")([values for _, values in signals]))
    model = keras.Model([bonds, types], [multivectors, values], name="core")
    model.config = config
    return model


def freeze_cores(core):
    """Freeze a GalaCore, or those that a combined one is made of."""
    parts = [layer for layer in core.layers if hasattr(layer, "config") and isinstance(layer, keras.Model)]
    for part in parts or [core]:
        part.trainable = False
