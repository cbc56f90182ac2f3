"""Trivial answers scored as networks are, and what an embedding tells of structures."""
import numpy as np
import pytest

from gala_ssl.networks.core import build_core
from gala_ssl.tasks import TASKS, get_task
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import prototype_environments
from gala_ssl.tasks.data.streams import Stream
from gala_ssl.tasks.models.build import build_model
from gala_ssl.training.fit import compile_for
from gala_ssl.training.presets import TrainingConfig
from paper.skill import axis_errors, linear_probe, noisy_bond_accuracy, trivial_score
from tests.small_networks import small_config

pytestmark = pytest.mark.any_backend

DATA = DataConfig(structures=("cF4-Cu", "cI2-W"), noises=(0.03,), neighbors=8, min_particles=200)


@pytest.fixture(scope="module")
def environments():
    return prototype_environments(DATA, progress=False)


def stream_of(name, environments):
    clouds = None if get_task(name).stream == "static" else 256
    return Stream(get_task(name), environments, np.arange(len(environments)), 64, clouds, shuffle=False)


@pytest.mark.parametrize("name", TASKS)
def test_it_is_what_keras_finds_for_a_network_with_that_answer(name, environments, monkeypatch):
    """The network's answers replaced by the trivial ones; all else as in training."""
    stream, task = stream_of(name, environments), get_task(name)
    found = trivial_score(task, stream)
    model = build_model(task, build_core(small_config(type_width=2, blocks=1)))
    compile_for(model, task, TrainingConfig(jit_compile=False))
    batches = list(stream.epoch(0))
    bonds, types, target, weights = (np.concatenate(arrays) for arrays in zip(
        *((*inputs, target, weights) for inputs, target, weights in batches), strict=True))
    answer = task.trivial_answer((bonds, types), target)
    loss = model.compute_loss(y=target, y_pred=answer, sample_weight=weights)
    extra = sum(float(x) for x in model.losses)  # of the autoencoder's latent, which no trivial answer has
    assert found["loss"] == pytest.approx(float(loss) - extra, rel=1e-5)
    if task.target_is_length:
        np.testing.assert_allclose(found[task.metric], np.abs(answer - target).mean(), rtol=1e-5)


def test_trivial_accuracies_are_those_of_chance(environments):
    assert trivial_score(get_task("noisy_bond"), stream_of("noisy_bond", environments))["accuracy"] == 0.5
    share = np.bincount(environments.labels).max() / len(environments)
    found = trivial_score(get_task("frame_classification"), stream_of("frame_classification", environments))
    assert found["accuracy"] == pytest.approx(share, abs=0.1)


def test_shift_zero_and_the_noisy_cloud_itself(environments):
    """0.1995 and 0.25 sd sqrt(0.9 2 / pi) or so, in the networks' unit."""
    shift = trivial_score(get_task("shift_identification"), stream_of("shift_identification", environments))
    assert shift["mean_absolute_error"] == pytest.approx(0.1995, rel=0.1)
    noisy = trivial_score(get_task("denoising"), stream_of("denoising", environments))
    assert noisy["mean_absolute_error"] == pytest.approx(0.1995 * np.sqrt(1 - 6 / 24), rel=0.05)


def test_a_probe_finds_what_is_there_and_nothing_else():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 100)
    told = np.eye(4)[labels] + 0.1 * rng.normal(size=(400, 4))
    assert linear_probe(told * [1, 100, 1e-3, 1], labels)[0] > 0.99
    mean, deviation = linear_probe(rng.normal(size=(400, 4)), labels)
    assert mean == pytest.approx(0.25, abs=0.08) and deviation < 0.1


def network(name):
    return build_model(get_task(name), build_core(small_config(type_width=2, blocks=1)))


@pytest.mark.slow
def test_errors_along_the_axes_add_up_to_the_whole(environments):
    stream = stream_of("autoencoder", environments)
    model = network("autoencoder")
    found = axis_errors(model, stream)
    (bonds, types), target, _ = stream.batch(0, 0)
    squares = np.square(np.asarray(model.predict_on_batch([bonds, types])) - target).sum(axis=-1).mean()
    assert list(found["axis"]) == [1, 2, 3]
    # Of about Gaussian errors, the mean of the absolute value is sqrt(2 / pi) of the root mean square.
    assert np.square(found["error"]).sum() == pytest.approx(squares * 2 / np.pi, rel=0.5)
    assert (found["trivial_error"] > 0.1).all() and found["correlation"].abs().max() <= 1


def test_accuracy_by_the_move_counts_every_bond(environments, monkeypatch):
    """A network that finds exactly the bonds which moved by more than 0.5."""
    stream, model = stream_of("noisy_bond", environments), network("noisy_bond")
    batches = iter(range(len(stream)))

    def answers(inputs):
        clean = stream.environments.clouds.bonds[stream.chosen(0, next(batches))]
        far = np.linalg.norm(inputs[0] * stream.x_scale - clean, axis=-1) > 0.5
        return np.stack([~far, far], axis=-1)

    monkeypatch.setattr(model, "predict_on_batch", answers)
    found = noisy_bond_accuracy(model, stream, (0, 0.5, np.inf)).set_index("move")
    assert list(found["accuracy"]) == [1, 0, 1]
    assert found["bonds"].sum() == 256 * 8 and found.loc["at rest", "bonds"] == 256 * 4
