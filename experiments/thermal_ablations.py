"""Frame classification on thermal environments, one setting changed at a time, at equal numbers of clouds.

All trainings have one shape, so that the scan engine takes them at once. Each leaves weights and a card in
DIRECTORY/VARIANT-SEED; experiments/hot_crystals.py names hot crystals by them.
"""
import argparse
import dataclasses
import pathlib

from gala_ssl.training.presets import preset as get_preset
from gala_ssl.training.pretrain import train_each

# What each variant changes of ThermalConfig, and by how many seeds: three for the two that matter most.
VARIANTS = {
    "thermal": ({}, 3),
    "bulk_length": ({"length_scale": "bulk"}, 3),
    "cold": ({"noise": (0.01, 0.05)}, 3),
    "uncorrelated": ({"correlated": 0.0}, 1),
    "unstrained": ({"strain": 0.0}, 1),
    "perfect": ({"vacancies": 0.0, "surfaces": 0.0}, 1),
    "much_liquid": ({"liquid_share": 5.0}, 1),
}


def presets(epochs):
    """Return {name: Preset} of all trainings, each of `epochs` epochs."""
    found = {}
    for name, (change, seeds) in VARIANTS.items():
        for seed in range(13, 13 + seeds):
            base = get_preset("thermal")
            data = dataclasses.replace(base.data, seed=seed, thermal=dataclasses.replace(base.data.thermal, **change))
            training = dataclasses.replace(base.training, seed=seed, epochs=epochs)
            found[f"{name}-{seed}"] = dataclasses.replace(base, name=name, data=data, training=training)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("keras", "scan"), default="keras")
    parser.add_argument("--epochs", type=int, default=8, help="of 65,536 clouds (default: 8)")
    parser.add_argument("--directory", type=pathlib.Path, default="runs/thermal_ablations")
    parser.add_argument("--workers", type=int)
    arguments = parser.parse_args()
    chosen = presets(arguments.epochs)
    runs = [arguments.directory / name for name in chosen]
    for card in train_each("frame_classification", list(chosen.values()), runs, arguments.engine,
                                       arguments.workers):
        print(card["preset"], card["data"]["seed"], card["best"])


if __name__ == "__main__":
    main()
