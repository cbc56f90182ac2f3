"""The compiled kernel is the same function as Keras's network of the same file."""
import functools

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gala_ssl.base.errors import InputError
from gala_ssl.kernel import Kernel, NotForKernel, library
from gala_ssl.kernel.fold import HEADS
from gala_ssl.networks.config import CoreConfig
from gala_ssl.networks.core import build_core
from gala_ssl.networks.heads import summary
from gala_ssl.order.keras_network import KerasNetwork
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.models.build import build_model
from gala_ssl.tasks.models.pretrained import save_pretrained
from tests import tiny
from tests.properties import (
    assert_close,
    assert_padding_ignored,
    assert_permutation_equivariant,
    assert_rotation_equivariant,
)
from tests.small_networks import card_of, settle, small_config
from tests.strategies import CLOUD_KINDS, SEEDS, batches, cloud, examples, rotations, type_encodings

try:
    BEST = library.INSTRUCTION_SETS.index(library.instruction_set())
except NotForKernel:
    pytest.skip("the kernel was not compiled: there is no C++ compiler", allow_module_level=True)
# Of the largest entry: both compute in single precision, in another order.
CLOSE = 2e-5
SERVED = [name for name, task in TASKS.items() if task.kernel_head]


@functools.cache
def tiny_kernel(task, instruction_set=None):
    config = CoreConfig(**tiny.card(task)["core"])
    return Kernel(tiny.FOLDER / f"{task}.safetensors", config, TASKS[task].kernel_head, 1, instruction_set)


def questions(n, k, types=1, seed=0):
    """Clouds of every kind in the networks' unit, two thirds of them with padding anywhere, some of padding alone."""
    rng = np.random.default_rng(seed)
    bonds = np.stack([cloud(CLOUD_KINDS[i % len(CLOUD_KINDS)], k, rng) for i in range(n)]) / 2
    kept = rng.random((n, k)) < rng.random((n, 1))
    kept[::3], kept[1::7] = True, False
    return (bonds * kept[..., None]).astype(np.float32), type_encodings((n, k), types, rng) * kept[..., None]


def assert_same(model, kernel, bonds, types, wanted=("mean", "bonds", "answer")):
    """Assert that the core's values, their mean and the head's answer are those of a keras.Model of the task."""
    values = np.asarray(model.get_layer("core")([bonds, types])[1])
    count = np.maximum(types.any(axis=-1).sum(axis=1), 1)
    expected = {"bonds": values, "mean": values.sum(axis=1) / count[:, None]}
    if "answer" in wanted:
        expected["answer"] = np.asarray(model([bonds, types]))
    for name in wanted:
        assert_close(kernel(bonds, types, name), expected[name], CLOSE, name)


@pytest.mark.parametrize("chosen", library.INSTRUCTION_SETS[:BEST + 1])
@pytest.mark.parametrize("task", SERVED)
def test_core_and_head_are_those_of_keras(task, chosen):
    assert_same(tiny.model(task), tiny_kernel(task, chosen), *questions(35, 6))


@pytest.mark.parametrize("k", [1, 2, 13, 64])
def test_clouds_of_any_width(k):
    """Such as divide into no even groups of pairs."""
    assert_same(tiny.model("denoising"), tiny_kernel("denoising"), *questions(9, k))


def test_a_core_whose_head_is_left_to_keras():
    kernel = Kernel(tiny.FOLDER / "autoencoder.safetensors", CoreConfig(**tiny.card("autoencoder")["core"]))
    bonds, types = questions(20, 6)
    assert_same(tiny.model("autoencoder"), kernel, bonds, types, ("mean", "bonds"))
    with pytest.raises(NotForKernel):
        kernel(bonds, types, "answer")


@pytest.mark.parametrize("task", ["frame_classification", "shift_identification"])
def test_what_the_head_makes_of_a_cloud(task):
    import keras

    model, (bonds, types) = tiny.model(task), questions(20, 6)
    expected = np.asarray(keras.Model(model.inputs, summary(model))([bonds, types]))
    # Its lengths are roots of small numbers: a vector of length zero to rounding has one of 1e-4 of it.
    assert_close(tiny_kernel(task)(bonds, types, "summary"), expected, 1e-4)


def test_summary_and_answer_side_by_side():
    questioned, kernel = questions(20, 6), tiny_kernel("frame_classification")
    both = kernel(*questioned, "summary and answer")
    np.testing.assert_array_equal(both, np.hstack([kernel(*questioned, wanted) for wanted in ("summary", "answer")]))
    by_keras = KerasNetwork(tiny.model("frame_classification"), False)
    assert by_keras.dimension("summary and answer") == kernel.size("summary and answer") == both.shape[1]
    assert_close(by_keras.in_chunks(*questioned, "summary and answer", 20), both, 1e-4)


@pytest.fixture(scope="module", params=[
    ("frame_classification", {"type_width": 4, "blocks": 2}),
    ("shift_identification", {"type_width": 6, "width": 6, "hidden": 10, "join": "mean", "merge": "mean",
                              "normalized_products": False, "multivector_norm": "none",
                              "vector_inputs": "multivectors"}),
], ids=["mixture", "other_settings"])
def other(request, tmp_path_factory):
    """A network of other settings than the shipped ones, (keras.Model, path of its file)."""
    task, settings = request.param
    keras.utils.set_random_seed(0)
    model = build_model(task, build_core(small_config(**settings)))
    settle(model)
    folder = tmp_path_factory.mktemp("weights")
    save_pretrained(model, card_of(model, 6), folder)
    return model, folder / f"{task}.safetensors"


def test_mixtures_and_every_setting_of_the_core(other):
    model, path = other
    config = model.get_layer("core").config
    kernel = Kernel(path, config, TASKS[model.name].kernel_head)
    assert_same(model, kernel, *questions(20, 7, config.type_width // 2))


PROPERTIES = {"frame_classification": ["cloud values", "bond values", "cloud values"],
              "denoising": ["cloud values", "bond values", "bond vectors"],
              "nearest_bond": ["cloud values", "bond values", "cloud vectors"],
              "noisy_bond": ["cloud values", "bond values", "bond values"]}


def network(task):
    kernel = tiny_kernel(task)
    return lambda inputs: [kernel(*inputs, wanted) for wanted in ("mean", "bonds", "answer")]


@pytest.mark.parametrize("task", PROPERTIES)
@given(batch=batches(), rotation=rotations())
@examples(40)
def test_a_turned_cloud_has_the_same_values_and_turned_vectors(task, batch, rotation):
    assert_rotation_equivariant(network(task), PROPERTIES[task], *batch, rotation)


@pytest.mark.parametrize("task", PROPERTIES)
@given(batch=batches(), order=st.permutations(range(6)))
@examples(40)
def test_the_order_of_the_bonds_does_not_matter(task, batch, order):
    assert_permutation_equivariant(network(task), PROPERTIES[task], *batch, np.array(order))


@pytest.mark.parametrize("task", PROPERTIES)
@given(batch=batches(), rows=st.integers(1, 5), seed=SEEDS)
@examples(40)
def test_padding_changes_nothing(task, batch, rows, seed):
    assert_padding_ignored(network(task), PROPERTIES[task], *batch, rows, np.random.default_rng(seed))


@pytest.mark.parametrize("wanted", ["mean", "answer"])
def test_two_threads_give_the_bits_of_one(wanted):
    bonds, types = questions(3 * library.CHUNK - 5, 6)
    kernels = [Kernel(tiny.FOLDER / "denoising.safetensors", tiny_kernel("denoising").config, "bond_vectors", threads)
               for threads in (1, 2)]
    one, two = (kernel(bonds, types, wanted) for kernel in kernels)
    assert one.tobytes() == two.tobytes() and np.isfinite(one).all()


def test_not_a_number_stays_in_its_cloud():
    bonds, types = questions(20, 6)
    kernel, task = tiny_kernel("frame_classification"), "answer"
    expected = kernel(bonds, types, task)
    bonds[3, 2] = np.nan
    found = kernel(bonds, types, task)
    assert np.isnan(found[3]).all()
    np.testing.assert_array_equal(np.delete(found, 3, axis=0), np.delete(expected, 3, axis=0))


def test_no_clouds():
    assert tiny_kernel("denoising")(np.empty((0, 6, 3)), np.empty((0, 6, 2)), "answer").shape == (0, 6, 3)


def test_what_the_kernel_does_not_know_is_said(tmp_path, monkeypatch):
    config, path = tiny_kernel("denoising").config, tiny.FOLDER / "denoising.safetensors"
    with pytest.raises(NotForKernel) as raised:
        Kernel(path, config, "decoded_bonds")
    assert (raised.value.option, raised.value.value) == ("head", "decoded_bonds") and "decoded_bonds" not in HEADS
    with pytest.raises(NotForKernel) as raised:
        tiny_kernel("denoising")(np.ones((1, 65, 3)), np.ones((1, 65, 2)))
    assert (raised.value.option, raised.value.value) == ("k", 65)
    for wrong in (CoreConfig(width=16, hidden=8, blocks=1), CoreConfig(width=8, hidden=8, blocks=2)):
        with pytest.raises(NotForKernel):
            Kernel(path, wrong, "bond_vectors")
    with pytest.raises(InputError):
        tiny_kernel("denoising")(np.ones((1, 6, 3)), np.ones((1, 6, 4)))
    damaged = tmp_path / "denoising.safetensors"
    damaged.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(NotForKernel) as raised:
        Kernel(damaged, config)
    assert raised.value.path == str(damaged)


def test_without_the_library_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    library.library.cache_clear()
    try:
        with pytest.raises(NotForKernel):
            Kernel(tiny.FOLDER / "denoising.safetensors", tiny_kernel("denoising").config)
    finally:
        library.library.cache_clear()
