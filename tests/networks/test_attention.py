"""The attention layers: what the published package states of its own, and Keras's usual rounds."""
import json

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from gala_ssl.networks.layers import algebra, attention
from gala_ssl.networks.layers.conversion import Vector2Multivector
from gala_ssl.networks.layers.normalization import MomentumNormalization
from tests import properties
from tests.strategies import SEEDS, attention_options, batches, examples, rotations

pytestmark = pytest.mark.any_backend

WIDTH, LABELS, POINTS = 4, 2, 5
KINDS = ("MultivectorAttention", "Multivector2MultivectorAttention", "LabeledMultivectorAttention")
CORE = {"rank": 2, "invariant_mode": "full", "covariant_mode": "full", "include_normalized_products": True,
        "merge_fun": "concat", "join_fun": "concat"}


def net(width, normalize=False):
    steps = [keras.layers.Dense(5), keras.layers.LayerNormalization(), keras.layers.Activation("relu"),
             keras.layers.Dense(width)]
    return keras.Sequential([MomentumNormalization(epsilon=1e-2)] * normalize + steps)


def layer_of(kind, options, room=attention):
    nets = {"score_net": net(1), "value_net": net(WIDTH, normalize=True)}
    nets |= {} if kind == "MultivectorAttention" else {"scale_net": net(1)}
    return getattr(room, kind)(**nets, **options)


def as_network(kind, options):
    """(network, kind of its output): the layer as a function of bonds and types, which become its values.

    Each bond becomes a multivector with all four parts, built so that it turns with the bond.
    """
    layer = layer_of(kind, options)
    labels = np.random.default_rng(7).normal(size=(1, LABELS, WIDTH)).astype(np.float32)

    def network(inputs):
        bonds, types = inputs
        vectors = Vector2Multivector()(bonds)
        lengths = algebra.custom_norm(bonds)
        scalars = ops.pad(lengths, ((0, 0), (0, 0), (0, 7)))
        points = vectors + scalars + algebra.mvec_dual(vectors - 2 * scalars)
        if kind != "LabeledMultivectorAttention":
            return layer([points, types])
        repeated = ops.repeat(labels, len(bonds), axis=0)
        answer = layer([repeated, [points, types]])
        return answer if options["reduce"] else ops.swapaxes(answer, 1, 2)  # bonds come first

    belongs = "cloud" if options["reduce"] else "bond"
    return network, [f"{belongs} {'values' if kind == 'MultivectorAttention' else 'multivectors'}"]


@pytest.mark.parametrize("kind", KINDS)
@examples(25)
@given(data=st.data())
def test_rotation_and_permutation(kind, data):
    """All modes, ranks 1 to 3: values stay, multivectors turn, the order of points does not matter."""
    options = data.draw(attention_options(kind != "MultivectorAttention"))
    network, kinds = as_network(kind, options)
    bonds, types = data.draw(batches(count=2, size=POINTS, types=2, kinds=("random", "lattice", "zero_bond")))
    properties.assert_rotation_equivariant(network, kinds, bonds, types, data.draw(rotations()))
    order = np.random.default_rng(data.draw(SEEDS)).permutation(POINTS)
    properties.assert_permutation_equivariant(network, kinds, bonds, types, order)


def functional(kind, options, room=attention):
    """A keras.Model of one layer: [multivectors, values, mask] (and labels, first) -> answer."""
    points, values = keras.Input((None, 8)), keras.Input((None, WIDTH))
    mask = keras.Input((None,), dtype="bool")
    layer = layer_of(kind, options, room)
    if kind != "LabeledMultivectorAttention":
        return keras.Model([points, values, mask], layer([points, values], mask=[mask, mask]))
    labels = keras.Input((None, WIDTH))
    answer = layer([labels, [points, values]], mask=[None, [mask, mask]])
    return keras.Model([labels, points, values, mask], answer)


def question(kind, seed=0):
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=(3, POINTS, width)).astype(np.float32) for width in (8, WIDTH)]
    arrays += [np.arange(POINTS) < np.array([[5], [3], [4]])]
    labels = rng.normal(size=(3, LABELS, WIDTH)).astype(np.float32)
    return [labels, *arrays] if kind == "LabeledMultivectorAttention" else arrays


ROUNDS = [pytest.param({}, id="defaults", marks=pytest.mark.slow), pytest.param(CORE, id="core"),
          pytest.param({"rank": 3, "reduce": False, "linear_terms": 2, "linear_mode": "full"}, id="rank 3",
                       marks=pytest.mark.slow)]


# Files are the same on any backend, and JAX compiles each operation for each.
@pytest.mark.tensorflow
@pytest.mark.parametrize("options", ROUNDS)
@pytest.mark.parametrize("kind", KINDS)
def test_config_file_and_weights_round_trip(kind, options, tmp_path):
    model, asked = functional(kind, options), question(kind)
    expected = np.asarray(model(asked))

    layer = next(layer for layer in model.layers if type(layer).__name__ == kind)
    config = json.dumps(layer.get_config())
    assert json.dumps(type(layer).from_config(json.loads(config)).get_config()) == config

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(np.asarray(loaded(asked)), expected)

    model.save_weights(tmp_path / "model.weights.h5")
    fresh = functional(kind, options)
    assert np.abs(np.asarray(fresh(asked)) - expected).max() > 1e-3
    fresh.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(np.asarray(fresh(asked)), expected)


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("kind", KINDS)
def test_published_layers_make_the_round_too(kind, tmp_path):
    """With linear terms and reduction, where the package's own configuration and masks break."""
    from gala_ssl.networks.layers import published
    model = functional(kind, {"linear_terms": 2, "linear_mode": "full"}, published)
    asked = question(kind)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(np.asarray(loaded(asked)), np.asarray(model(asked)))


@pytest.mark.parametrize("options", [
    pytest.param(CORE, id="core"), pytest.param({"rank": 3, "reduce": False}, id="rank 3", marks=pytest.mark.slow)])
def test_compiled_by_xla_equals_eager(options):
    model, asked = functional("Multivector2MultivectorAttention", options), question("")
    eager = np.asarray(model(asked))
    model.compile(jit_compile=True)
    properties.assert_close(model.predict_on_batch(asked), eager, 1e-5)


def test_a_cloud_of_one_point_and_one_of_padding_have_finite_answers():
    for options in (CORE, {"rank": 3}):
        model = functional("Multivector2MultivectorAttention", options)
        points, values, _ = question("")
        assert np.isfinite(np.asarray(model([points[:, :1], values[:, :1], np.ones((3, 1), bool)]))).all()
        assert np.isfinite(np.asarray(model([points, values, np.zeros((3, POINTS), bool)]))).all()
