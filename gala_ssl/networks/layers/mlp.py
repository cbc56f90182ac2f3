"""Running a small `keras.Sequential` with neighbouring layers merged where the mathematics allows it.

- A momentum norm before a dense layer becomes part of its kernel and bias: its statistics are constants.
- Layer norm behind a dense layer needs no mean if the kernel's columns are centred beforehand, so that one
  of its two passes over the hidden values, forwards and backwards, falls away.
- The factor gamma of layer norm, behind which come ReLU and another dense layer, becomes part of the kernels on
  both sides: relu(gamma x + beta) = |gamma| relu(sign(gamma) x + beta / |gamma|). Its gradient is then found from
  the kernels', not by another pass over the hidden values.
- A projection behind the last dense layer becomes part of it.

The result is that of calling the net, to rounding.
"""
import keras
from keras import ops

from gala_ssl.networks.layers.normalization import MomentumNormalization, moments

# A smaller factor of layer norm counts as this one.
_SMALLEST_FACTOR = 1e-12


class FlatInput:
    """The rows of an array (..., d), flat: the gradient of a kernel is then a single matrix product.

    A subclass may know its columns by parts, and multiply and average them without forming the array.

    Attributes:
        leading: shape of the array without its last axis.
    """

    def __init__(self, array):
        self.leading = ops.shape(array)[:-1]
        self._flat = ops.reshape(array, (-1, array.shape[-1]))

    def flat(self):
        """Return the array (rows, d)."""
        return self._flat

    def times(self, kernel):
        """Return the product with `kernel` (d, h), (rows, h)."""
        return ops.matmul(self.flat(), kernel)

    def moments(self):
        """Return mean and variance of the columns, (d,) each."""
        return moments(self.flat())


def apply_fused(net, x, training=None, project=None):
    """Return `net(x)`, or `project(net(x))`.

    Args:
        net: keras.Sequential, built.
        x: (..., d), or FlatInput.
        training: whether running statistics move and dropout acts.
        project: a linear function of arrays (..., d), without constant.
    """
    rows = x if isinstance(x, FlatInput) else FlatInput(x)
    leading, layers, factor = rows.leading, list(net.layers), None
    while layers:
        layer = layers.pop(0)
        following = layers[0] if layers else None
        if isinstance(layer, MomentumNormalization) and _is_linear(following):
            mean, deviation = layer.statistics(rows.moments, training)
            kernel = following.kernel / deviation[:, None]
            bias = following.bias - ops.matmul(mean, kernel)
            del layers[0]
        elif _is_linear(layer):
            kernel, bias = layer.kernel, layer.bias
            if factor is not None:
                kernel, factor = factor[:, None] * kernel, None
        else:
            takes_training = isinstance(layer, (keras.layers.Dropout, MomentumNormalization))
            rows = FlatInput(layer(rows.flat(), training=training) if takes_training else layer(rows.flat()))
            continue
        if not layers and project is not None:
            kernel, bias, project = project(kernel), project(bias[None])[0], None
        if layers and _is_plain_norm(layers[0]):
            norm = layers.pop(0)
            kernel, bias = kernel - ops.mean(kernel, axis=-1, keepdims=True), bias - ops.mean(bias)
            if _passes_factors_on(layers):
                gamma = ops.convert_to_tensor(norm.gamma)
                factor, ones = ops.maximum(ops.abs(gamma), _SMALLEST_FACTOR), ops.ones_like(gamma)
                signs = ops.where(gamma < 0, -ones, ones)
                rows = FlatInput(_dense_and_norm(rows, kernel * signs, bias * signs, norm.epsilon) + norm.beta / factor)
            else:
                rows = FlatInput(_dense_and_norm(rows, kernel, bias, norm.epsilon) * norm.gamma + norm.beta)
        else:
            rows = FlatInput(rows.times(kernel) + bias)
    result = rows.flat() if project is None else project(rows.flat())
    return ops.reshape(result, (*leading, result.shape[-1]))


def _is_linear(layer):
    return isinstance(layer, keras.layers.Dense) and layer.use_bias and layer.activation is keras.activations.linear


def _is_plain_norm(layer):
    return (isinstance(layer, keras.layers.LayerNormalization) and layer.axis in (-1, [-1])
            and layer.center and layer.scale and not layer.rms_scaling)


def _passes_factors_on(layers):
    """Say whether positive factors of the columns pass through ReLU and dropout into a dense layer's kernel."""
    following = [layer for layer in layers[:3] if not isinstance(layer, keras.layers.Dropout)]
    return (len(following) >= 2 and isinstance(following[0], keras.layers.Activation)
            and following[0].activation is keras.activations.relu and _is_linear(following[1]))


def _dense_and_norm(rows, kernel, bias, epsilon):
    """Return the layer norm, but for its factor and shift, of `rows @ kernel + bias`, of which columns may be negated.

    Centring the kernel centres every row of the product. The sum along a row, and the spreading of one number
    over it, are products with ones: XLA adds up rows of a matrix number by number on a CPU, and so it would the
    gradient of the spreading.
    """
    x = rows.times(kernel) + bias
    ones = ops.ones((x.shape[-1], 1), dtype=x.dtype)
    variance = ops.matmul(ops.square(x), ones / x.shape[-1])
    return x * ops.matmul(ops.rsqrt(variance + epsilon), ops.transpose(ones))
