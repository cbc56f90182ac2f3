"""Running a small `keras.Sequential` with neighbouring layers merged where the mathematics allows it.

- A momentum norm before a dense layer becomes part of its kernel and bias: its statistics are constants.
- Layer norm behind a dense layer needs no mean if the kernel's columns are centred beforehand, so that one
  of its two passes over the hidden values, forwards and backwards, falls away.
- A projection behind the last dense layer becomes part of it.

The result is that of calling the net, to rounding.
"""
import keras
from keras import ops

from gala_ssl.layers.normalization import MomentumNormalization


def run(net, x, training=None, project=None):
    """Return `net(x)`, or `project(net(x))`.

    Args:
        net: keras.Sequential, built.
        x: (..., d).
        training: whether running statistics move and dropout acts.
        project: a linear function of arrays (..., d), without constant.
    """
    # Flat rows: the gradient of a kernel is then one matrix product, not one a row of pairs and a sum.
    leading = ops.shape(x)[:-1]
    x = ops.reshape(x, (-1, x.shape[-1]))
    layers = list(net.layers)
    while layers:
        layer = layers.pop(0)
        following = layers[0] if layers else None
        if isinstance(layer, MomentumNormalization) and _is_linear(following):
            mean, deviation = layer.statistics(x, training)
            kernel = following.kernel / deviation[:, None]
            bias = following.bias - ops.matmul(mean, kernel)
        elif _is_linear(layer):
            layers.insert(0, layer)
            kernel, bias = layer.kernel, layer.bias
        else:
            x = layer(x, training=training) if isinstance(layer, keras.layers.Dropout) else layer(x)
            continue
        del layers[0]  # the dense layer
        if not layers and project is not None:
            kernel, bias, project = project(kernel), project(bias[None])[0], None
        if layers and _is_plain_norm(layers[0]):
            x = _dense_and_norm(x, kernel, bias, layers.pop(0))
        else:
            x = ops.matmul(x, kernel) + bias
    x = x if project is None else project(x)
    return ops.reshape(x, (*leading, x.shape[-1]))


def _is_linear(layer):
    return isinstance(layer, keras.layers.Dense) and layer.use_bias and layer.activation is keras.activations.linear


def _is_plain_norm(layer):
    return (isinstance(layer, keras.layers.LayerNormalization) and layer.axis in (-1, [-1])
            and layer.center and layer.scale and not layer.rms_scaling)


def _dense_and_norm(x, kernel, bias, norm):
    """Return the layer norm of `x @ kernel + bias`; centring the kernel centres every row of the product.

    The sum along a row, and the spreading of one number over it, are products with ones: XLA adds up rows of
    a matrix number by number on a CPU, and so it would the gradient of the spreading.
    """
    kernel = kernel - ops.mean(kernel, axis=-1, keepdims=True)
    x = ops.matmul(x, kernel) + (bias - ops.mean(bias))
    ones = ops.ones((x.shape[-1], 1), dtype=x.dtype)
    variance = ops.matmul(ops.square(x), ones / x.shape[-1])
    return x * ops.matmul(ops.rsqrt(variance + norm.epsilon), ops.transpose(ones)) * norm.gamma + norm.beta
