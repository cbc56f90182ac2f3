"""Small networks whose weights look as if they had been trained for long."""
import dataclasses

import keras
import numpy as np

from gala_ssl.networks.config import CoreConfig
from gala_ssl.networks.core import build_core
from gala_ssl.networks.layers.conversion import PaddingMask
from gala_ssl.networks.layers.normalization import MomentumLayerNormalization, MomentumNormalization
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.training.presets import Preset, TrainingConfig
from tests.strategies import CLOUD_KINDS, cloud, type_encodings

ATTENTIONS = ("fast", "published")
_COMPILE = keras.Model.compile


def small_config(attention="fast", **changes):
    small = {"type_width": 4, "width": 8, "hidden": 8, "blocks": 2, "attention": attention}
    return CoreConfig(**small | changes)


def tiny_preset(**training):
    """Trainings of seconds: two structures, one small block; `training` as of TrainingConfig."""
    small = {"batch_size": 16, "dynamic_validation": 32, "jit_compile": False}
    return Preset(
        name="tiny",
        data=DataConfig(structures=("cF4-Cu", "cI2-W"), noises=(0.03,), neighbors=6, min_particles=100,
                        static_fraction=1.0),
        core=CoreConfig(width=8, hidden=8, blocks=1),  # of tests/tiny.py
        training=TrainingConfig(**small | training),
    )


def small_core(attention="fast", seed=0, **changes):
    """Return a core with random weights and settled statistics; one seed gives both attentions the same."""
    keras.utils.set_random_seed(seed)
    core = build_core(small_config(attention, **changes))
    settle(core, seed)
    return core


def with_heads(core, chosen, seed=0):
    """Return a function like a network's, of a core's two signals and the answers of heads on it, in one list.

    It is compiled, for tests of many examples: what Keras does around each layer takes a hundred times the sums.

    Args:
        chosen: {function of `gala_ssl.networks.heads`: tuple of its arguments behind `config`}.
    """
    keras.utils.set_random_seed(seed)
    bonds, types = keras.Input((None, 3)), keras.Input((None, core.config.type_width))
    mask = PaddingMask()(types)
    multivectors, values = core([bonds, types])
    answers = []
    for head, arguments in chosen.items():
        # A model of its own, because layers of different heads share names.
        wide, mask_in = keras.Input(multivectors.shape[1:]), keras.Input(mask.shape[1:], dtype="bool")
        raw, narrow = keras.Input((None, 3)), keras.Input(values.shape[1:])
        answer = head(raw, wide, narrow, mask_in, core.config, *arguments)
        part = keras.Model([raw, wide, narrow, mask_in], answer)
        answers.append(part([bonds, multivectors, values, mask]))
    model = keras.Model([bonds, types], [multivectors, values, *answers])
    settle(model, seed)
    model.compile(jit_compile=keras.backend.backend() == "jax")  # under TensorFlow, XLA takes longer than it saves
    return model.predict_on_batch


def compile_nothing(model, *arguments, **options):
    """`keras.Model.compile` where networks are run as they are: compiling one takes longer than a test of files."""
    _COMPILE(model, *arguments, **options | {"jit_compile": False, "run_eagerly": True})


def card_of(model, neighbors, **more):
    """Return the least card with which `load_model` builds a task's model again."""
    return {"task": model.name, "task_settings": {}, "core": dataclasses.asdict(model.get_layer("core").config),
            "data": dataclasses.asdict(DataConfig(neighbors=neighbors))} | more


def settle(model, seed=0):
    """Move weights off their initial zeros and ones, and running statistics to those of typical clouds.

    What is constant over clouds then has a running deviation of zero, as after a long training.
    """
    rng = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign_add(rng.normal(scale=0.1, size=weight.shape))
    # No bonds of length zero: what is divided by its length then always has the length 1.
    kinds = [kind for kind in CLOUD_KINDS if kind != "zero_bond"]
    bonds = np.stack([cloud(kinds[i % len(kinds)], 8, rng) for i in range(24)]).astype(np.float32)
    types = type_encodings(bonds.shape[:2], model.inputs[1].shape[-1] // 2, rng)
    norms = [layer for layer in model._flatten_layers()
             if isinstance(layer, (MomentumNormalization, MomentumLayerNormalization))]
    for norm in norms:
        norm.momentum = 0.0
    model([bonds, types], training=True)
    for norm in norms:
        norm.momentum = 0.99
