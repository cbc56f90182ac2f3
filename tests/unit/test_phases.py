"""Phases as blocks of confusion: on made-up histograms, and on a made-up trajectory of liquid and crystal."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gala_ssl import phases, prototypes
from gala_ssl.analysis.phases import blocks
from gala_ssl.config import CoreConfig, TrainingConfig
from gala_ssl.data.frames import Frame
from gala_ssl.errors import InputError
from gala_ssl.phases import PhaseConfig, identify_phases
from tests.strategies import SEEDS, examples

pytestmark = pytest.mark.any_backend


def confusion(sizes, stray, rng, clouds=400):
    """Counts of clouds taken for frames of their own block at random, but for a part that goes anywhere else."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    same = labels[:, None] == labels
    chances = np.where(same, (1 - stray) / same.sum(axis=1, keepdims=True),
                       stray / np.maximum((~same).sum(axis=1, keepdims=True), 1))
    return np.stack([rng.multinomial(clouds, row / row.sum()) for row in chances])


@examples(40)
@given(sizes=st.lists(st.integers(2, 9), min_size=2, max_size=4), stray=st.sampled_from((0.02, 0.1, 0.3)), seed=SEEDS)
def test_blocks_are_found_where_they_are(sizes, stray, seed):
    histogram = confusion(sizes, stray, np.random.default_rng(seed))
    starts, _ = blocks(histogram, len(sizes))
    np.testing.assert_array_equal(starts, np.cumsum([0, *sizes[:-1]]))


@examples(20)
@given(seed=SEEDS, count=st.integers(1, 4))
def test_the_division_is_the_best_of_all(seed, count):
    """Against all divisions of a small histogram, one by one."""
    import itertools
    histogram = np.random.default_rng(seed).dirichlet(np.ones(6), size=6)
    starts, likelihood = blocks(histogram, count)
    assert starts[0] == 0 and len(starts) == count and (np.diff(starts) > 0).all()

    def value(division, stray):
        total = 0
        for a, b in zip(division, [*division[1:], 6]):
            within, outside = histogram[a:b, a:b].sum(), np.delete(histogram[a:b], np.s_[a:b], axis=1).sum()
            total += within * np.log((1 - stray) / (b - a)) + (outside * np.log(stray / (6 - b + a)) if b - a < 6 else
                                                               (b - a - within) * np.log(stray))
        return total / 6

    every = [(0, *rest) for rest in itertools.combinations(range(1, 6), count - 1)]
    best = max(value(division, stray) for division in every for stray in np.geomspace(1e-3, 0.5, 25))
    assert likelihood == pytest.approx(best, abs=1e-9)


def test_impossible_divisions_are_refused():
    with pytest.raises(InputError, match="5 runs"):
        blocks(np.eye(4), 5)
    with pytest.raises(InputError, match="square"):
        blocks(np.ones((3, 4)), 2)


@pytest.fixture(scope="module")
def frames():
    """Sixteen frames: a crystal so noisy that it is a liquid, then one that is a crystal, of the same density."""
    return [prototypes.build("cF4-Cu", 500, noise=0.35 if i < 8 else 0.05, seed=i) for i in range(16)]


CONFIG = PhaseConfig(every=2, fraction=0.2, neighbors=12, core=CoreConfig(width=8, hidden=16, blocks=1, dropout=0.0),
                     training=TrainingConfig(batch_size=32, epochs=14, learning_rate=3e-3, static_patience=(8, 14),
                                            jit_compile=False))


def test_a_transition_is_found_where_it_is(frames, tmp_path):
    found = identify_phases(frames, CONFIG, tmp_path, progress=False)
    np.testing.assert_array_equal(found.known, np.arange(0, 15, 2))
    np.testing.assert_array_equal(found.asked, found.known + 1)
    np.testing.assert_allclose(found.histogram.sum(axis=1), 1)
    assert found.histogram[:4, 4:].mean() < 0.02 and found.histogram[4:, :4].mean() < 0.02
    assert list(found.phases(2)) == [0, 8]
    again = identify_phases(frames, CONFIG, tmp_path, progress=False)
    np.testing.assert_array_equal(again.histogram, found.histogram)


def test_density_alone_tells_nothing(frames):
    """The same frames in other units of length are the same clouds."""
    stretched = [Frame(frame.positions * (1 + 0.05 * i), frame.box * [*[1 + 0.05 * i] * 3, 1, 1, 1], frame.types)
                 for i, frame in enumerate(frames)]
    expected, found = (phases._environments(chosen, [0, 3, 9], CONFIG, False) for chosen in (frames, stretched))
    np.testing.assert_allclose(found.clouds.bonds, expected.clouds.bonds, atol=1e-5)
    np.testing.assert_array_equal(found.labels, expected.labels)


def test_a_short_trajectory_is_refused(frames, tmp_path):
    with pytest.raises(InputError, match="in 4 frames or more, not 2"):
        identify_phases(frames[:2], CONFIG, tmp_path)
