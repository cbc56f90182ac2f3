"""Settings: the paper's values, round trips through JSON, and refusals in sentences."""
import dataclasses
import json

import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.networks.config import CoreConfig
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.training.presets import PRESETS, Preset, TrainingConfig, preset


def test_defaults_are_the_paper():
    data, core, training = DataConfig(), CoreConfig(), TrainingConfig()
    assert (data.neighbors, data.min_particles, data.x_scale, data.seed) == (20, 4096, 2.0, 13)
    assert (data.noises, data.static_fraction, data.validation_fraction) == ((0.01, 0.03, 0.05), 0.1, 0.3)
    assert (core.width, core.hidden, core.blocks) == (32, 64, 3)
    assert training.batch_size * training.accumulate == 4 * 16
    assert (training.dynamic_training, training.dynamic_validation) == (2048 * 4, 512 * 4)
    assert (training.static_patience, training.dynamic_patience, training.epochs) == ((1, 2), (4, 10), 128)
    assert PRESETS["paper"] == Preset()


@pytest.mark.parametrize("name", PRESETS)
def test_presets_know_their_names_and_survive_json(name):
    assert preset(name).name == name
    for part, cls in (("data", DataConfig), ("core", CoreConfig), ("training", TrainingConfig)):
        value = getattr(preset(name), part)
        assert cls(**json.loads(json.dumps(dataclasses.asdict(value)))) == value


def test_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CoreConfig().width = 3


@pytest.mark.parametrize(("cls", "wrong", "sentence"), [
    (DataConfig, {"neighbors": 1}, "neighbors is 1; a point cloud needs at least 2 bonds"),
    (DataConfig, {"noises": ()}, "noises is empty"),
    (DataConfig, {"x_scale": 0}, "x_scale is 0"),
    (DataConfig, {"static_fraction": 1.5}, "static_fraction is 1.5; it must lie above 0"),
    (DataConfig, {"static_fraction": 0}, "static_fraction is 0"),
    (DataConfig, {"validation_fraction": 1}, "validation_fraction is 1; nothing would be left"),
    (DataConfig, {"noises": (0.01, -0.1)}, "noises is .0.01, -0.1.; a standard deviation is finite and not negative"),
    (DataConfig, {"noises": (0.1, float("nan"))}, "noises is .0.1, nan.; a standard deviation is finite"),
    (DataConfig, {"noises": 0.1}, "noises is 0.1; give a list of values"),
    (DataConfig, {"structures": "cF4-Cu"}, "structures is 'cF4-Cu'; give a list of values"),
    (DataConfig, {"structures": (["cF4-Cu"],)}, "give names of prototypes"),
    (DataConfig, {"neighbors": 10**9}, "neighbors is 1000000000; a point cloud needs .* at most 512"),
    (DataConfig, {"x_scale": "2"}, "x_scale is '2'; it must lie from 1e-6"),
    (DataConfig, {"static_fraction": None}, "static_fraction is None; it must lie above 0"),
    (DataConfig, {"seed": True}, "seed is True; it must be an integer"),
    (DataConfig, {"x_scale": float("inf")}, "x_scale is inf; it must lie from 1e-6 to 1e6"),
    (DataConfig, {"neighbors": 2.5}, "neighbors is 2.5; a point cloud needs"),
    (DataConfig, {"min_particles": float("nan")}, "min_particles is nan; it must be a positive integer"),
    (CoreConfig, {"width": 10**9}, "width is 1000000000; it must be a positive integer, at most 1024"),
    (CoreConfig, {"normalized_products": float("nan")}, "normalized_products is nan; it must be true or false"),
    (TrainingConfig, {"jit_compile": float("nan")}, "jit_compile is nan; it must be true or false"),
    (TrainingConfig, {"learning_rate": float("inf")}, "learning_rate is inf; it must be positive and finite"),
    (DataConfig, {"seed": -1}, "seed is -1; it must be an integer from 0"),
    (CoreConfig, {"width": 0}, "width is 0; it must be a positive integer"),
    (CoreConfig, {"blocks": 2.5}, "blocks is 2.5"),
    (CoreConfig, {"dropout": 1.0}, "dropout is 1.0; a rate lies from 0 to below 1"),
    (CoreConfig, {"join": "sum"}, "join is 'sum'"),
    (CoreConfig, {"multivector_norm": "layer"}, "multivector_norm is 'layer'"),
    (CoreConfig, {"invariant_epsilon": 0}, "invariant_epsilon is 0"),
    (CoreConfig, {"attention": "quick"}, "attention is 'quick'; it must be 'published' or 'fast'"),
    (CoreConfig, {"width": True}, "width is True; it must be a positive integer"),
    (CoreConfig, {"dropout": "0.1"}, "dropout is '0.1'; a rate lies from 0"),
    (TrainingConfig, {"batch_size": 0}, "batch_size is 0"),
    (TrainingConfig, {"batch_size": True}, "batch_size is True; it must be a positive integer"),
    (TrainingConfig, {"learning_rate": 10**400}, "it must be positive and finite"),
    (TrainingConfig, {"static_patience": (1.5, 2.5)}, "static_patience is .1.5, 2.5.; give two positive integers"),
    (TrainingConfig, {"dynamic_patience": 4}, "dynamic_patience is 4; give a list"),
    (TrainingConfig, {"accumulate": -2}, "accumulate is -2"),
    (TrainingConfig, {"learning_rate": 0.0}, "learning_rate is 0.0"),
    (TrainingConfig, {"static_patience": (1,)}, "static_patience is .1,.; give two positive integers"),
    (TrainingConfig, {"dynamic_patience": (0, 3)}, "dynamic_patience is .0, 3."),
    (TrainingConfig, {"seed": -1}, "seed is -1"),
])
def test_wrong_values_are_named(cls, wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        cls(**wrong)


def test_an_unknown_preset_is_named_with_the_known_ones():
    with pytest.raises(InputError, match="no preset 'laptop'; choose from paper, desktop, grid, smoke"):
        preset("laptop")
