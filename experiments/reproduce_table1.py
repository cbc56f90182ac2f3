"""Table 1 of the paper: how well each order parameter, learned or classical, tells two snapshots apart.

    python experiments/reproduce_table1.py
    python experiments/reproduce_table1.py --tasks denoising --weights runs/weights --output /tmp/table1

Writes table1.csv, table1.rst, claims.rst (what of the paper's claims holds), density_pair5.png (the hard pair) and
card.json; prints the table, and by how much it differs from the one that was there. A pair without its snapshots shows
as "not yet".
"""
import pathlib

import numpy as np
import pandas as pd

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import check_folder, write_csv, write_json, write_text, written_whole
from gala_ssl.base.progress import Work
from gala_ssl.base.provenance import sha256, versions
from gala_ssl.commands.main import WHOLE, if_interrupted, script
from gala_ssl.commands.options import Parser, add_scale, add_tasks, add_weights
from gala_ssl.order.classical import baselines
from gala_ssl.order.concatenation import with_concatenation
from gala_ssl.order.embedding import Embedding
from gala_ssl.plot import plots
from gala_ssl.tasks.models.cards import tasks_with_weights
from gala_ssl.tasks.models.sets import check_weights_folder
from paper import TASKS, claims
from paper.table1 import PAIRS, SnapshotFeatures, table1, to_rst

ROOT = pathlib.Path(__file__).resolve().parents[1]
HARD_PAIR = PAIRS[4]


@script
def main(argv=None):
    arguments = parsed(argv)
    with if_interrupted(WHOLE):
        reproduce(arguments)


def reproduce(arguments):
    """Make the table, and write all that is made of it."""
    work = Work()
    check_folder(arguments.output)
    if not 0 <= arguments.seed < 2**32:
        raise InputError(f"The seed is {arguments.seed}; it must be an integer from 0 to 2^32 - 1.",
                         option="--seed", value=arguments.seed)
    check_weights_folder(arguments.weights)
    features = SnapshotFeatures(arguments.trajectories)
    if not any(features.has(pair) for pair in PAIRS):
        raise InputError(f"{arguments.trajectories} has the snapshots of no pair of Table 1; make them with "
                         "experiments/simulate.py and experiments/select_snapshots.py.", path=arguments.trajectories)
    learned = load_learned(arguments.tasks, arguments.weights, arguments.scale)
    featurizers = [*baselines(of_paper=True), *with_concatenation(learned)]
    table = table1(featurizers, features, seed=arguments.seed, n_bootstrap=arguments.bootstrap)
    text = to_rst(table)
    print(text)
    changed = change(arguments.output / "table1.csv", table)
    write_csv(arguments.output / "table1.csv", table, "%.6f")
    write_text(arguments.output / "table1.rst", text)
    write_text(arguments.output / "claims.rst", claims.to_rst(table))
    (arguments.output / "density_pair5.png").unlink(missing_ok=True)
    figure = ""
    if features.has(HARD_PAIR):
        figure = "density_pair5.png "
        with written_whole(arguments.output / "density_pair5.png") as temporary:
            plots.density_figure(featurizers, features, HARD_PAIR).savefig(temporary, dpi=150)
    write_json(arguments.output / "card.json", {
        "seed": arguments.seed,
        "length_scale": arguments.scale or "contact",
        "bootstrap": arguments.bootstrap,
        "snapshots": digests(features),
        "weights": {featurizer.name: featurizer.card for featurizer in learned},
        "versions": versions(),
    })
    work.read(*features.frames.values())
    files = f"table1.csv, table1.rst, claims.rst, {figure}and card.json"
    print(f"{work.sentence(f'wrote {files} to {arguments.output}')}{changed}")


def change(path, table):
    """A sentence on how the areas of a table differ from those in the file that it will replace; "" without one."""
    def areas(table):
        return table.set_index(["method", "pair"])[["auc", "linear_auc"]]

    try:
        old = areas(pd.read_csv(path))
    except (OSError, ValueError, KeyError):
        return ""
    most = (areas(table) - old).abs().max().max()
    return "" if np.isnan(most) else f" The areas differ from those that were there by {most:.4f} at most."


def parsed(argv):
    parser = Parser(description=__doc__)
    add_tasks(parser)
    add_weights(parser, default="paper")
    parser.add_argument("--trajectories", type=pathlib.Path, default=ROOT / "data/trajectories",
                        help="folder of snapshots")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "results/table1",
                        help="folder to write to")
    add_scale(parser)
    parser.add_argument("--seed", type=int, default=0, help="of bootstrap and folds")
    parser.add_argument("--bootstrap", type=int, default=1000, help="bootstrap draws")
    return parser.parse_args(argv)


def load_learned(tasks, weights, scale):
    """The learned embeddings of the tasks named, or of the paper's that have weights, saying which have none."""
    if tasks is not None:
        return [Embedding.from_pretrained(task, weights=weights, length_scale=scale) for task in tasks]
    there = [task for task in tasks_with_weights(weights) if task in TASKS]
    if without := [task for task in TASKS if task not in there]:
        print(f"Left out for want of weights in {weights}: {', '.join(without)}.")
    return [Embedding.from_pretrained(task, weights=weights, length_scale=scale) for task in there]


def digests(features):
    """SHA-256 of each snapshot's file that is there."""
    paths = sorted({features.path(name) for pair in PAIRS for name in (pair.first, pair.second)})
    return {path.name: sha256(path) for path in paths if path.exists()}


if __name__ == "__main__":
    main()
