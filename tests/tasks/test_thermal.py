"""Thermal environments: what is in them, and that an epoch of them is a function of (seed, epoch)."""
import dataclasses
import pickle

import numpy as np
import pytest
from scipy.spatial import cKDTree

from gala_ssl.frames import prototypes
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.data.config import DataConfig, ThermalConfig
from gala_ssl.tasks.data.hot import debye_displacements
from gala_ssl.tasks.data.thermal import (
    GAS,
    LIQUID,
    ThermalStream,
    class_names,
    thermal_environments,
)
from tests.refusals import refused

DATA = DataConfig(structures=("cF4-Cu", "cI2-W"), thermal=ThermalConfig(particles=150, clouds_per_frame=50))


def changed(**settings):
    return dataclasses.replace(DATA, thermal=dataclasses.replace(DATA.thermal, **settings))


COLD = changed(noise=(0.0, 0.0), strain=0.0, vacancies=0.0, surfaces=0.0, jitter=0.0)


def test_classes_come_in_their_shares():
    found = thermal_environments(changed(liquid_share=2.0), 1000, (1,))
    assert found.names == class_names(DATA) == ("cF4-Cu", "cI2-W", LIQUID, GAS)
    np.testing.assert_allclose(np.bincount(found.labels), [200, 200, 400, 200], atol=4)
    assert found.clouds.bonds.shape == found.ideal.shape == (1000, 20, 3)
    assert found.clouds.mask.all()


def test_environments_are_a_function_of_the_seed():
    first, again, other = (thermal_environments(DATA, 200, seed) for seed in ((1, 0), (1, 0), (1, 1)))
    np.testing.assert_array_equal(first.clouds.bonds, again.clouds.bonds)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert not np.isin(first.clouds.bonds[..., 0], other.clouds.bonds[..., 0]).any()


def test_without_noise_the_bonds_are_ideal_and_the_unit_is_the_mean_bond():
    found = thermal_environments(COLD, 300, (2,))
    np.testing.assert_allclose(found.clouds.bonds, found.ideal, atol=1e-6)
    np.testing.assert_allclose(found.clouds.mean_bonds, 1.2, rtol=1e-5)
    fcc = found.clouds.bonds[found.labels == 0]
    np.testing.assert_allclose(np.linalg.norm(fcc, axis=-1)[:, 11] * np.sqrt(2), np.linalg.norm(fcc, axis=-1)[:, 12],
                               rtol=1e-4)


@pytest.mark.parametrize("noise", [0.05, 0.12])
def test_displacements_have_the_noise_that_was_asked_for(noise):
    """A bond has that of two particles; the unit is the nearest distance but for the structure's mean bond."""
    found = thermal_environments(changed(noise=(noise, noise), strain=0.0, vacancies=0.0, surfaces=0.0,
                                         correlated=0.0, jitter=0.0), 4000, (3,))
    fcc = found.labels == 0
    moved = (found.clouds.bonds - found.ideal)[fcc]
    assert moved.std() == pytest.approx(np.sqrt(2) * noise, rel=0.05)


def test_a_liquid_and_a_gas_have_no_ideal_sites():
    found = thermal_environments(DATA, 400, (4,))
    disordered = found.labels >= 2
    np.testing.assert_array_equal(found.clouds.bonds[disordered], found.ideal[disordered])
    assert (found.clouds.bonds[~disordered] != found.ideal[~disordered]).any(axis=(1, 2)).all()


def test_debye_displacements_are_periodic_and_neighbours_move_together():
    """Of fcc by a third: Si(k_D r) / (k_D r) = 0.39 less what small boxes lack of the longest waves."""
    frame = prototypes.build("cF4-Cu", 2000)
    positions, rng = frame.positions.astype(float), np.random.default_rng(5)
    pairs = cKDTree(positions).query_pairs(1.01, output_type="ndarray")
    found = [debye_displacements(positions, frame.cell, rng) for _ in range(4)]
    correlations = [np.mean(np.sum(u[pairs[:, 0]] * u[pairs[:, 1]], axis=1)) / 3 for u in found]
    assert np.std(found[0]) == pytest.approx(1)
    assert np.mean(correlations) == pytest.approx(0.33, abs=0.06)
    shifted = debye_displacements(positions + frame.cell[0], frame.cell, np.random.default_rng(6))
    np.testing.assert_allclose(shifted, debye_displacements(positions, frame.cell, np.random.default_rng(6)), atol=1e-8)


@pytest.mark.parametrize("softness", [0.0, 0.5, 1.0])
def test_waves_along_their_direction_are_as_weak_as_the_softness_says(softness):
    """In amplitudes of the box's longest waves, many draws: along its direction over across it."""
    frame = prototypes.build("cP1-Po", 200)
    positions = frame.positions.astype(float)
    wave = 2 * np.pi * np.linalg.inv(frame.cell)[:, 0]
    found = []
    for seed in range(60):
        moved = debye_displacements(positions, frame.cell, np.random.default_rng(seed), softness)
        found.append(np.exp(-1j * positions @ wave) @ moved)
    along, *across = np.sqrt(np.mean(np.abs(found) ** 2, axis=0))
    assert along == pytest.approx(softness * np.mean(across), rel=0.15, abs=1e-6 * np.mean(across))


def test_the_shift_to_find_has_the_displacement_in_it():
    found = thermal_environments(changed(noise=(0.1, 0.1)), 300, (7,))
    task = TASKS["shift_identification"](0.0)
    inputs, target = task.make_batch(found.clouds.bonds, found.clouds.types, found.labels, np.random.default_rng(0),
                                     found.ideal)
    np.testing.assert_allclose(target, (found.clouds.bonds - found.ideal).mean(axis=1), atol=1e-6)
    np.testing.assert_array_equal(inputs[0], found.clouds.bonds)


def test_denoising_looks_for_the_ideal_bonds():
    found = thermal_environments(changed(noise=(0.1, 0.1)), 300, (8,))
    task = TASKS["denoising"](0.0)
    (noisy, _), target = task.make_batch(found.clouds.bonds, found.clouds.types, found.labels,
                                         np.random.default_rng(0), found.ideal)
    np.testing.assert_array_equal(target, found.ideal)
    np.testing.assert_allclose(noisy.mean(axis=1), target.mean(axis=1), atol=1e-5)  # registered


@pytest.mark.parametrize("name", TASKS)
def test_a_stream_gives_new_clouds_each_epoch_and_travels_to_other_processes(name):
    task = TASKS[name](**TASKS[name]().settings(DATA))
    stream = pickle.loads(pickle.dumps(ThermalStream(task, DATA, 128, 32, (1, 0))))
    assert len(stream) == 4
    first, again, second = stream.batch(0, 1), stream.batch(0, 1), stream.batch(1, 1)
    np.testing.assert_array_equal(first[0][0], again[0][0])
    np.testing.assert_array_equal(first[1], again[1])
    assert (first[0][0] != second[0][0]).any()
    kept = ThermalStream(task, DATA, 128, 32, (1, 1), renewed=False)
    np.testing.assert_array_equal(kept.environments_of(3).labels, kept.environments_of(0).labels)
    assert [len(array) for array in stream.stacked(0)] == [4, 4, 4, 4]


@pytest.mark.parametrize("settings", [{"noise": (0.2, 0.1)}, {"noise": (0.1,)}, {"surfaces": 1.5}, {"strain": -1},
                                      {"particles": 0}, {"length_scale": "longest"}])
def test_settings_that_make_no_environments_are_refused(settings):
    (option, value), = settings.items()
    with refused(option=option, value=value):
        ThermalConfig(**settings)


@pytest.mark.parametrize("scale", [-1, (0.2, 0.1), (0.1, float("nan"))])
def test_amplitudes_that_are_none_are_refused(scale):
    with refused(option="scale", value=scale):
        TASKS["noisy_bond"](scale)


MIXED = dict(thermal=dataclasses.replace(DATA.thermal, particles=100, clouds_per_frame=10), neighbors=8)


@pytest.mark.parametrize("types", [("Cl", "Cs", "Na"), 2, ()])
def test_mixtures_keep_their_types_as_told(types):
    """Of sites alone caesium chloride is bcc: its neighbours differ in nothing but types."""
    data = DataConfig(structures=("cP2-CsCl", "cF8-NaCl", "cF4-Cu"), types=types, **MIXED)
    found = thermal_environments(data, 250, (4,))
    count = {(): 1, 2: 2}.get(types, 3)
    assert found.clouds.types.shape == (250, 8, 2 * count) and found.clouds.mask.all()
    of = (found.clouds.types[..., count:] - found.clouds.types[..., :count]).argmax(axis=-1)[:, 0]
    if types == 2:
        assert not of.any()  # the centre's own type is the first
    elif types:
        assert [set(of[found.labels == label]) for label in (0, 1)] == [{0, 1}, {0, 2}]
        assert len(set(of[found.labels == 2])) > 1  # a structure of one type is of any
    again = thermal_environments(data, 250, (4,))
    np.testing.assert_array_equal(found.clouds.types, again.clouds.types)


def test_types_do_not_change_places():
    """What is drawn for types of crystals leaves the thermal displacements of mixtures as they are."""
    data = DataConfig(structures=("cP2-CsCl",), types=(), **MIXED)
    named = dataclasses.replace(data, types=("Cl", "Cs"))
    one, other = (thermal_environments(dataclasses.replace(each, thermal=dataclasses.replace(
        each.thermal, liquid_share=0.0, gas_share=0.0)), 60, (5,)) for each in (data, named))
    np.testing.assert_array_equal(one.clouds.bonds, other.clouds.bonds)


def test_mixtures_are_refused_where_nothing_is_said_of_their_types():
    with refused(option="types", value=None):
        DataConfig(structures=("cF8-NaCl",))
    with refused(option="types", value=("Na",)):
        DataConfig(structures=("cF8-NaCl",), types=("Na",))
    with refused(option="types", value=2):
        DataConfig(structures=("cP5-CaTiO3",), types=2)
    with refused(option="types", value=1):
        DataConfig(types=1)
