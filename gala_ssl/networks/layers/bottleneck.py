"""What the autoencoder squeezes a cloud through: three axes that turn with it, and a variational latent."""
import keras
from keras import ops

from gala_ssl.networks.layers.seeds import dense, next_seed, normal

# Part of the vectors' mean square below which the area they span counts as this part: they are then collinear.
_COLLINEAR = 1e-4
_SMALLEST_AREA = 1e-12
# Bounds of the logarithm of the latent's variance.
_LOG_VARIANCE = (-20, 10)


@keras.saving.register_keras_serializable(package="gala_ssl")
class OrthonormalAxes(keras.layers.Layer):
    r"""Two vectors [(..., 3), (..., 3)] -> three right-handed orthonormal axes (..., 3, 3), one a row.

    The first two are the orthonormal pair nearest to the vectors, the third is their cross product. The pair is
    :math:`U V^T` of the singular value decomposition :math:`U \Sigma V^T` of the vectors, which is as well
    :math:`(M M^T)^{-1/2} M`, and that has a closed form for two vectors. Unlike the singular vectors it has no
    arbitrary signs, and its gradient is finite where the singular values meet. Turned vectors give turned axes.

    Vectors on one line span no plane: for them the axes are finite and turn, but are not orthonormal.
    """

    def call(self, vectors):
        first, second = vectors
        a, b, c = (ops.sum(x * y, axis=-1, keepdims=True)
                   for x, y in ((first, first), (first, second), (second, second)))
        normal = ops.cross(first, second)
        # The root of the determinant of M M^T, which is the area of the parallelogram.
        smallest = ops.square(_COLLINEAR * (a + c) + _SMALLEST_AREA)
        area = ops.sqrt(ops.sum(normal * normal, axis=-1, keepdims=True) + smallest)
        scale = 1 / (area * ops.sqrt(a + c + 2 * area))
        pair = (((c + area) * first - b * second) * scale, ((a + area) * second - b * first) * scale)
        return ops.stack([*pair, normal / area], axis=-2)

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], 3, 3)


@keras.saving.register_keras_serializable(package="gala_ssl")
class RowLabels(keras.layers.Layer):
    """A learned vector for each row: inputs (b, m, ...) with m known -> (b, m, `width`), whatever the inputs hold."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def build(self, input_shape):
        self.labels = self.add_weight(name="labels", shape=(input_shape[1], self.width), initializer=normal(0.05))

    def call(self, inputs):
        return ops.broadcast_to(self.labels, (ops.shape(inputs)[0], *self.labels.shape))

    def get_config(self):
        return {**super().get_config(), "width": self.width}


@keras.saving.register_keras_serializable(package="gala_ssl")
class VariationalLatent(keras.layers.Layer):
    r"""Values (b, n, d) -> latent (b, n, `width`): the mean of a Gaussian, or in training a draw from it.

    The layer adds `scale` times the Kullback-Leibler divergence of the Gaussians from the standard one to the
    loss, :math:`\frac{1}{2} \sum_k (\mu_k^2 + \sigma_k^2 - 1 - \ln \sigma_k^2)` averaged over the rows where
    `mask` (b, n) is true, and tracks the divergence as the metric "kl" (Kingma and Welling, arXiv 1312.6114).

    Args:
        width: numbers in the latent.
        scale: of the divergence in the loss.
    """

    def __init__(self, width=8, scale=1e-5, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.width, self.scale, self.seed = width, scale, seed
        self.mean = dense(width, name="mean")
        self.log_variance = dense(width, name="log_variance")
        self.seed_generator = keras.random.SeedGenerator(next_seed() if seed is None else seed)
        self.divergence = keras.metrics.Mean(name="kl")

    def build(self, input_shape):
        self.mean.build(input_shape)
        self.log_variance.build(input_shape)

    def call(self, values, mask, training=False):
        mean, log_variance = self.mean(values), ops.clip(self.log_variance(values), *_LOG_VARIANCE)
        divergence = ops.sum(ops.square(mean) + ops.exp(log_variance) - 1 - log_variance, axis=-1) / 2
        weights = ops.cast(mask, divergence.dtype)
        divergence = ops.sum(divergence * weights) / ops.maximum(ops.sum(weights), 1)
        self.add_loss(self.scale * divergence)
        # A JAX step has no place for the metrics of layers: there the divergence is not tracked.
        if keras.backend.backend() != "jax":
            self.divergence.update_state(divergence)
        if not training:
            return mean
        drawn = keras.random.normal(ops.shape(mean), dtype=mean.dtype, seed=self.seed_generator)
        return mean + ops.exp(log_variance / 2) * drawn

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.width)

    def get_config(self):
        return {**super().get_config(), "width": self.width, "scale": self.scale, "seed": self.seed}
