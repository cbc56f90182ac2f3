"""The attention layers here equal the published ones: outputs, gradients and running statistics."""
import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from gala_ssl.networks.layers import attention, pairwise
from gala_ssl.networks.layers.normalization import MomentumNormalization
from tests.properties import assert_close
from tests.selection import in_tiers
from tests.strategies import SEEDS, attention_options, examples

tf = pytest.importorskip("tensorflow")
published = pytest.importorskip("gala_ssl.networks.layers.published")

pytestmark = pytest.mark.tensorflow

CLOUDS, POINTS, LABELS, WIDTH = 2, 4, 3, 3
KINDS = ("MultivectorAttention", "Multivector2MultivectorAttention", "LabeledMultivectorAttention")
# What the core uses.
FAST = {"rank": 2, "invariant_mode": "full", "covariant_mode": "full", "linear_terms": 0}


def net(width, normalize=False):
    """A net like those of the core: momentum norm (of the value net), dense, layer norm, ReLU, dense."""
    steps = [keras.layers.Dense(5), keras.layers.LayerNormalization(), keras.layers.Activation("relu"),
             keras.layers.Dense(width)]
    return keras.Sequential([MomentumNormalization(epsilon=1e-2)] * normalize + steps)


def layer_of(kind, options, room):
    nets = {"score_net": net(1), "value_net": net(WIDTH, normalize=True)}
    if kind != "MultivectorAttention":
        nets["scale_net"] = net(1)
        return getattr(room, kind)(**nets, **options)
    return getattr(room, kind)(**nets, **{k: v for k, v in options.items() if k != "convex_covariants"})


def both(kind, options, inputs, rng):
    """Return the published layer and ours, built, with the same random weights and running statistics."""
    keras.backend.clear_session()  # the layers of thousands of examples would fill the memory
    layers = [layer_of(kind, options, room) for room in (published, attention)]
    for layer in layers:
        layer(inputs)
    weights = [rng.normal(scale=0.5, size=weight.shape) for weight in layers[0].weights]
    for layer in layers:
        assert [weight.shape for weight in layer.weights] == [weight.shape for weight in weights]
        layer.set_weights([abs(value) + 0.3 if weight.name == "sigma" else value
                           for weight, value in zip(layer.weights, weights, strict=True)])
    return layers


@st.composite
def questions(draw, kind, dtype="float32"):
    """(inputs, mask) for a layer: points general, pure vectors or partly zero; weights or none; masks."""
    rng = np.random.default_rng(draw(SEEDS))
    points = rng.normal(size=(CLOUDS, POINTS, 8))
    kind_of_points = draw(st.sampled_from(("general", "general", "vectors", "one zero")))
    if kind_of_points == "vectors":
        points[..., [0, 4, 5, 6, 7]] = 0
    elif kind_of_points == "one zero":
        points[:, 1] = 0
    cloud = [points, rng.normal(size=(CLOUDS, POINTS, WIDTH))]
    if draw(st.booleans()):
        cloud.append(rng.uniform(0.2, 2, size=(CLOUDS, POINTS)))
    inputs = [np.asarray(array, dtype) for array in cloud]
    which = draw(st.sampled_from(("both", "different", "positions", "values", "none")))
    first = np.arange(POINTS) < np.array([[POINTS], [2]])
    second = np.arange(POINTS) >= np.array([[1], [0]])
    mask = {"both": [first, first], "different": [first, second], "positions": [first, None],
            "values": [None, first], "none": None}[which]
    if kind == "LabeledMultivectorAttention":
        inputs = [rng.normal(size=(CLOUDS, LABELS, WIDTH)).astype(dtype), inputs]
        of_labels = draw(st.sampled_from((None, np.array([[1, 1, 0], [0, 1, 1]], bool))))
        mask = None if mask is None and of_labels is None else [of_labels, mask]
    return inputs, mask


def evaluated(layer, inputs, mask, training):
    """Return (output, gradients by inputs, gradients by weights): of the output in a random direction."""
    tensors = keras.tree.map_structure(tf.convert_to_tensor, inputs)
    flat = keras.tree.flatten(tensors)
    with tf.GradientTape() as tape:
        tape.watch(flat)
        output = layer(tensors, mask=mask, training=training)
        direction = np.random.default_rng(3).normal(size=output.shape)
        questioned = tf.reduce_sum(output * tf.constant(direction, output.dtype))
    variables = [weight.value for weight in layer.trainable_weights]
    gradients = tape.gradient(questioned, flat + variables, unconnected_gradients="zero")
    gradients = [gradient.numpy() for gradient in gradients]
    return output.numpy(), gradients[: len(flat)], gradients[len(flat):]


def a_general_point(inputs):
    """Say whether no product of points has a part that vanishes but for rounding.

    The length of such a part, as of the bivector of a vector times itself, has a kink there: each way of
    rounding gives its gradient another direction.
    """
    points = next(array for array in keras.tree.flatten(inputs) if array.shape[-1] == 8)
    return points[..., 0].any()


def assert_equal(layers, inputs, mask, training, relative=1e-5, of_gradients=1e-4):
    theirs, ours = layers
    (output, of_inputs, of_weights), found = (evaluated(layer, inputs, mask, training) for layer in layers)
    assert_close(found[0], output, relative, "output")
    largest = max(np.max(np.abs(gradient), initial=0) for gradient in of_inputs + of_weights)
    for what, expected, actual in (("inputs", of_inputs, found[1]), ("weights", of_weights, found[2])):
        for i, (a, b) in enumerate(zip(expected, actual, strict=True)):
            if what == "inputs" and a.shape[-1] == 8 and not a_general_point(inputs):
                continue
            np.testing.assert_allclose(b, a, rtol=0, atol=of_gradients * largest, err_msg=f"by {what} {i}")
    for a, b in zip(theirs.non_trainable_weights, ours.non_trainable_weights, strict=True):
        assert_close(b.numpy(), a.numpy(), relative, f"running statistics, {a.name}")


@pytest.fixture
def fast_calls(monkeypatch):
    """The layers that took the fast path, in order."""
    taken, evaluate = [], pairwise.evaluate

    def recorded(layer, *arguments):
        taken.append(layer)
        return evaluate(layer, *arguments)

    monkeypatch.setattr(pairwise, "evaluate", recorded)
    return taken


@pytest.mark.parametrize("kind", in_tiers(KINDS, (), KINDS[1:2]))
@examples(40)
@given(data=st.data())
def test_every_option(kind, data):
    options = data.draw(attention_options(kind != "MultivectorAttention"))
    inputs, mask = data.draw(questions(kind))
    layers = both(kind, options, inputs, np.random.default_rng(data.draw(SEEDS)))
    assert_equal(layers, inputs, mask, data.draw(st.booleans()))


@pytest.mark.parametrize("kind", [KINDS[0], pytest.param(KINDS[1], marks=pytest.mark.slow)])
@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_settings_of_the_core(kind, data, fast_calls):
    options = data.draw(attention_options(kind != "MultivectorAttention")) | FAST
    inputs, mask = data.draw(questions(kind))
    layers = both(kind, options, inputs[:2], np.random.default_rng(data.draw(SEEDS)))
    fast_calls.clear()
    assert_equal(layers, inputs[:2], mask, data.draw(st.booleans()))
    assert fast_calls == [layers[1]]


@pytest.mark.parametrize("change", [
    {"rank": 1}, {"rank": 3}, {"invariant_mode": "partial"}, {"invariant_mode": "single"},
    {"covariant_mode": "partial"}, {"linear_terms": 1}], ids=str)
def test_other_settings_take_the_general_path(change, fast_calls):
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(2, 4, width)).astype("float32") for width in (8, WIDTH)]
    both("Multivector2MultivectorAttention", FAST | change, inputs, rng)
    assert not fast_calls


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reduce", [True, False])
def test_two_clouds(kind, reduce):
    """Pairs of a point of one cloud and a point of another, of another size and with weights."""
    rng = np.random.default_rng(1)
    first, second = ([rng.normal(size=(CLOUDS, n, width)).astype("float32") for width in (8, WIDTH)]
                     for n in (POINTS, POINTS + 1))
    inputs = [first, [*second, rng.uniform(0.5, 1, size=second[0].shape[:2]).astype("float32")]]
    masks = [[rng.uniform(size=array.shape[:2]) < 0.7] * 2 for array in (first[0], second[0])]
    if kind == "LabeledMultivectorAttention":
        inputs, masks = [rng.normal(size=(CLOUDS, LABELS, WIDTH)).astype("float32"), inputs], [None, masks]
    layers = both(kind, {"reduce": reduce, "invariant_mode": "full", "merge_fun": "concat"}, inputs, rng)
    assert_equal(layers, inputs, masks, training=True)


@pytest.mark.parametrize("options", [{}, FAST], ids=["defaults", "core"])
@pytest.mark.parametrize("kind", KINDS)
def test_invariants_and_attention_are_returned(kind, options):
    rng = np.random.default_rng(2)
    inputs = [rng.normal(size=(CLOUDS, POINTS, width)).astype("float32") for width in (8, WIDTH)]
    if kind == "LabeledMultivectorAttention":
        inputs = [rng.normal(size=(CLOUDS, LABELS, WIDTH)).astype("float32"), inputs]
    theirs, ours = both(kind, options, inputs, rng)
    for asked in ({"return_invariants": True}, {"return_attention": True},
                  {"return_invariants": True, "return_attention": True}):
        expected, found = theirs(inputs, **asked), ours(inputs, **asked)
        assert len(expected) == len(found) == 1 + len(asked)
        for a, b in zip(expected, found, strict=True):
            assert_close(b.numpy(), a.numpy(), 1e-5)


@pytest.fixture
def double_precision(monkeypatch):
    """Layers compute in double precision; the published ones after two constants are given the dtype."""
    monkeypatch.setattr(published.MultivectorAttention.math, "named_constant",
                        lambda name, x, ref: tf.constant(x, ref.dtype))
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("double_precision")
@examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_double_precision(kind, data):
    options = data.draw(attention_options(kind != "MultivectorAttention"))
    if data.draw(st.booleans()):
        options |= FAST
    inputs, mask = data.draw(questions(kind, "float64"))
    layers = both(kind, options, inputs, np.random.default_rng(data.draw(SEEDS)))
    assert layers[1](inputs).dtype == "float64"
    # The length of zero is 0 in the published layers and 3e-19 in ours, 3e-12 where it is normalised.
    assert_equal(layers, inputs, mask, data.draw(st.booleans()), 2e-11, 1e-9)
