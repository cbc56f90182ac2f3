"""Clouds per CPU second in training: the compiled kernel beside Keras with XLA, in turn in one process on one thread.

    python benchmarks/training.py [--tasks frame_classification ...] [--batch 256] [--rounds 5]

Steps of the preset thermal on one batch, optimizer included, making its questions not. Other work beside it meets both
alike; the fastest round counts. Writes training.csv.
"""
import os

# Before TensorFlow starts its threads.
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3",
               "OMP_NUM_THREADS": "1"}

import argparse
import dataclasses
import pathlib

import pandas as pd
from one_method import timed
from tqdm import tqdm

from gala_ssl.base.files import write_csv
from gala_ssl.commands.main import script
from gala_ssl.networks.core import build_core
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.models.build import build_model
from gala_ssl.training.fit import compile_for
from gala_ssl.training.lessons import Lessons
from gala_ssl.training.presets import preset
from gala_ssl.training.pretrain import core_config, streams


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", default=[name for name, task in TASKS.items() if task.kernel_head])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("results/benchmarks"))
    arguments = parser.parse_args(argv)
    rows = []
    for name in tqdm(arguments.tasks, unit="task", disable=None):
        steps = both(name, arguments.batch)
        for step in steps.values():
            step()  # compiles
        times = {engine: min(timed(step)[0] for _ in range(arguments.rounds)) for engine, step in steps.items()}
        rows.append({"task": name, "batch": arguments.batch}
                    | {f"{engine}_clouds_per_cpu_s": arguments.batch / seconds for engine, seconds in times.items()}
                    | {"ratio": times["keras"] / times["kernel"]})
    table = pd.DataFrame(rows)
    write_csv(arguments.output / "training.csv", table, "%.2f")
    print(table.to_string(index=False, float_format="{:.2f}".format))


def both(name, batch):
    """{engine: a step of a task's training} on one batch."""
    settings = preset("thermal")
    training = dataclasses.replace(settings.training, batch_size=batch, dynamic_training=batch)
    task = TASKS[name](**TASKS[name]().settings(settings.data))
    stream = streams(task, None, settings.data, training)[0]
    (bonds, types), target, weights = stream.batch(0, 0)
    models = [build_model(task, build_core(core_config(task, settings))) for _ in range(2)]
    for model in models:
        compile_for(model, task, training)
    lessons = Lessons(models[1], task)
    return {"keras": lambda: models[0].train_on_batch([bonds, types], target, weights),
            "kernel": lambda: lessons.step(bonds, types, target, weights)}


if __name__ == "__main__":
    main()
