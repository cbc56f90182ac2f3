"""How much of the noise denoising takes off, by how much noise there is.

    python experiments/denoising_noise.py

Trains denoising for a few epochs at several standard deviations of the noise, in run directories that resume, and
writes denoising_noise.csv: error of the network, of the noisy cloud itself, and their ratio.
"""
import argparse
import dataclasses
import pathlib

import keras
import pandas as pd

from gala_ssl.analysis.skill import trivial_score
from gala_ssl.cli import script
from gala_ssl.config import preset as get_preset
from gala_ssl.data.environments import prototype_environments
from gala_ssl.files import write_csv
from gala_ssl.models.build import build_model
from gala_ssl.models.core import build_core
from gala_ssl.pretraining import core_config, streams
from gala_ssl.tasks import Denoising
from gala_ssl.training import fit

ROOT = pathlib.Path(__file__).resolve().parents[1]


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scales", type=float, nargs="+", default=[0.05, 0.1, 0.2, 0.3, 0.5])
    parser.add_argument("--preset", default="desktop", help="whose settings, but for the epochs")
    parser.add_argument("--epochs", type=int, default=6, help="epochs of each training")
    parser.add_argument("--directory", type=pathlib.Path, default="runs/denoising_noise", help="where runs go")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "results/pretraining", help="folder of the table")
    arguments = parser.parse_args(argv)
    preset = get_preset(arguments.preset)
    training = dataclasses.replace(preset.training, epochs=arguments.epochs)
    environments = prototype_environments(preset.data)
    rows = []
    for scale in arguments.scales:
        task = Denoising(scale)
        sides = streams(task, environments, preset.data, training)
        keras.utils.set_random_seed(training.seed)
        model = build_model(task, build_core(core_config(task, preset)))
        history = fit(model, task, *sides, training, arguments.directory / f"{preset.name}-{scale:g}")
        error, identity = history[f"val_{task.metric}"].min(), trivial_score(task, sides[1])[task.metric]
        rows.append({"scale": scale, "error": error, "noisy_cloud": identity, "ratio": error / identity})
        print(*(f"{name} {value:.4f}" for name, value in rows[-1].items()))
    write_csv(arguments.output / "denoising_noise.csv", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
