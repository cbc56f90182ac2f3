"""Which embedding of a network: its core's values averaged over the bonds, or what its head makes of a cloud?

    python experiments/compare_embeddings.py

Names the fifty prototypes from each embedding of held-back environments by a linear classifier, and scores each on
the snapshots of Table 1. The default embedding is chosen by the former. Writes embeddings.csv and embeddings.rst.
"""
import argparse
import pathlib

import pandas as pd

from gala_ssl.base.files import write_csv, write_text
from gala_ssl.base.randomness import rng
from gala_ssl.base.tables import simple_table
from gala_ssl.commands.main import script
from gala_ssl.networks import heads
from gala_ssl.order.concatenation import Concatenation
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import prototype_environments, split
from gala_ssl.tasks.models.cards import tasks_with_weights
from gala_ssl.tasks.models.pretrained import load_model
from gala_ssl.tasks.models.sets import SHIPPED
from paper.skill import linear_probe
from paper.table1 import SnapshotFeatures, table1

ROOT = pathlib.Path(__file__).resolve().parents[1]


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=pathlib.Path, default=SHIPPED, help="folder of weights")
    parser.add_argument("--trajectories", type=pathlib.Path, default=ROOT / "data/trajectories",
                        help="folder of snapshots")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "results/pretraining", help="folder to write to")
    parser.add_argument("--clouds", type=int, default=10_000, help="held-back environments for the linear classifier")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of environments, folds and bootstrap")
    arguments = parser.parse_args(argv)
    embeddings = load_embeddings(arguments.weights)
    probes = probe(embeddings, arguments.clouds, arguments.seed)
    scores = table1(embeddings, SnapshotFeatures(arguments.trajectories), seed=arguments.seed, n_bootstrap=1)
    table = probes.join(pairs_across(scores), on="embedding")
    print(text := to_rst(table))
    write_csv(arguments.output / "embeddings.csv", table)
    write_text(arguments.output / "embeddings.rst", text)


def load_embeddings(weights):
    """Every embedding of every task that has weights, then all of the cores together."""
    cores, summaries = [], []
    for task in tasks_with_weights(weights):
        model, card = load_model(task, weights)
        cores.append(Embedding(model, card))
        if heads.summary(model) is not None:
            summaries.append(Embedding(model, card, source="head"))
            summaries[-1].name = f"{task}_head"
    return [*cores, *summaries, Concatenation(cores)]


def probe(embeddings, count, seed):
    """Accuracy of a linear classifier of structures on each embedding of `count` held-back environments."""
    data = DataConfig(**embeddings[0].card["data"])
    environments = prototype_environments(data)
    chosen = rng(seed, "environments to compare").permutation(split(len(environments), data)[1])[:count]
    clouds, labels = environments.clouds[chosen], environments.labels[chosen]
    rows = []
    for embed in embeddings:
        mean, deviation = linear_probe(embed(clouds), labels, seed)
        rows.append({"embedding": embed.name, "numbers": embed.dimension, "probe": mean, "probe_sd": deviation})
    return pd.DataFrame(rows)


def pairs_across(scores):
    """The scores of Table 1 with a row a method and two columns a pair."""
    scores = scores.dropna(subset=["auc"])
    wide = scores.pivot(index="method", columns="pair", values=["auc", "linear_auc"])
    wide.columns = [f"{score}_{pair}" for score, pair in wide.columns]
    return wide


def to_rst(table):
    """The table for reading, as reStructuredText; of each pair the first component and the linear classifier."""
    pairs = sorted({int(name.rsplit("_", 1)[1]) for name in table if name.startswith("auc_")})
    rows = [[row["embedding"].replace("_", " "), str(row["numbers"]), f"{row['probe']:.3f}",
             *(f"{row[f'auc_{pair}']:.3f} / {row[f'linear_auc_{pair}']:.3f}" for pair in pairs)]
            for row in table.to_dict("records")]
    return "\n".join(simple_table(["embedding", "numbers", "structures", *(f"pair {p}" for p in pairs)], rows)) + "\n"


if __name__ == "__main__":
    main()
