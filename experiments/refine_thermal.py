"""Train a thermal network on from its weights, on the thermal environments of this version.

    python experiments/refine_thermal.py frame_classification --epochs 20

A run directory in runs/refined_thermal/ that resumes; epochs are short, the rate warms up and falls to 0 as a cosine.
Validation is on noise realisations that no training had. Weights and card are written to it at the end.
"""
import argparse
import dataclasses
import pathlib

from gala_ssl.commands.main import script
from gala_ssl.networks.layers.seeds import seeded
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.data.config import DataConfig, ThermalConfig
from gala_ssl.tasks.models.cards import describe
from gala_ssl.tasks.models.pretrained import load_model, save_pretrained
from gala_ssl.training.fit import fit
from gala_ssl.training.presets import TrainingConfig
from gala_ssl.training.pretrain import streams

# Sets its realisations apart from those of every training before.
SEED = 2028


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--weights", default="thermal", help="a set that ships or a folder (default: thermal)")
    parser.add_argument("--epochs", type=int, default=20, help="of 16,384 clouds (default: 20)")
    parser.add_argument("--rate", type=float, default=1e-3, help="the largest learning rate (default: 0.001)")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--directory", type=pathlib.Path, default="runs/refined_thermal")
    arguments = parser.parse_args(argv)
    with seeded(SEED):
        model, card = load_model(arguments.task, arguments.weights)
    data = DataConfig(**card["data"])
    data = dataclasses.replace(data, thermal=ThermalConfig(length_scale=data.thermal.length_scale))
    training = TrainingConfig(batch_size=arguments.batch_size, epochs=arguments.epochs, learning_rate=arguments.rate,
                              schedule="cosine", warm_up=60, clip=1.0, dynamic_training=2**14,
                              dynamic_validation=2**12, seed=SEED)
    run, task = arguments.directory / arguments.task, describe(card, arguments.weights)[0]
    history = fit(model, task, *streams(task, None, data, training), training, run)
    best = history.loc[history["val_loss"].idxmin()]
    card["refined"] = {"layers": "all", "data": data.values(), "training": dataclasses.asdict(training),
                       "best": {name: float(value) for name, value in best.items()}, "epochs": len(history)}
    save_pretrained(model, card, run)
    print(card["refined"]["best"])


if __name__ == "__main__":
    main()
