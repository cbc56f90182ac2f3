"""What should the heads that answer with vectors act on: the raw bonds, or the core's multivectors?

    python experiments/vector_inputs.py

Trains each such task with both (CoreConfig.vector_inputs) for a few epochs of a preset, in run directories that
resume, and writes vector_inputs.csv with a row a run.
"""
import argparse
import dataclasses
import pathlib

import pandas as pd

from gala_ssl.base.files import write_csv
from gala_ssl.commands.main import script
from gala_ssl.training.presets import preset as get_preset
from gala_ssl.training.pretrain import pretrain

ROOT = pathlib.Path(__file__).resolve().parents[1]
TASKS = ("denoising", "shift_identification", "nearest_bond")


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=list(TASKS), help="default: all three")
    parser.add_argument("--preset", default="desktop", help="whose settings, but for the epochs")
    parser.add_argument("--epochs", type=int, default=8, help="epochs of each training")
    parser.add_argument("--seeds", type=int, nargs="+", default=[13])
    parser.add_argument("--directory", type=pathlib.Path, default="runs/vector_inputs", help="where runs go")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "results/pretraining", help="folder of the table")
    arguments = parser.parse_args(argv)
    rows = []
    for seed in arguments.seeds:
        for inputs in ("bonds", "multivectors"):
            preset = shortened(arguments.preset, arguments.epochs, inputs)
            for card in pretrain(arguments.tasks, preset, arguments.directory / inputs / f"seed{seed}", seed=seed):
                rows.append({"task": card["task"], "vector_inputs": inputs, "seed": seed, "epochs": card["epochs"],
                             **{name: card["best"][name] for name in ("val_loss", "val_mean_absolute_error")}})
                print(*rows[-1].values())
    rows.sort(key=lambda row: arguments.tasks.index(row["task"]))
    write_csv(arguments.output / "vector_inputs.csv", pd.DataFrame(rows))


def shortened(name, epochs, inputs):
    """The preset of this name with fewer epochs and this choice of inputs."""
    preset = get_preset(name)
    return dataclasses.replace(preset, core=dataclasses.replace(preset.core, vector_inputs=inputs),
                               training=dataclasses.replace(preset.training, epochs=epochs))


if __name__ == "__main__":
    main()
