"""What differs on an accelerator: full products, larger chunks, neighbours searched beforehand."""
import itertools

import keras
import numpy as np
import pytest

from gala_ssl.networks.compiled import full_products
from gala_ssl.order.gathered import ahead
from gala_ssl.order.keras_network import accelerator_memory, clouds_that_fit
from gala_ssl.order.network import CHUNK
from tests import tiny
from tests.order.test_gathered import calls_of, frames
from tests.properties import assert_close

pytestmark = pytest.mark.any_backend


def test_a_chunk_is_as_large_as_half_the_memory_holds():
    assert clouds_that_fit(80e9) == 8192 and clouds_that_fit(2**30) == clouds_that_fit(2**31) == CHUNK
    assert clouds_that_fit(1e15) == 64 * CHUNK


@pytest.mark.skipif(accelerator_memory() is not None, reason="of a processor")
def test_on_a_processor_chunks_are_small():
    network = tiny.embedding().network
    assert network.most == CHUNK and network.in_flight == 0


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="of Keras on JAX")
def test_products_are_full_where_a_network_is_compiled(monkeypatch):
    import jax

    embed, seen = tiny.embed_with(), []
    model = embed.network.compiled("mean")(1)
    monkeypatch.setattr(model, "predict_on_batch", lambda inputs: seen.append(
        jax.make_jaxpr(lambda *given: model(list(given)))(*inputs)) or np.zeros((len(inputs[0]), 8)))
    embed(frames(40)[0])
    products = [equation.params["precision"] for equation in everything(seen[0].jaxpr)
                if equation.primitive.name == "dot_general"]
    assert products and all(precision == (jax.lax.Precision.HIGHEST,) * 2 for precision in products)
    with full_products():
        assert jax.config.jax_default_matmul_precision == "highest"
    assert jax.config.jax_default_matmul_precision is None


def everything(jaxpr):
    """Yield the equations of a program and of those within it."""
    for equation in jaxpr.eqns:
        yield equation
        for value in equation.params.values():
            for inner in value if isinstance(value, (tuple, list)) else [value]:
                inner = getattr(inner, "jaxpr", inner)
                if hasattr(inner, "eqns"):
                    yield from everything(inner)


def test_larger_chunks_have_the_same_numbers_and_few_shapes(monkeypatch):
    embed, trajectory = tiny.embed_with(), frames(100, 300, 40)
    expected = [embed(frame) for frame in trajectory]
    embed.network.most, embed.network.in_flight = 4 * CHUNK, 2
    shapes, model = [], embed.network.compiled("mean")(1)
    call, sizes = model.predict_on_batch, calls_of(embed, monkeypatch)
    monkeypatch.setattr(model, "predict_on_batch", lambda inputs: shapes.append(len(inputs[0])) or call(inputs))
    found = [np.concatenate(list(parts)) for _, parts in embed.each(trajectory)]
    for some, same in zip(found, expected, strict=True):
        assert_close(some, same, 1e-6)
    assert sizes == [440] and shapes == [512]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_is_asked_for_beforehand_comes_in_order(count):
    asked = []
    found = ahead((asked.append(i) or i for i in range(6)), count)
    assert next(found) == 0
    assert list(found) == [1, 2, 3, 4, 5] and asked == list(range(6))


def test_no_more_than_so_many_are_asked_for_beforehand():
    asked = []
    found = ahead((asked.append(i) or i for i in itertools.count()), 2)
    next(found), found.close()
    assert len(asked) <= 3


def test_an_error_comes_where_its_item_would():
    def items():
        yield 1
        raise ValueError("the second")

    found = ahead(items(), 2)
    assert next(found) == 1
    with pytest.raises(ValueError, match="the second"):
        next(found)
