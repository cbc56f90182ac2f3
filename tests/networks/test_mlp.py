"""Merged layers compute what the layers one after the other do."""
import keras
import numpy as np
import pytest
from keras import layers

from gala_ssl.networks.layers.mlp import apply_fused
from gala_ssl.networks.layers.normalization import MomentumNormalization

pytestmark = pytest.mark.any_backend

ROWS, WIDTH = 30, 6
NETS = {
    "as in the core": lambda: [MomentumNormalization(), layers.Dense(8), layers.LayerNormalization(),
                               layers.Activation("relu"), layers.Dropout(0.0), layers.Dense(4)],
    "norm at the end": lambda: [layers.Dense(8), layers.LayerNormalization()],
    "another activation": lambda: [layers.Dense(8), layers.LayerNormalization(), layers.Activation("tanh"),
                                   layers.Dense(4)],
    "no dense layer behind": lambda: [layers.Dense(8), layers.LayerNormalization(), layers.Activation("relu")],
    "norms alone": lambda: [MomentumNormalization(), layers.LayerNormalization(), layers.Activation("relu")],
    "dense with activation": lambda: [layers.Dense(8, activation="relu"), layers.LayerNormalization(),
                                      layers.Dense(4)],
}


def built(name):
    """Return a net whose factors of layer norm have both signs, a zero and a tiny one among them."""
    keras.utils.set_random_seed(1)
    net = keras.Sequential([keras.Input((WIDTH,)), *NETS[name]()])
    rng = np.random.default_rng(2)
    for weight in net.weights:
        if weight.name == "sigma":
            weight.assign(rng.uniform(0.5, 2, weight.shape))
        elif weight.name != "seed_generator_state":
            weight.assign(rng.normal(size=weight.shape))
        if weight.name == "gamma":
            weight.assign(np.r_[0.0, 1e-6, rng.normal(size=weight.shape[0] - 2)])
    return net


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("projected", [False, True])
def test_outputs(name, projected):
    net, x = built(name), np.random.default_rng(3).normal(size=(5, ROWS // 5, WIDTH)).astype(np.float32)
    kernel = np.random.default_rng(4).normal(size=(net.output_shape[-1], 3)).astype(np.float32)
    project = (lambda values: keras.ops.matmul(values, kernel)) if projected else None
    expected = np.asarray(net(x.reshape(-1, WIDTH))).reshape(5, -1, net.output_shape[-1])
    expected = expected @ kernel if projected else expected
    found = np.asarray(apply_fused(net, x, project=project))
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", NETS)
def test_gradients(name):
    import tensorflow as tf

    net, x = built(name), np.random.default_rng(3).normal(size=(ROWS, WIDTH)).astype(np.float32)
    weights = [weight.value for weight in net.trainable_weights]
    gradients = []
    for function in (net, lambda values: apply_fused(net, values)):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(function(tf.constant(x)) ** 2)
        gradients.append(tape.gradient(loss, weights))
    largest = max(np.abs(gradient).max() for gradient in gradients[0])
    for weight, expected, found in zip(net.trainable_weights, *gradients):
        # Where a factor is exactly zero, ReLU stands at its kink and the gradient is a matter of convention.
        keep = slice(1, None) if weight.name == "gamma" else slice(None)
        np.testing.assert_allclose(found[keep], expected[keep], atol=1e-4 * largest, err_msg=weight.path)
