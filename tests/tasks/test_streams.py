"""Streams: batch i of epoch e is a function of (seed, e, i), however asked for, and stored clouds stay."""
import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gala_ssl.clouds.neighborhoods import PointClouds
from gala_ssl.tasks import TASKS, get_task
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import Environments
from gala_ssl.tasks.data.streams import Stream
from gala_ssl.training.presets import TrainingConfig
from gala_ssl.training.pretrain import streams
from tests.refusals import refused
from tests.strategies import examples, type_encodings

pytestmark = pytest.mark.any_backend

COUNT, SIZE = 50, 5
EPOCH_AND_INDEX = st.tuples(st.integers(0, 3), st.integers(0, 4))


@pytest.fixture(scope="module")
def environments():
    """Clouds that tell who they are: the label of each is its index, and so is the first of its numbers."""
    rng = np.random.default_rng(0)
    bonds = rng.normal(size=(COUNT, SIZE, 3)).astype(np.float32)
    bonds[:, 0, 0] = np.arange(COUNT)
    types = type_encodings((COUNT, SIZE), 2, rng)
    bonds[::7, -1], types[::7, -1] = 0, 0
    return Environments(PointClouds(bonds, types), np.arange(COUNT, dtype=np.int32), ("A",))


def stream(environments, task="frame_classification", indices=None, **changes):
    settings = {"batch_size": 8, "clouds": None if get_task(task).stream == "static" else 40, "seed": (13, 0)}
    indices = np.arange(COUNT)[::-1] if indices is None else indices
    return Stream(get_task(task), environments, indices, **settings | changes)


def same(a, b):
    (inputs, *answers), (others, *other_answers) = a, b
    return all(np.array_equal(x, y) and x.dtype == y.dtype
               for x, y in zip((*inputs, *answers), (*others, *other_answers), strict=True))


@examples(20)
@given(name=st.sampled_from(sorted(TASKS)), asked=st.lists(EPOCH_AND_INDEX, min_size=1, max_size=8))
def test_the_order_of_asking_does_not_matter(environments, name, asked):
    used, fresh = stream(environments, name), stream(environments, name)
    for epoch, i in asked:
        used.batch(epoch, i)
    epoch, i = asked[-1]
    assert same(used.batch(epoch, i), fresh.batch(epoch, i))


@pytest.mark.parametrize("name", TASKS)
def test_seed_epoch_and_index_each_change_a_batch(environments, name):
    reference = stream(environments, name).batch(1, 1)
    assert not same(reference, stream(environments, name).batch(2, 1))
    assert not same(reference, stream(environments, name).batch(1, 2))
    assert not same(reference, stream(environments, name, seed=(14, 0)).batch(1, 1))
    assert not same(reference, stream(environments, name, seed=(13, 1)).batch(1, 1))


@pytest.mark.parametrize("name", TASKS)
def test_the_generator_gives_the_batches_one_by_one(environments, name):
    made = stream(environments, name)
    epoch = list(made.epoch(3))
    assert len(epoch) == len(made)
    assert all(same(batch, made.batch(3, i)) for i, batch in enumerate(epoch))


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", TASKS)
def test_the_parallel_dataset_equals_the_generator(environments, name):
    made = stream(environments, name)
    for epoch in (0, 1):
        dataset = made.dataset(epoch)
        inputs, *answers = dataset.element_spec
        assert all(None not in spec.shape for spec in (*inputs, *answers))
        assert not dataset.options().autotune.enabled  # who lets go of an iterator waits until its tuner wakes
        for _ in range(3):
            found = list(dataset.as_numpy_iterator())
            assert len(found) == len(made)
            assert all(same(a, b) for a, b in zip(found, made.epoch(epoch), strict=True))


def test_a_static_epoch_is_one_pass_in_a_new_order(environments):
    made = stream(environments, indices=np.arange(3, 47))
    orders = []
    for epoch in range(3):
        seen = np.concatenate([target for _, target, _ in made.epoch(epoch)])
        assert len(seen) == len(set(seen)) == 5 * 8  # the incomplete sixth batch is left out
        assert set(seen) <= set(range(3, 47))
        orders.append(list(seen))
    assert orders[0] != orders[1] != orders[2]
    assert len(set(orders[0]) | set(orders[1]) | set(orders[2])) == 44  # what is left out changes


def test_validation_keeps_its_order(environments):
    made = stream(environments, shuffle=False)
    for epoch in (0, 5):
        seen = np.concatenate([target for _, target, _ in made.epoch(epoch)])
        np.testing.assert_array_equal(seen, np.arange(COUNT)[::-1])


def test_a_dynamic_stream_draws_from_all_its_environments_and_no_others(environments):
    indices = np.arange(10, 30)
    made = stream(environments, "denoising", indices, clouds=4000, x_scale=1.0)
    seen = np.concatenate([target[:, 0, 0] for _, target, _ in made.epoch(0)])
    counts = np.bincount(seen.astype(int), minlength=COUNT)
    assert not counts[:10].any() and not counts[30:].any()
    assert counts[10:30].min() > 200 * 0.7 and counts[10:30].max() < 200 * 1.3


def test_no_two_batches_of_a_dynamic_task_share_their_noise(environments):
    made = stream(environments, "denoising", indices=[4], batch_size=1, clouds=64)
    noises = [(bonds - clean).tobytes() for epoch in range(3) for (bonds, _), clean, _ in made.epoch(epoch)]
    assert len(set(noises)) == 3 * 64


@pytest.mark.parametrize("name", TASKS)
def test_weights_say_what_counts(environments, name):
    """1 where there is an answer: a bond, or a cloud with bonds in it; 0 for padding."""
    empty = Environments(PointClouds(np.zeros((2, SIZE, 3), np.float32), np.zeros((2, SIZE, 4), np.float32)),
                         np.zeros(2, np.int32), ("A",))
    for clouds in (environments, empty):
        (_, types), target, weights = stream(clouds, name, indices=np.arange(2), batch_size=2, clouds=2).batch(0, 0)
        mask = types.any(axis=-1)
        expected = mask if get_task(name).answers == "bond" else mask.any(axis=1)
        np.testing.assert_array_equal(weights, expected)
        assert weights.dtype == np.float32 and weights.shape == target.shape[:weights.ndim]


@pytest.mark.parametrize("name", TASKS)
def test_lengths_are_in_the_networks_unit(environments, name):
    one, two = (stream(environments, name, x_scale=scale).batch(0, 0) for scale in (1.0, 2.0))
    np.testing.assert_allclose(two[0][0], one[0][0] / 2, rtol=1e-6)
    np.testing.assert_array_equal(two[0][1], one[0][1])
    scale = 2 if get_task(name).target_is_length else 1
    np.testing.assert_allclose(two[1], one[1] / scale, rtol=1e-6)
    assert two[0][0].dtype == np.float32


def test_stored_clouds_are_the_same_bytes_after_thousands_of_batches(environments):
    def digest():
        arrays = (environments.clouds.bonds, environments.clouds.types, environments.labels)
        return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()

    before = digest()
    made = [stream(environments, name) for name in TASKS]
    for i in range(1500):
        for one in made:
            (bonds, types), target, weights = one.batch(i // len(one), i % len(one))
            bonds *= 0  # what a task gives away is not what is stored
    assert digest() == before


def test_fewer_clouds_than_a_batch_make_one_batch(environments):
    """They are repeated where one trains, for every batch to have one shape; held-back ones count once."""
    made = stream(environments, indices=[3, 4], shuffle=False)
    assert len(made) == 1 and sorted(made.batch(0, 0)[1]) == [3, 4]
    made = stream(environments, indices=[3, 4, 5])
    assert len(made) == 1
    assert sorted(np.bincount(made.batch(0, 0)[1])) == [0, 0, 0, 2, 3, 3]


def test_a_stream_of_nothing_is_refused(environments):
    with refused(option="indices"):
        stream(environments, indices=[])


def test_rules_of_static_and_dynamic_tasks(environments):
    """Static: a part of the environments, passed over. Dynamic: all of them, drawn from; sides never meet."""
    data = DataConfig(static_fraction=0.4, validation_fraction=0.2)
    training = TrainingConfig(batch_size=4, dynamic_training=24, dynamic_validation=8)
    for name, sizes, batches in (("frame_classification", (16, 4), (4, 1)), ("denoising", (40, 10), (6, 2))):
        sides = streams(get_task(name), environments, data, training)
        assert tuple(len(side.indices) for side in sides) == sizes
        assert tuple(len(side) for side in sides) == batches
        assert not set(sides[0].indices) & set(sides[1].indices)
        halves = streams(get_task(name), environments, data, training, fraction=0.5)
        assert set(halves[0].indices) < set(sides[0].indices)
        assert len(halves[0].indices) == sizes[0] // 2
