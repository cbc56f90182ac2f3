"""Momentum norms: equal to the published ones, blind to padding, still when frozen."""
import keras
import numpy as np
import pytest

from gala_ssl.networks.layers.normalization import MomentumLayerNormalization, MomentumNormalization

pytestmark = pytest.mark.any_backend

CLASSES = (MomentumNormalization, MomentumLayerNormalization)


def clouds(steps=4, seed=0):
    return np.random.default_rng(seed).normal(1, 3, size=(steps, 5, 6, 8)).astype(np.float32)


def statistics(layer):
    return [np.asarray(weight) for weight in layer.weights]


@pytest.mark.tensorflow
@pytest.mark.parametrize("momentum", [0.99, 0.3])
@pytest.mark.parametrize("name", [cls.__name__ for cls in CLASSES])
def test_equal_to_the_published(name, momentum):
    import geometric_algebra_attention.keras as package
    ours = next(cls for cls in CLASSES if cls.__name__ == name)(momentum=momentum)
    theirs = getattr(package, name)(momentum=momentum)
    for batch in clouds():
        for training in (True, False):
            expected = theirs(batch, training=training).numpy()
            found = np.asarray(ours(batch, training=training))
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    for a, b in zip(statistics(ours), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_statistics_are_the_running_averages():
    features, lengths = MomentumNormalization(momentum=0.8), MomentumLayerNormalization(momentum=0.8)
    mean, deviation, norm = np.zeros(8), np.ones(8), 1.0
    for batch in clouds():
        features(batch, training=True)
        lengths(batch, training=True)
        mean = 0.8 * mean + 0.2 * batch.mean(axis=(0, 1))
        deviation = 0.8 * deviation + 0.2 * batch.std(axis=(0, 1))
        norm = 0.8 * norm + 0.2 * np.linalg.norm(batch, axis=-1).mean()
    np.testing.assert_allclose(np.asarray(features.mu), mean, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(features.sigma), deviation, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(lengths.norm), [norm], rtol=1e-5)


@pytest.mark.parametrize("cls", CLASSES)
def test_masked_rows_count_for_nothing_and_stay(cls):
    batch = clouds()[0]
    mask = np.ones((5, 6), bool)
    mask[:, 4:] = False
    padded, plain = cls(momentum=0.5), cls(momentum=0.5)
    padded.build(batch.shape)
    plain.build(batch.shape)
    spoiled = np.where(mask[..., None], batch, 1e6).astype(np.float32)
    found = np.asarray(padded(spoiled, training=True, mask=mask))
    expected = np.asarray(plain(batch[:, :4], training=True))
    np.testing.assert_allclose(found[:, :4], expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(found[:, 4:], spoiled[:, 4:])
    for a, b in zip(statistics(padded), statistics(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_batch_of_padding_alone_gives_no_nan(cls):
    batch = clouds()[0]
    layer = cls()
    assert np.isfinite(np.asarray(layer(batch, training=True, mask=np.zeros((5, 6), bool)))).all()
    assert all(np.isfinite(value).all() for value in statistics(layer))


@pytest.mark.parametrize("cls", CLASSES)
def test_statistics_rest_in_inference_and_when_frozen(cls):
    layer = cls()
    layer(clouds()[0], training=True)
    before = statistics(layer)
    layer(clouds()[1], training=False)
    layer(clouds()[1])
    layer.trainable = False
    layer(clouds()[2], training=True)
    for a, b in zip(statistics(layer), before, strict=True):
        np.testing.assert_array_equal(a, b)
    layer.trainable = True
    layer(clouds()[2], training=True)
    assert any((a != b).any() for a, b in zip(statistics(layer), before, strict=True))


def test_one_divisor_keeps_multivectors_equivariant():
    """The layer only scales: every part of a multivector by one number."""
    layer = MomentumLayerNormalization(momentum=0.5)
    batch = clouds()[0]
    ratio = np.asarray(layer(batch, training=True)) / batch
    np.testing.assert_allclose(ratio, ratio[0, 0, 0], rtol=1e-5)


@pytest.mark.parametrize("cls", CLASSES)
def test_config_round_trip(cls, tmp_path):
    layer = cls(momentum=0.7, epsilon=1e-3, name="norm")
    assert cls.from_config(layer.get_config()).get_config() == layer.get_config()
    model = keras.Sequential([keras.Input((6, 8)), layer])
    model(clouds()[0], training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(np.asarray(loaded(clouds()[1])), np.asarray(model(clouds()[1])))
