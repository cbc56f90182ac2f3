"""Settings: the paper's values, round trips through JSON, and refusals in sentences."""
import dataclasses
import json
import shutil

import numpy as np
import pytest

from gala_ssl.frames import prototypes
from gala_ssl.frames.crystals import Crystal
from gala_ssl.frames.writing import write_frames
from gala_ssl.networks.config import CoreConfig
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import prototype_environments
from gala_ssl.training.presets import PRESETS, Preset, TrainingConfig, preset, with_structures
from tests.refusals import refused


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


@pytest.mark.parametrize(("cls", "wrong"), [
    (DataConfig, {"neighbors": 1}),
    (DataConfig, {"noises": ()}),
    (DataConfig, {"x_scale": 0}),
    (DataConfig, {"static_fraction": 1.5}),
    (DataConfig, {"static_fraction": 0}),
    (DataConfig, {"validation_fraction": 1}),
    (DataConfig, {"noises": (0.01, -0.1)}),
    (DataConfig, {"noises": (0.1, float("nan"))}),
    (DataConfig, {"noises": 0.1}),
    (DataConfig, {"structures": "cF4-Cu"}),
    (DataConfig, {"structures": (["cF4-Cu"],)}),
    (DataConfig, {"neighbors": 10**9}),
    (DataConfig, {"x_scale": "2"}),
    (DataConfig, {"static_fraction": None}),
    (DataConfig, {"seed": True}),
    (DataConfig, {"x_scale": float("inf")}),
    (DataConfig, {"neighbors": 2.5}),
    (DataConfig, {"min_particles": float("nan")}),
    (CoreConfig, {"width": 10**9}),
    (CoreConfig, {"normalized_products": float("nan")}),
    (TrainingConfig, {"jit_compile": float("nan")}),
    (TrainingConfig, {"learning_rate": float("inf")}),
    (DataConfig, {"seed": -1}),
    (CoreConfig, {"width": 0}),
    (CoreConfig, {"blocks": 2.5}),
    (CoreConfig, {"dropout": 1.0}),
    (CoreConfig, {"join": "sum"}),
    (CoreConfig, {"multivector_norm": "layer"}),
    (CoreConfig, {"invariant_epsilon": 0}),
    (CoreConfig, {"attention": "quick"}),
    (CoreConfig, {"width": True}),
    (CoreConfig, {"dropout": "0.1"}),
    (TrainingConfig, {"batch_size": 0}),
    (TrainingConfig, {"batch_size": True}),
    (TrainingConfig, {"learning_rate": 10**400}),
    (TrainingConfig, {"static_patience": (1.5, 2.5)}),
    (TrainingConfig, {"dynamic_patience": 4}),
    (TrainingConfig, {"accumulate": -2}),
    (TrainingConfig, {"learning_rate": 0.0}),
    (TrainingConfig, {"static_patience": (1,)}),
    (TrainingConfig, {"dynamic_patience": (0, 3)}),
    (TrainingConfig, {"seed": -1}),
])
def test_wrong_values_are_named(cls, wrong):
    (option, value), = wrong.items()
    with refused(option=option, value=value):
        cls(**wrong)


def test_an_unknown_preset_is_named_with_the_known_ones():
    with refused(option="preset", value="laptop"):
        preset("laptop")


def test_structures_of_ones_own_are_in_the_settings_whole(tmp_path):
    """A card says all that is needed to make their environments again, without their files."""
    write_frames(tmp_path / "salt.extxyz", [prototypes.crystal("cF8-NaCl").frame(8)])
    write_frames(tmp_path / "steel.extxyz", [prototypes.crystal("cI2-W").frame(2)])
    with refused(option="types", value=None):
        with_structures(preset("smoke"), [tmp_path])
    changed = with_structures(preset("smoke"), [tmp_path, "cF4-Cu"], "name")
    assert changed.name == "smoke-structures" and changed.data.types == ("Cl", "Na")
    assert changed.data.structure_names == ("salt", "steel", "cF4-Cu")
    shutil.rmtree(tmp_path)
    again = DataConfig(**json.loads(json.dumps(changed.values()))["data"])
    assert again == changed.data and again.structures[0].space_group == 225
    made = prototype_environments(again, progress=False)
    assert made.names == ("salt", "steel", "cF4-Cu") and made.clouds.types.shape[-1] == 4
    assert with_structures(preset("smoke"), ["cF8-NaCl"], "role").data.types == 2
    assert with_structures(preset("smoke"), ["cF8-NaCl"], "ignore").data.types == ()
    assert "types" not in with_structures(preset("smoke"), ["cF4-Cu"]).values()["data"]
    with refused(option="structures"):
        DataConfig(structures=(Crystal("gas", np.eye(3), [[0, 0, 0]], [0], ["A"]),))
