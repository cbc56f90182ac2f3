"""Phases as blocks of confusion: on made-up histograms, and on a made-up trajectory of liquid and crystal."""
import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gala_ssl import prototypes
from gala_ssl.base.errors import InputError
from gala_ssl.base.runs import RunConflict
from gala_ssl.frames.frame import Frame
from gala_ssl.networks.config import CoreConfig
from gala_ssl.order import phases
from gala_ssl.order.blocks import blocks, chance_of_blocks, confusion
from gala_ssl.order.phases import PhaseConfig, PhaseMap, Transition, find_phases
from gala_ssl.training.presets import TrainingConfig
from tests.refusals import refused
from tests.strategies import SEEDS, examples

pytestmark = pytest.mark.tensorflow


def made_up(sizes, stray, rng, clouds=400, named=1.0):
    """Counts of clouds taken for frames of their own block at random, but for a part that goes anywhere else.

    Args:
        named: how often each frame is named, in any unit, (k,) or a number.
    """
    labels = np.repeat(np.arange(len(sizes)), sizes)
    same = labels[:, None] == labels
    own, other = np.where(same, named, 0), np.where(same, 0, named)
    chances = sum(part * side / side.sum(axis=1, keepdims=True) for part, side in ((1 - stray, own), (stray, other)))
    return np.stack([rng.multinomial(clouds, row / row.sum()) for row in chances])


@examples(40)
@given(sizes=st.lists(st.integers(2, 9), min_size=2, max_size=4), stray=st.sampled_from((0.02, 0.1, 0.3)), seed=SEEDS)
def test_blocks_are_found_where_they_are(sizes, stray, seed):
    histogram = made_up(sizes, stray, np.random.default_rng(seed))
    starts, _ = blocks(histogram, len(sizes))
    np.testing.assert_array_equal(starts, np.cumsum([0, *sizes[:-1]]))


@examples(20)
@given(sizes=st.lists(st.integers(3, 9), min_size=2, max_size=4), seed=SEEDS)
def test_blocks_are_found_where_one_frame_of_each_is_named_for_nearly_all(sizes, seed):
    """As by a network that cannot tell a phase's frames apart: then any one of them is as good an answer."""
    rng = np.random.default_rng(seed)
    named = np.full(sum(sizes), 0.02)
    named[np.cumsum([0, *sizes[:-1]]) + rng.integers(sizes)] = 1
    histogram = made_up(sizes, 0.1, rng, named=named)
    starts, likelihood = blocks(histogram, len(sizes))
    np.testing.assert_array_equal(starts, np.cumsum([0, *sizes[:-1]]))
    assert all(blocks(histogram, count)[1] < likelihood for count in range(1, 7) if count != len(sizes))


@examples(20)
@given(seed=SEEDS, count=st.integers(1, 4))
def test_the_division_is_the_best_of_all(seed, count):
    """Against all divisions of a small histogram, one by one."""
    import itertools
    histogram = np.random.default_rng(seed).dirichlet(np.ones(6), size=6)
    named = histogram.sum(axis=0)
    starts, likelihood = blocks(histogram, count)
    assert starts[0] == 0 and len(starts) == count and (np.diff(starts) > 0).all()

    def value(division, stray):
        total = 0
        for a, b in zip(division, [*division[1:], 6]):
            chance = np.where((np.arange(6) >= a) & (np.arange(6) < b), named, 0)
            other = named - chance
            total += np.sum(histogram[a:b] * np.where(
                chance > 0, np.log((1 - stray) * named / chance.sum()), np.log(stray * named / max(other.sum(), 1e-9))))
        return total / 6

    every = [(0, *rest) for rest in itertools.combinations(range(1, 6), count - 1)]
    best = max(value(division, stray) for division in every for stray in np.geomspace(1e-3, 0.5, 25))
    assert likelihood == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("frames", [5, 25])
def test_what_chance_divides_as_well_is_no_transition(frames):
    """A network without skill names frames as it likes, whatever it is asked."""
    rng = np.random.default_rng(1)
    for seed in range(3):
        histogram = rng.multinomial(100, rng.dirichlet(np.ones(frames)), size=frames)
        assert chance_of_blocks(histogram, range(2), range(2, frames), seed, draws=39) > 0.05
    assert chance_of_blocks(np.eye(2), [0], [1]) == 1


def test_what_chance_does_not_divide_is_a_transition():
    histogram = made_up([5, 4, 3], 0.2, np.random.default_rng(2))
    found = PhaseMap(4 * np.arange(12), 4 * np.arange(12) + 1, histogram, 0.4)
    assert [each.shown for each in found.transitions(3)] == [True, True]
    chance = dataclasses.replace(found, histogram=np.ones((12, 12)), accuracy=0.1)
    assert not any(each.shown for each in chance.transitions(3))


def test_small_systems_give_all_their_particles():
    """A tenth of 500 particles teaches nothing."""
    frames = [prototypes.build("cF4-Cu", size, noise=0.1) for size in (256, 2048)]
    counts = [len(phases._environments([frame], [0], PhaseConfig(neighbors=4), False)) for frame in frames]
    assert counts == [256, 400]


def test_impossible_divisions_are_refused():
    with refused(option="count", value=5):
        blocks(np.eye(4), 5)
    with refused(option="count", value=2):
        blocks(np.ones((3, 4)), 2)


def test_what_is_taken_across_does_not_depend_on_sizes():
    histogram = np.array([[3.0, 1, 0], [1, 1, 2], [0, 0, 5]])
    assert confusion(histogram, [0], [1]) == pytest.approx((1 / 4 + 1 / 2) / 2)
    assert confusion(np.ones((9, 9)), np.arange(7), [7, 8]) == pytest.approx(0.5)
    assert confusion(np.eye(4), [0, 1], [2, 3]) == 0
    assert confusion(np.eye(4)[::-1], [0], [1]) == 0.5


def test_transitions_lie_between_the_last_frame_asked_and_the_first_one_known():
    histogram = np.kron(np.eye(2), np.full((2, 2), 0.4)) + 0.05
    found = PhaseMap(np.array([0, 4, 8, 12]), np.array([1, 5, 9, 13]), histogram, 1.0)
    assert found.transitions(2) == [Transition(5, 8, pytest.approx(0.1), pytest.approx(1 / 6))]
    assert [(each.last, each.first) for each in found.transitions(4)] == [(1, 4), (5, 8), (9, 12)]
    likelihoods = found.likelihoods()
    assert list(likelihoods) == [1, 2, 3, 4] and max(likelihoods, key=likelihoods.get) == 2


@pytest.mark.parametrize("changes", [
    {"every": 1}, {"every": 2.5}, {"fraction": "1"}, {"fraction": 0.0}, {"fraction": 1.5}, {"neighbors": 1},
    {"least": 0}, {"seed": -1}])
def test_settings_that_mean_nothing_are_refused(changes):
    (option, value), = changes.items()
    with refused(option=option, value=value):
        PhaseConfig(**changes)


@pytest.fixture(scope="module")
def frames():
    """Sixteen frames: a crystal so noisy that it is a liquid, then one that is a crystal, of the same density."""
    return [prototypes.build("cF4-Cu", 500, noise=0.35 if i < 8 else 0.05, seed=i) for i in range(16)]


CONFIG = PhaseConfig(every=2, fraction=0.2, least=1, neighbors=12,
                     core=CoreConfig(width=8, hidden=16, blocks=1, dropout=0.0),
                     training=TrainingConfig(batch_size=32, epochs=14, learning_rate=3e-3, static_patience=(8, 14),
                                            jit_compile=False))


@pytest.fixture
def untrained(monkeypatch):
    """Nothing is trained: a made-up history, and the answers of the network as it is."""
    history = pd.DataFrame({"val_loss": [2.0, 1.0, 3.0], "val_accuracy": [0.2, 0.5, 0.6]})
    monkeypatch.setattr(phases, "fit_alone", lambda *arguments: history)
    monkeypatch.setattr(phases, "_answers", lambda model, clouds, x_scale: np.asarray(
        model([clouds.bonds, clouds.types])))


@pytest.mark.slow
def test_a_transition_is_found_where_it_is(frames, tmp_path):
    found = find_phases(frames, CONFIG, tmp_path, progress=False)
    np.testing.assert_array_equal(found.training_frames, np.arange(0, 15, 2))
    np.testing.assert_array_equal(found.test_frames, found.training_frames + 1)
    np.testing.assert_allclose(found.histogram.sum(axis=1), 1)
    assert found.histogram[:4, 4:].mean() < 0.02 and found.histogram[4:, :4].mean() < 0.02
    assert list(found.phases(2)) == [0, 8]
    transition, = found.transitions(2)
    assert (transition.last, transition.first) == (7, 8) and transition.across < 0.05
    again = find_phases(frames, CONFIG, tmp_path, progress=False)
    np.testing.assert_array_equal(again.histogram, found.histogram)


def test_density_alone_tells_nothing(frames):
    """The same frames in other units of length are the same clouds."""
    stretched = [Frame(frame.positions * (1 + 0.05 * i), frame.box * [*[1 + 0.05 * i] * 3, 1, 1, 1], frame.types)
                 for i, frame in enumerate(frames)]
    expected, found = (phases._environments(chosen, [0, 3, 9], CONFIG, False) for chosen in (frames, stretched))
    np.testing.assert_allclose(found.clouds.bonds, expected.clouds.bonds, atol=1e-5)
    np.testing.assert_array_equal(found.labels, expected.labels)


def test_a_run_of_other_frames_or_settings_is_not_gone_on_with(frames, tmp_path, untrained):
    assert find_phases(frames[:6], CONFIG, tmp_path, progress=False).accuracy == 0.5  # of the epoch that is kept
    with refused(option="settings", value={"seed": (13, 1)}):
        find_phases(frames[:6], dataclasses.replace(CONFIG, seed=1), tmp_path, progress=False)
    simulated_again = [dataclasses.replace(frames[7 - i], source=frames[i].source) for i in range(6)]
    with pytest.raises(InputError, match=r"other settings \(frames_sha256 "):
        find_phases(simulated_again, CONFIG, tmp_path, progress=False)
    moved = [dataclasses.replace(frame, source=f"frame {i}") for i, frame in enumerate(frames[:6])]
    assert find_phases(moved, CONFIG, tmp_path, progress=False).accuracy == 0.5  # known by what they hold


def test_frames_of_two_types_and_frames_that_differ_in_types(frames, tmp_path, untrained):
    mixed = [dataclasses.replace(frame, types=np.arange(500) % 2, type_names=("A", "B")) for frame in frames[:4]]
    assert find_phases(mixed, CONFIG, tmp_path / "mixed", progress=False).histogram.shape == (2, 2)
    with refused(option="clouds", value=[(CONFIG.neighbors, 2), (CONFIG.neighbors, 4)]):
        find_phases([*frames[:2], *mixed[2:]], CONFIG, tmp_path / "other", progress=False)
    assert not (tmp_path / "other").exists()


def test_a_short_trajectory_is_refused(frames, tmp_path, untrained):
    with refused(option="frames", value=3):
        find_phases(frames[:3], CONFIG, tmp_path)
    assert find_phases(frames[:4], CONFIG, tmp_path, progress=False).training_frames.tolist() == [0, 2]
    with refused(option="frames", value=9):
        PhaseConfig().training_frames(9, 3)
    assert PhaseConfig().training_frames(10, 3).tolist() == [0, 4, 8]


@pytest.fixture
def identified(tmp_path, monkeypatch):
    """identify(frames) in one run directory, as far as the training."""
    class Trained(Exception):
        pass

    def fit(*arguments):
        raise Trained
    monkeypatch.setattr(phases, "fit_alone", fit)
    monkeypatch.setattr(phases, "build_core", lambda core: None)
    monkeypatch.setattr(phases, "build_model", lambda task, core: None)

    def identify(frames):
        with pytest.raises(Trained):
            phases.find_phases(frames, phases.PhaseConfig(2, 1.0, 3), tmp_path / "run", progress=False)
    return identify


def test_phases_go_on_with_the_same_frames_under_another_path(identified, tmp_path):
    def frames(path, seed):
        rng = np.random.default_rng(seed)
        return [Frame(rng.uniform(-3, 3, (9, 3)), [6, 6, 6, 0, 0, 0], source=f"{path}, frame {i}") for i in range(6)]

    identified(frames("here/run.gsd", 0))
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["frames"][0] == "here/run.gsd, frame 0"
    identified(frames("there/run.gsd", 0))
    with pytest.raises(RunConflict, match="frames_sha256"):
        phases.find_phases(frames("here/run.gsd", 1), phases.PhaseConfig(2, 1.0, 3), tmp_path / "run")
    with pytest.raises(RunConflict, match="seed 13, now 14"):
        phases.find_phases(frames("here/run.gsd", 0), dataclasses.replace(phases.PhaseConfig(2, 1.0, 3), seed=14),
                               tmp_path / "run")
