"""Transfer: which cells there are, what they start from, what freezing keeps, and the scratch cell."""
import dataclasses

import keras
import numpy as np
import pandas as pd
import pytest

from gala_ssl.base.runs import run_lock
from gala_ssl.networks.combined import combine_cores, freeze_cores
from gala_ssl.networks.core import build_core
from gala_ssl.tasks import TASKS, get_task
from gala_ssl.tasks.data.environments import prototype_environments
from gala_ssl.training import pretrain as pretraining
from gala_ssl.training import transfer
from gala_ssl.training.checkpoint import BEST, HISTORY, load_variables
from gala_ssl.training.transfer import COMBINED, SCRATCH, Cell, attempt_cell, cells, read_cell, run_cell
from tests import properties, tiny
from tests.refusals import refused
from tests.selection import in_tiers
from tests.small_networks import small_config, small_core, tiny_preset
from tests.strategies import cloud, type_encodings

pytestmark = pytest.mark.tensorflow

TINY = tiny_preset(epochs=2, dynamic_training=64)


@pytest.fixture
def pretrained(tmp_path):
    """pretrained(task) is a folder with weights of the task, trained for a moment in runs/tiny beside it."""
    def of(task):
        list(pretraining.pretrain([task], TINY, tmp_path / "runs", output=tmp_path / "weights", progress=False))
        return tmp_path / "weights"
    return of


def numbers(model):
    """The weights by layer and path; those of a combined core also by which of its parts they are in."""
    parts = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    named = [(f"{part.name}/{weight.path}", weight) for part in parts for weight in part.weights]
    inside = {id(weight) for _, weight in named}
    named += [(weight.path, weight) for weight in model.weights if id(weight) not in inside]
    return {path: keras.ops.convert_to_numpy(weight) for path, weight in named}


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a.values(), b.values(), strict=True))


def started(cell, folder):
    model = transfer._untrained(cell.target, cell.source == COMBINED, TINY)
    transfer._start(model, cell, TINY, folder)
    return model


def trained(cell, folder, directory):
    """Run a cell and return (the core it started from, the core it ended with) as arrays by path."""
    before = numbers(started(cell, folder).get_layer("core"))
    run_cell(cell, TINY, folder, directory)
    after = started(cell, folder)
    load_variables(after.weights, directory / cell.name / BEST)
    return before, numbers(after.get_layer("core"))


@pytest.mark.slow
@pytest.mark.parametrize("source", in_tiers(["denoising", COMBINED]))
def test_a_frozen_core_stays_to_the_bit(source, tmp_path):
    """Momentum statistics included."""
    before, after = trained(Cell(source, "nearest_bond", 1.0, True, 3), tiny.FOLDER, tmp_path)
    stays = [path for path in before if "core_" in path or source != COMBINED]
    assert len(stays) > 40 and any(path.endswith("sigma") for path in stays)
    for path in stays:
        np.testing.assert_array_equal(after[path], before[path], err_msg=path)
    if source == COMBINED:  # how the cores are put together is learned
        assert not np.array_equal(after["projection/kernel"], before["projection/kernel"])


@pytest.mark.slow
def test_a_free_core_moves(tmp_path):
    before, after = trained(Cell("denoising", "nearest_bond", 1.0, False, 3), tiny.FOLDER, tmp_path)
    moved = [path for path in before if not np.array_equal(before[path], after[path])]
    assert any(path.endswith("sigma") for path in moved) and any(path.endswith("kernel") for path in moved)


@pytest.mark.parametrize("source", in_tiers(TASKS))
def test_the_core_starts_as_its_source_left_it(source):
    model = started(Cell(source, "nearest_bond", 1.0, False, 3), tiny.FOLDER)
    found = transfer._source_core(source, tiny.FOLDER)
    assert same(numbers(model.get_layer("core")), numbers(found))


@pytest.mark.parametrize("target", in_tiers(
    ["denoising", "autoencoder", "frame_classification", "nearest_bond"], (), ("denoising",)))
def test_from_scratch_on_all_data_is_pretraining(target, pretrained, tmp_path):
    """The same history and weights to the bit with the same seed, in whatever order cells were run before."""
    folder = pretrained(target)
    for cell in (Cell("denoising", target, 1.0, False, 5), Cell(SCRATCH, target, 1.0, False, TINY.training.seed)):
        run_cell(cell, TINY, tiny.FOLDER, tmp_path)
    runs = tmp_path / cell.name, folder.parent / f"runs/tiny/{target}"
    found, expected = (pd.read_csv(run / HISTORY).drop(columns="seconds") for run in runs)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert len(found) == 2
    with np.load(runs[0] / BEST) as found, np.load(runs[1] / BEST) as expected:
        assert list(found) == list(expected) and len(found) > 40
        for name in expected:
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def test_a_cell_is_finished_once_and_for_all(tmp_path, monkeypatch):
    cell, folder = Cell("denoising", "nearest_bond", 0.1, False, 3), tiny.FOLDER
    card = run_cell(cell, TINY, folder, tmp_path)
    assert read_cell(cell, tmp_path) == card and card["fraction"] == 0.1 and card["epochs"] <= 2
    monkeypatch.setattr(transfer, "fit_alone", None)
    assert run_cell(cell, TINY, folder, tmp_path) == card
    other = dataclasses.replace(TINY, training=dataclasses.replace(TINY.training, epochs=3))
    with refused(path=str(tmp_path / cell.name), option="settings", value={"training.epochs": (2, 3)}):
        run_cell(cell, other, folder, tmp_path)


def test_a_failure_is_written_down_and_mended_by_another_try(tmp_path):
    cell = Cell("denoising", "nearest_bond", 0.1, True, 3)
    failed = attempt_cell(cell, TINY, tmp_path / "nowhere", tmp_path)
    assert failed["error"].startswith("InputError: There are no weights for denoising")
    assert read_cell(cell, tmp_path) == failed
    card = attempt_cell(cell, TINY, tiny.FOLDER, tmp_path)
    assert read_cell(cell, tmp_path) == card and "error" not in card


def test_a_cell_that_another_process_is_at_is_left_to_it(tmp_path):
    cell, folder = Cell("denoising", "nearest_bond", 0.1, True, 3), tiny.FOLDER
    (tmp_path / cell.name).mkdir(parents=True)
    with run_lock(tmp_path / cell.name):
        assert "Another process is writing the run" in attempt_cell(cell, TINY, folder, tmp_path)["error"]
        assert "There are no weights" in attempt_cell(cell, TINY, tmp_path / "nowhere", tmp_path)["error"]
        assert [path.name for path in (tmp_path / cell.name).iterdir()] == [".lock"]
    card = run_cell(cell, TINY, folder, tmp_path)  # as the other process ends it
    assert read_cell(cell, tmp_path) == card
    assert not (tmp_path / cell.name / transfer.FAILURE).exists()


@pytest.mark.parametrize("name", TASKS)
def test_fractions_lie_within_each_other_and_apart_from_validation(name):
    environments = prototype_environments(TINY.data, progress=False)
    sides = {}
    for fraction in (0.01, 0.1, 0.5, 1.0):
        made = pretraining.streams(get_task(name), environments, TINY.data, TINY.training, fraction)
        sides[fraction] = [set(side.indices.tolist()) for side in made]
    whole, validation = sides[1.0]
    assert not whole & validation
    for small, large in ((0.01, 0.1), (0.1, 0.5), (0.5, 1.0)):
        assert sides[small][0] < sides[large][0] and sides[small][1] == validation
        assert len(sides[small][0]) == max(1, round(small * len(whole)))
    again = pretraining.streams(get_task(name), environments, TINY.data, TINY.training, 0.1)
    other_seed = dataclasses.replace(TINY.training, seed=14)
    other = pretraining.streams(get_task(name), environments, TINY.data, other_seed, 0.1)
    assert set(again[0].indices) == sides[0.1][0] != set(other[0].indices)
    assert set(other[1].indices) == validation


def test_the_cells_of_a_grid():
    made = cells([SCRATCH, "denoising"], ["nearest_bond", "denoising"], (0.1, 1.0), (False, True), (1, 2))
    assert len(made) == len(set(made)) == len({cell.name for cell in made}) == 2 * (2 + 1) * 2 * 2
    assert not any(cell.freeze and cell.source == SCRATCH for cell in made)
    assert made[0].name == "nearest_bond/scratch-free-0.1-seed1"


@pytest.mark.parametrize(("cell", "option", "value"), [
    (("denosing", "nearest_bond", 1, False, 1), "source", "denosing"),
    (("denoising", "combined", 1, False, 1), "target", "combined"),
    (("denoising", "nearest_bond", 0, False, 1), "fraction", 0),
    (("scratch", "nearest_bond", 1, True, 1), "freeze", True)])
def test_impossible_cells_are_refused(cell, option, value):
    with refused(option=option, value=value):
        Cell(*cell)


@pytest.mark.slow
def test_cores_side_by_side_keep_the_symmetries():
    cores = [build_core(small_config(), name=f"core_{i}") for i in range(2)]
    for i, core in enumerate(cores):
        core.set_weights(small_core(seed=i).get_weights())
    combined = combine_cores(cores)
    rng = np.random.default_rng(0)
    bonds = np.stack([cloud(kind, 6, rng) for kind in ("random", "lattice", "repeated")]).astype(np.float32)
    types, kinds = type_encodings((3, 6), 2, rng), ("bond multivectors", "bond values")
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    properties.assert_rotation_equivariant(combined, kinds, bonds, types, turn * np.linalg.det(turn))
    properties.assert_permutation_equivariant(combined, kinds, bonds, types, rng.permutation(6))
    properties.assert_padding_ignored(combined, kinds, bonds, types, 2, rng)
    parts = [core([bonds, types]) for core in cores]
    expected = np.mean([np.asarray(multivectors) for multivectors, _ in parts], axis=0)
    np.testing.assert_allclose(np.asarray(combined([bonds, types])[0]), expected, atol=1e-6)
    freeze_cores(combined)
    assert [weight.path for weight in combined.trainable_weights] == [
        "sum_of_multivectors/scales", "projection/kernel"]
