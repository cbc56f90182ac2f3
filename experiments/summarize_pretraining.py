"""What pretraining reached: each task's best validation metric beside its trivial answer, and the learning curves.

    python experiments/summarize_pretraining.py
    python experiments/summarize_pretraining.py --preset desktop --output /tmp/pretraining

Reads the finished runs of a preset and writes summary.csv, summary.rst, learning_curves.png, the histories, and what
limits two tasks: noisy_bond.csv, the accuracy by how far a bond was moved, and autoencoder.csv, the error along each of
the three axes that a cloud is drawn by.
"""
import argparse
import functools
import pathlib

import pandas as pd

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import write_csv, write_text, written_whole
from gala_ssl.base.tables import simple_table
from gala_ssl.commands.main import script
from gala_ssl.plot import plots
from gala_ssl.plot.style import panel_figure
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import prototype_environments
from gala_ssl.tasks.models.pretrained import load_model
from gala_ssl.training.checkpoint import HISTORY
from gala_ssl.training.presets import TrainingConfig
from gala_ssl.training.pretrain import streams
from paper.skill import axis_errors, noisy_bond_accuracy, trivial_score

ROOT = pathlib.Path(__file__).resolve().parents[1]


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="paper", help="whose runs")
    parser.add_argument("--directory", type=pathlib.Path, default="runs/pretraining", help="where runs are")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "results/pretraining", help="folder to write to")
    arguments = parser.parse_args(argv)
    runs = {task: arguments.directory / arguments.preset / task for task in TASKS}
    runs = {task: run for task, run in runs.items() if (run / f"{task}.json").exists()}
    if not runs:
        raise InputError(f"There is no finished run in {arguments.directory / arguments.preset}; make some with "
                         f"experiments/pretrain.py.", path=arguments.directory / arguments.preset)
    if left_out := [task for task in TASKS if task not in runs]:
        print(f"Left out, not finished: {', '.join(left_out)}.")
    models = {task: load_model(task, run) for task, run in runs.items()}
    histories = {task: pd.read_csv(run / HISTORY) for task, run in runs.items()}
    validation = {task: validation_stream(task, card) for task, (_, card) in models.items()}
    trivial = {task: trivial_score(stream.task, stream) for task, stream in validation.items()}
    summary = pd.DataFrame([summary_row(card, trivial[task]) for task, (_, card) in models.items()])

    print(text := to_rst(summary))
    write_csv(arguments.output / "summary.csv", summary)
    write_text(arguments.output / "summary.rst", text)
    for task, history in histories.items():
        write_csv(arguments.output / "histories" / f"{task}.csv", history)
    with written_whole(arguments.output / "learning_curves.png") as temporary:
        curves_figure(histories, trivial).savefig(temporary, dpi=150)
    for task, limits in (("noisy_bond", noisy_bond_accuracy), ("autoencoder", axis_errors)):
        if task in models:
            write_csv(arguments.output / f"{task}.csv", limits(models[task][0], validation[task]))


def validation_stream(task, card):
    """The validation batches that a run was judged by."""
    data = DataConfig(**card["data"])
    made = TASKS[task](**card["task_settings"])
    return streams(made, environments(data), data, TrainingConfig(**card["training"]))[1]


@functools.cache
def environments(data):
    """The environments of a DataConfig, made once: all tasks of a preset have the same."""
    return prototype_environments(data)


def summary_row(card, trivial):
    metric = TASKS[card["task"]].metric
    return {"task": card["task"], "metric": metric, "best": card["best"][f"val_{metric}"], "trivial": trivial[metric],
            "loss": card["best"]["val_loss"], "trivial_loss": trivial["loss"], "epochs": card["epochs"],
            "best_epoch": int(card["best"]["epoch"]), "minutes": card["seconds"] / 60,
            "training_clouds": card["clouds"]["training"], "seed": card["training"]["seed"]}


def to_rst(summary):
    """The summary for reading, as reStructuredText."""
    header = ["task", "metric", "best", "trivial answer", "epochs", "minutes"]
    rows = [[row.task.replace("_", " "), row.metric.replace("_", " "), f"{row.best:.4f}", f"{row.trivial:.4f}",
             str(row.epochs), f"{row.minutes:.0f}"] for row in summary.itertuples()]
    return "\n".join(simple_table(header, rows)) + "\n"


def curves_figure(histories, trivial):
    """One panel a task, three in a row."""
    figure, panels = panel_figure(len(histories))
    for axes, (task, history) in zip(panels, histories.items()):
        plots.learning_curves(history, trivial[task]["loss"], ax=axes).set_title(task.replace("_", " "))
    return figure


if __name__ == "__main__":
    main()
