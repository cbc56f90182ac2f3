"""Core and heads: rotation, permutation and padding, for both attentions and awkward clouds."""
import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gala_ssl.networks import heads
from tests import properties
from tests.small_networks import small_core, with_heads
from tests.strategies import SEEDS, batches, examples, rotations

pytestmark = pytest.mark.any_backend

CORE = ("bond multivectors", "bond values")
# Each head of gala_ssl.networks.heads with what it answers and its further arguments.
HEADS = {
    heads.bond_vectors: ("bond vectors",),
    heads.cloud_vector: ("cloud vectors",),
    heads.cloud_class: ("cloud values", 3),
    heads.bond_class: ("bond values", 2),
}
# Its axes turn with a cloud that has a direction; where symmetry leaves none, rounding chooses one.
DECODER = {heads.decoded_bonds: (4, 1e-5)}
KINDS = (*CORE, *(answer[0] for answer in HEADS.values()))
FEW = examples(12)


SETTINGS = {
    "fast": {}, "multivectors": {"vector_inputs": "multivectors"}, "published": {"attention": "published"}}


@pytest.fixture(scope="module", params=[
    "fast", pytest.param("multivectors", marks=pytest.mark.slow),
    pytest.param("published", marks=[pytest.mark.tensorflow, pytest.mark.slow])])
def network(request):
    """A core and every head on it, their outputs one after the other."""
    core = small_core(**SETTINGS[request.param])
    return with_heads(core, {head: arguments for head, (_, *arguments) in HEADS.items()})


def test_every_head_is_tested():
    functions = inspect.getmembers(heads, inspect.isfunction)
    public = {f for name, f in functions if f.__module__ == heads.__name__ and not name.startswith("_")}
    public.remove(heads.summary)  # of a whole model, see test_embedding
    assert public == set(HEADS) | set(DECODER)


@FEW
@given(clouds=batches(types=2), rotation=rotations())
def test_rotation(network, clouds, rotation):
    properties.assert_rotation_equivariant(network, KINDS, *clouds, rotation)


@FEW
@given(clouds=batches(types=2), seed=SEEDS)
def test_permutation(network, clouds, seed):
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(6), (3, 1)), axis=1)
    properties.assert_permutation_equivariant(network, KINDS, *clouds, order)


@FEW
@given(clouds=batches(types=2), rows=st.sampled_from((1, 4)), seed=SEEDS)
def test_padding(network, clouds, rows, seed):
    properties.assert_padding_ignored(network, KINDS, *clouds, rows, np.random.default_rng(seed))


@pytest.fixture(scope="module", params=[
    pytest.param("fast", marks=pytest.mark.slow),
    pytest.param("published", marks=[pytest.mark.tensorflow, pytest.mark.long])])
def decoder(request):
    """A core and the autoencoder's head."""
    return with_heads(small_core(request.param), DECODER)


@FEW
@given(clouds=batches(types=2, kinds=("random", "repeated")), rotation=rotations(), seed=SEEDS)
def test_decoded_bonds_turn_and_change_places_with_the_cloud(decoder, clouds, rotation, seed):
    """Within what conditions axes of small vectors allow, which is a hundred times the other heads' rounding."""
    kinds, rng = (*CORE, "bond vectors"), np.random.default_rng(seed)
    properties.assert_rotation_equivariant(decoder, kinds, *clouds, rotation, relative=1e-2)
    properties.assert_permutation_equivariant(decoder, kinds, *clouds, rng.permutation(6), relative=1e-2)
    properties.assert_padding_ignored(decoder, kinds, *clouds, 2, rng, relative=1e-2)


@FEW
@given(clouds=batches(types=2))
def test_decoded_bonds_are_finite_whatever_the_cloud(decoder, clouds):
    for array in properties.outputs(decoder, *clouds):
        assert np.isfinite(array).all()
