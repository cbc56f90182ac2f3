"""What limits denoising: how much of the noise it takes off, by the noise and by the network.

    python experiments/denoising_limits.py

Trains denoising for a few epochs, in run directories that resume: at several standard deviations of the noise, then
at one of them without dropout, on the core's multivectors, on one structure only. Writes denoising_limits.csv: the
network's error, that of the noisy cloud itself, and their ratio; and that of one who knows the structure and how it
lies, whose answer is the perfect cloud: what the prototypes' own noise leaves.
"""
import argparse
import dataclasses
import functools
import pathlib

import keras
import numpy as np
import pandas as pd

from gala_ssl.base.files import write_csv
from gala_ssl.commands.main import script
from gala_ssl.networks.core import build_core
from gala_ssl.tasks.data.environments import prototype_environments
from gala_ssl.tasks.denoising import Denoising
from gala_ssl.tasks.models.build import build_model
from gala_ssl.training.fit import fit
from gala_ssl.training.presets import preset as get_preset
from gala_ssl.training.pretrain import core_config, streams
from paper.skill import trivial_score

ROOT = pathlib.Path(__file__).resolve().parents[1]
NOISES = tuple({"scale": scale} for scale in (0.05, 0.1, 0.2, 0.3, 0.5))
# One after another, at the noise that takes a bond no farther than half way to its neighbours.
CHANGES = ({"dropout": 0.0}, {"vector_inputs": "multivectors"}, {"dropout": 0.0, "vector_inputs": "multivectors"},
           {"structures": ("cF4-Cu",)}, {"structures": ("cF4-Cu",), "dropout": 0.0})


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.2, help="noise at which the network is changed")
    parser.add_argument("--preset", default="desktop", help="whose settings, but for the epochs")
    parser.add_argument("--epochs", type=int, default=6, help="epochs of each training")
    parser.add_argument("--directory", type=pathlib.Path, default="runs/denoising_limits", help="where runs go")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "results/pretraining", help="folder of the table")
    arguments = parser.parse_args(argv)
    preset = get_preset(arguments.preset)
    preset = dataclasses.replace(preset, training=dataclasses.replace(preset.training, epochs=arguments.epochs))
    rows = []
    for changes in (*NOISES, *({"scale": arguments.scale, **change} for change in CHANGES)):
        rows.append(trained(preset, arguments.directory, **changes))
        print(*(f"{name} {value:.4f}" if isinstance(value, float) else value for name, value in rows[-1].items()))
    write_csv(arguments.output / "denoising_limits.csv", pd.DataFrame(rows))


def trained(preset, directory, scale, dropout=Denoising.dropout, vector_inputs="bonds", structures=()):
    """A row of the table: denoising trained with these settings."""
    task, data = Denoising(scale), dataclasses.replace(preset.data, structures=structures)
    core = dataclasses.replace(core_config(task, preset), dropout=dropout, vector_inputs=vector_inputs)
    sides = streams(task, environments(data), data, preset.training)
    keras.utils.set_random_seed(preset.training.seed)
    name = "-".join((preset.name, f"{scale:g}", f"{dropout:g}", vector_inputs, *structures))
    history = fit(build_model(task, build_core(core)), task, *sides, preset.training, directory / name)
    error, identity = history[f"val_{task.metric}"].min(), trivial_score(task, sides[1])[task.metric]
    # The mean of |x| of the noise of a bond's far end; that of its near end, common to all bonds, shows in their mean.
    perfect = np.sqrt(2 / np.pi) * np.mean(data.noises) / data.x_scale
    return {"scale": scale, "dropout": dropout, "vector_inputs": vector_inputs, "structures": " ".join(structures),
            "epochs": len(history), "error": error, "noisy_cloud": identity, "ratio": error / identity,
            "ratio_of_the_perfect_cloud": perfect / identity}


@functools.cache
def environments(data):
    """The environments of a DataConfig, made once: most rows have the same."""
    return prototype_environments(data)


if __name__ == "__main__":
    main()
