"""Random streams: distinct by name, and those that made the shipped results stay as they were."""
import itertools

import numpy as np
import pytest

from gala_ssl.base.randomness import rng
from gala_ssl.tasks import get_task
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import _noise_seed, split
from gala_ssl.tasks.data.streams import Stream
from gala_ssl.training.fit import reseed

pytestmark = pytest.mark.any_backend

# What is drawn in a training with seed 13, and calls that could be taken for each other.
NAMED = [(13, "dropout"), (13, "dropout", 0), (13, "dropout", 0, 0), (13, "dropout", "0"), ((13, 0), "dropout"),
         (130, "dropout"), (13, "dropout0"), (1, "dropout", 3), (13, "dropout", 1), (13, "dropout", 10),
         (13, "dropout", 1, 0), (13, "drop", "out"), (13, "drop", "out", 1), (2**32 + 13, "dropout"),
         ((13, 1), "dropout"), (13, "split"), (13, "noise level", 0), (13, "noise level", 2),
         ((13, 0), "order of clouds", 0), ((13, 0), "choice of clouds", 0, 0), ((13, 0), "questions", 0, 0),
         ((13, 1), "questions", 0, 0), (13, "fraction of clouds"), (13, "particles of a frame", 0),
         (13, "particles of a frame", 5)]


def test_every_call_has_a_stream_of_its_own():
    drawn = [rng(*call).integers(2**63, size=4).tolist() for call in NAMED]
    assert len(drawn) == len({tuple(numbers) for numbers in drawn})
    assert drawn == [rng(*call).integers(2**63, size=4).tolist() for call in NAMED]
    np.testing.assert_array_equal(rng(np.int64(13), "dropout", np.int32(1)).random(3), rng(13, "dropout", 1).random(3))


def test_streams_look_independent():
    drawn = [rng(*call).normal(size=4000) for call in NAMED]
    found = np.corrcoef(drawn)[np.triu_indices(len(NAMED), 1)]
    assert abs(found).max() < 5 / np.sqrt(4000)


class Generators:
    """A model that holds the states of some dropouts, which remember the last number they were given."""

    def __init__(self, count):
        import keras

        self.layer = keras.Sequential([keras.layers.Dropout(0.5) for _ in range(count)])

    def reseeded(self, seed, epoch):
        reseed(self.layer, seed, epoch)
        return [int(np.asarray(variable)[0]) for variable in self.layer.variables]


def test_dropout_draws_from_no_stream_of_the_data():
    """In version 0.1.0 [13, 1] gave the split, noise level 1 and the dropout of epoch 1."""
    model = Generators(2)
    found = {tuple(model.reseeded(13, epoch)) for epoch in range(6)}
    assert len(found) == 6
    for numbers in itertools.chain([[13]], ([13, i] for i in range(6))):
        assert tuple(np.random.default_rng(numbers).integers(2**31, size=(2, 1))[:, 0].tolist()) not in found


@pytest.mark.parametrize(("found", "numbers", "draw"), [
    (lambda: split(100, DataConfig())[1], [13, 1], lambda drawn: drawn.permutation(100)[:30]),
    (lambda: [_noise_seed(13, 2)], [13, 2], lambda drawn: [drawn.integers(2**31)]),
    (lambda: chosen("denoising", clouds=40), [13, 0, 3, 5, 1], lambda drawn: drawn.integers(50, size=8)),
    (lambda: chosen("nearest_bond"), [13, 0, 2, 5], lambda drawn: drawn.permutation(50)[8:16]),
    (lambda: rng((13, 0), "questions", 5, 1).random(3), [13, 0, 4, 5, 1], lambda drawn: drawn.random(3))],
    ids=["split", "noise level", "choice", "order", "questions"])
def test_what_the_shipped_results_rest_on_is_drawn_as_it_was(found, numbers, draw):
    np.testing.assert_array_equal(found(), draw(np.random.default_rng(numbers)))


def chosen(task, **clouds):
    """The environments in batch 1 of epoch 5."""
    return Stream(get_task(task), None, np.arange(50), 8, seed=(13, 0), **clouds).chosen(5, 1)
