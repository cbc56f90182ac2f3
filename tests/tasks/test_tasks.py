"""Tasks: pure batches, noise without net translation or rotation, the registration against scipy's."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gala_ssl.tasks import TASKS, get_task
from gala_ssl.tasks.autoencoder import Autoencoder
from gala_ssl.tasks.denoising import Denoising, register
from gala_ssl.tasks.frame_classification import FrameClassification
from gala_ssl.tasks.nearest_bond import NearestBond
from gala_ssl.tasks.noisy_bond import NoisyBond
from gala_ssl.tasks.shift_identification import ShiftIdentification
from tests.refusals import refused
from tests.strategies import CLOUD_KINDS, SEEDS, batches, cloud, examples

pytestmark = pytest.mark.any_backend


def padded(bonds, types, rng, rows=2):
    """The batch with up to `rows` rows of padding in each cloud, wherever they fall."""
    hidden = rng.random(types.shape[:2]).argsort(axis=1) < rng.integers(rows + 1, size=(len(types), 1))
    return np.where(hidden[..., None], 0, bonds), np.where(hidden[..., None], 0, types)


def test_the_names_that_wait_for_no_import_are_the_tasks():
    assert tuple(TASKS) == ("autoencoder", "denoising", "frame_classification", "shift_identification", "noisy_bond",
                            "nearest_bond")


@pytest.mark.parametrize("name", TASKS)
@examples(20)
@given(clouds=batches(types=2), seed=SEEDS)
def test_a_batch_is_a_function_of_its_clouds_and_the_seed(name, clouds, seed):
    bonds, types = padded(*clouds, np.random.default_rng(seed))
    labels = np.arange(len(bonds), dtype=np.int32)
    before = [array.tobytes() for array in (bonds, types, labels)]
    for array in (bonds, types, labels):
        array.flags.writeable = False

    made = [get_task(name).make_batch(bonds, types, labels, np.random.default_rng(seed)) for _ in range(2)]

    assert before == [array.tobytes() for array in (bonds, types, labels)]
    (inputs, target), (inputs_again, target_again) = made
    for a, b in zip((*inputs, target), (*inputs_again, target_again), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [array.dtype for array in inputs] == [np.float32, np.float32]
    assert inputs[0].shape == (*inputs[1].shape[:2], 3)
    mask = inputs[1].any(axis=-1)
    assert not inputs[0][~mask].any()


@examples(50)
@given(clouds=batches(count=4, size=8, types=1), seed=SEEDS)
def test_denoising_noise_carries_no_translation_and_no_rotation(clouds, seed):
    """To 1e-6 of the cloud's size (its square for the rotation), in the arithmetic of float32."""
    rng = np.random.default_rng(seed)
    bonds, types = padded(*clouds, rng)
    (noisy, _), clean = Denoising().make_batch(bonds, types, None, rng)
    mask = types.any(axis=-1)
    np.testing.assert_array_equal(clean, bonds)
    assert not noisy[~mask].any()
    for before, after, rows in zip(bonds.astype(float), noisy.astype(float), mask, strict=True):
        before, after = before[rows], after[rows]
        size = np.sqrt((before ** 2).sum() + (after ** 2).sum())
        assert np.abs((after - before).sum(axis=0)).max() < 1e-6 * size
        net = np.cross(before - before.mean(axis=0), after - before.mean(axis=0)).sum(axis=0)
        assert np.abs(net).max() < 1e-6 * size ** 2


@pytest.mark.filterwarnings("ignore:Optimal rotation is not uniquely")
@examples(100)
@given(kind=st.sampled_from(CLOUD_KINDS), seed=SEEDS, size=st.integers(2, 12))
def test_registration_is_the_best_one(kind, seed, size):
    """As near as scipy's rotation brings the cloud; on degenerate clouds many rotations are as good."""
    rng = np.random.default_rng(seed)
    fixed, moving = cloud(kind, size, rng), cloud(kind, size, rng)
    rows = np.arange(size + 2) < size
    wrong = rng.normal(size=(2, 3))  # padding may hold anything
    found = register(*(np.concatenate([a, wrong])[None] for a in (moving, fixed)), rows[None])[0]
    assert not found[~rows].any()
    centred = [a - a.mean(axis=0) for a in (fixed, moving)]
    _, distance = Rotation.align_vectors(*centred)  # a root of a difference: zero is known to 1e-7
    assert np.linalg.norm(found[rows] - fixed) == pytest.approx(distance, rel=1e-9, abs=1e-7)
    # Shape and handedness are kept: a proper rotation and a shift, nothing else.
    _, error = Rotation.align_vectors(found[rows] - found[rows].mean(axis=0), centred[1])
    assert error == pytest.approx(0, abs=1e-7 * (1 + np.abs(centred[1]).max()))


@given(seed=SEEDS)
def test_registration_is_scipys_rotation_where_there_is_one(seed):
    fixed, moving = np.random.default_rng(seed).normal(size=(2, 5, 12, 3))
    found = register(moving, fixed, np.ones((5, 12), bool))
    for a, b, ours in zip(fixed, moving, found, strict=True):
        turn, _ = Rotation.align_vectors(a - a.mean(axis=0), b - b.mean(axis=0))
        np.testing.assert_allclose(ours, turn.apply(b - b.mean(axis=0)) + a.mean(axis=0), atol=1e-7)


def test_registration_does_not_mirror():
    """A mirror image fits best when mirrored again; the best rotation leaves an error."""
    fixed = np.random.default_rng(1).normal(size=(1, 10, 3))
    found = register(-fixed, fixed, np.ones((1, 10), bool))
    assert np.linalg.norm(found - fixed) > 0.5
    centred = [cloud - cloud.mean(axis=0) for cloud in (-fixed[0], found[0])]
    assert np.linalg.det(np.linalg.lstsq(*centred)[0]) == pytest.approx(1)


def test_registration_of_a_cloud_without_bonds_is_zero():
    clouds = np.random.default_rng(2).normal(size=(2, 3, 4, 3))
    found = register(*clouds, np.zeros((3, 4), bool))
    np.testing.assert_array_equal(found, np.zeros((3, 4, 3)))


def test_what_the_identity_scores_in_denoising():
    """What a network must beat: noise 0.5 on 60 coordinates, less the 6 degrees of freedom registered away.

    The mean square is near 0.25 (1 - 6/60), the mean absolute error that of a Gaussian of this variance.
    """
    rng = np.random.default_rng(3)
    bonds = rng.normal(scale=1.2, size=(2000, 20, 3)).astype(np.float32)
    (noisy, _), clean = Denoising().make_batch(bonds, np.ones((2000, 20, 2), np.float32), None, rng)
    square, absolute = np.mean((noisy - clean) ** 2), np.mean(np.abs(noisy - clean))
    assert square == pytest.approx(0.25 * (1 - 6 / 60), rel=0.03)
    assert absolute == pytest.approx(np.sqrt(2 / np.pi * square), rel=0.01)


def test_scale_of_the_noise():
    rng = np.random.default_rng(4)
    bonds, types = rng.normal(size=(500, 20, 3)).astype(np.float32), np.ones((500, 20, 2))
    found = {}
    for scale in (0.05, 0.1):
        (noisy, _), clean = Denoising(scale).make_batch(bonds, types, None, np.random.default_rng(5))
        found[scale] = np.std(noisy - clean)
    assert found[0.1] / found[0.05] == pytest.approx(2, rel=0.02)


def test_frame_classification_asks_for_the_structure_of_untouched_clouds():
    bonds, types = np.ones((3, 4, 3), np.float32), np.ones((3, 4, 2), np.float32)
    labels = np.array([4, 0, 2], np.int32)
    (asked, of_types), target = FrameClassification(5).make_batch(bonds, types, labels, None)
    assert asked is bonds and of_types is types
    np.testing.assert_array_equal(target, labels)


def test_the_autoencoder_asks_for_the_untouched_cloud():
    bonds, types = np.ones((3, 4, 3), np.float32), np.ones((3, 4, 2), np.float32)
    (asked, of_types), target = Autoencoder().make_batch(bonds, types, None, None)
    assert asked is bonds and of_types is types and target is bonds


@examples(50)
@given(clouds=batches(count=4, size=8, types=1), seed=SEEDS)
def test_a_shift_moves_every_bond_alike_and_padding_not_at_all(clouds, seed):
    rng = np.random.default_rng(seed)
    bonds, types = padded(*clouds, rng)
    (moved, _), shift = ShiftIdentification().make_batch(bonds, types, None, rng)
    mask = types.any(axis=-1)
    assert shift.shape == (4, 3) and shift.dtype == np.float32
    np.testing.assert_allclose((moved - bonds)[mask], np.repeat(shift, mask.sum(axis=1), axis=0), atol=1e-5)


def test_what_zero_scores_in_shift_identification():
    """0.1995 in the networks' unit, two shortest distances: the mean absolute value of a Gaussian of sd 0.25."""
    bonds, types = np.zeros((100_000, 2, 3), np.float32), np.ones((100_000, 2, 2), np.float32)
    _, shift = ShiftIdentification().make_batch(bonds, types, None, np.random.default_rng(6))
    assert np.abs(shift / 2).mean() == pytest.approx(0.1995, abs=0.001)


@examples(50)
@given(clouds=batches(count=4, size=7, types=1), seed=SEEDS)
def test_half_of_the_bonds_are_noisy(clouds, seed):
    rng = np.random.default_rng(seed)
    bonds, types = padded(*clouds, rng)
    (noisy, _), target = NoisyBond().make_batch(bonds, types, None, rng)
    mask = types.any(axis=-1)
    np.testing.assert_array_equal(target.sum(axis=1), mask.sum(axis=1) // 2)
    assert not target[~mask].any()
    np.testing.assert_array_equal((noisy != bonds).any(axis=-1), target == 1)


def test_every_bond_is_noisy_as_often_by_noise_of_the_scale():
    rng = np.random.default_rng(7)
    bonds, types = rng.normal(size=(20_000, 6, 3)).astype(np.float32), np.ones((20_000, 6, 2), np.float32)
    (noisy, _), target = NoisyBond(0.3).make_batch(bonds, types, None, rng)
    np.testing.assert_allclose(target.mean(axis=0), 0.5, atol=0.02)
    assert np.std((noisy - bonds)[target == 1]) == pytest.approx(0.3, rel=0.01)
    # Which bonds are noisy in one cloud says nothing of others: each of the 20 choices of 3 in 6 is as frequent.
    choices = np.unique(target, axis=0, return_counts=True)[1]
    assert len(choices) == 20 and choices.min() > 0.8 * choices.max()


@examples(50)
@given(clouds=batches(count=4, size=8, types=1, kinds=("random",)), seed=SEEDS)
def test_the_nearest_bond_is_taken_out(clouds, seed):
    bonds, types = padded(*clouds, np.random.default_rng(seed))
    (left, left_types), nearest = NearestBond().make_batch(bonds, types, None, None)
    assert left.shape == (4, 7, 3) and left_types.shape == (4, 7, 2) and nearest.shape == (4, 3)
    for i in range(4):
        mask, left_mask = types[i].any(axis=-1), left_types[i].any(axis=-1)
        lengths = np.linalg.norm(bonds[i][mask], axis=-1)
        assert np.linalg.norm(nearest[i]) == pytest.approx(lengths.min(), rel=1e-6)
        order = np.argsort(lengths)[1:]
        np.testing.assert_array_equal(left[i][left_mask], bonds[i][mask][np.sort(order)])


def test_the_nearest_bond_of_a_cloud_without_bonds_is_zero():
    (left, _), nearest = NearestBond().make_batch(np.zeros((2, 4, 3)), np.zeros((2, 4, 2)), None, None)
    assert left.shape == (2, 3, 3) and not nearest.any()


@pytest.mark.parametrize("name", TASKS)
def test_the_trivial_answer_has_the_form_of_an_answer(name):
    rng = np.random.default_rng(8)
    bonds, types = rng.normal(size=(40, 6, 3)).astype(np.float32), np.ones((40, 6, 2), np.float32)
    task = get_task(name)
    inputs, target = task.make_batch(bonds, types, rng.integers(50, size=40).astype(np.int32), rng)
    answer = task.trivial_answer(inputs, target)
    assert answer.shape == (target.shape if task.target_is_length else (*target.shape, answer.shape[-1]))
    if task.target_is_length:
        # No constant does better in mean square, and the noisy cloud is what it is.
        assert np.mean((answer - target) ** 2) <= max(np.mean(target ** 2), 0.26)
    else:
        np.testing.assert_allclose(answer.sum(axis=-1), 1)


def test_tasks_state_what_training_needs():
    from gala_ssl.tasks.data.config import DataConfig
    for name, task in TASKS.items():
        assert task.name == name and task.stream in ("static", "dynamic") and task.answers in ("cloud", "bond")
        made = get_task(name)
        assert get_task(made) is made
        again = type(made)(**made.settings(DataConfig(structures=("cF4-Cu", "cI2-W"))))
        assert isinstance(again, task)
    assert FrameClassification().settings(DataConfig(structures=("cF4-Cu", "cI2-W"))) == {"classes": 2}
    assert FrameClassification().settings(DataConfig()) == {"classes": 50}


def test_an_unknown_task_is_named():
    with refused(option="task", value="denosing"):
        get_task("denosing")
