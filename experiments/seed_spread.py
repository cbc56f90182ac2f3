"""How much Table 1 depends on the seed of the training.

    python experiments/pretrain.py denoising frame_classification --output runs/weights/seed13
    python experiments/pretrain.py denoising frame_classification --seed 14 --directory runs/seed14 \\
        --output runs/weights/seed14
    python experiments/seed_spread.py runs/weights/seed13 runs/weights/seed14

Scores the tasks that all the folders have weights of, and writes seeds.csv: task, pair, and both scores by seed.
"""
import argparse
import pathlib

import pandas as pd

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import write_csv
from gala_ssl.commands.main import script
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks.models.cards import tasks_with_weights
from paper.table1 import SnapshotFeatures, table1

ROOT = pathlib.Path(__file__).resolve().parents[1]


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=pathlib.Path, nargs="+", help="folders of weights, one a seed")
    parser.add_argument("--trajectories", type=pathlib.Path, default=ROOT / "data/trajectories",
                        help="folder of snapshots")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "results/pretraining", help="folder of the table")
    arguments = parser.parse_args(argv)
    tasks = [task for task in tasks_with_weights(arguments.weights[0])
             if all(task in tasks_with_weights(folder) for folder in arguments.weights)]
    if not tasks:
        raise InputError(f"No task has weights in all of {', '.join(map(str, arguments.weights))}.",
                         option="--weights", value=arguments.weights)
    tables = []
    for folder in arguments.weights:
        embeddings = [Embedding.from_pretrained(task, weights=folder) for task in tasks]
        scores = table1(embeddings, SnapshotFeatures(arguments.trajectories), n_bootstrap=1).dropna(subset=["auc"])
        seeds = {embed.name: embed.card["training"]["seed"] for embed in embeddings}
        tables.append(scores.assign(seed=scores["method"].map(seeds), preset=embeddings[0].card["preset"]))
    columns = ["method", "pair", "preset", "seed", "auc", "linear_auc"]
    table = pd.concat(tables)[columns].sort_values(columns[:4], ignore_index=True)
    print(table.to_string(index=False))
    write_csv(arguments.output / "seeds.csv", table)


if __name__ == "__main__":
    main()
