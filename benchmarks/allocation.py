"""What a training step costs where freed memory stays with the process, and where the system takes it back.

    python benchmarks/allocation.py [--task frame_classification] [--steps 20] [--rounds 5]

The first is what the commands that train ask of the C library (`gala_ssl.base.memory`), the second what glibc does by
itself. Each is a process of its own: the paper's network, batches of 64, compiled by XLA, one thread. Writes
allocation.csv: milliseconds of the processor a step, the median over rounds, in the program and in the system, and
pages that the system gave.
"""
import argparse
import concurrent.futures
import dataclasses
import multiprocessing
import os
import pathlib
import resource

import pandas as pd

from gala_ssl.base.files import write_csv
from gala_ssl.base.memory import keep_freed_memory
from gala_ssl.commands.main import script
from gala_ssl.training.presets import preset

# The second is glibc's own number of large pieces that each come from the system, and go back to it.
ENVIRONMENTS = {"kept": {}, "given back": {"MALLOC_MMAP_MAX_": "65536"}}


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", default="frame_classification")
    parser.add_argument("--steps", type=int, default=20, help="in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("results/benchmarks"))
    arguments = parser.parse_args(argv)
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    rows = []
    for name, environment in ENVIRONMENTS.items():
        os.environ |= environment
        with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            cost = process.submit(cost_of_steps, arguments.task, arguments.steps, arguments.rounds).result()
        rows.append({"freed_memory": name, "task": arguments.task, **cost})
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="{:.1f}".format))
    write_csv(arguments.output / "allocation.csv", table, "%.1f")


def cost_of_steps(task, steps, rounds):
    """Medians over rounds of what a step takes: "user_ms", "system_ms", "pages"; and the largest "resident_gb"."""
    keep_freed_memory()
    from gala_ssl.networks.core import build_core
    from gala_ssl.tasks import TASKS
    from gala_ssl.tasks.data.environments import prototype_environments
    from gala_ssl.tasks.models.build import build_model
    from gala_ssl.training import pretrain as pretraining
    from gala_ssl.training.fit import compile_for

    paper = preset("paper")
    data = dataclasses.replace(paper.data, structures=("cF4-Cu", "cI2-W"), min_particles=1000, static_fraction=1.0)
    task = TASKS[task].for_training(data)
    stream, _ = pretraining.streams(task, prototype_environments(data, progress=False), data, paper.training)
    model = build_model(task, build_core(pretraining.core_config(task, paper)))
    compile_for(model, task, paper.training)
    batch = stream.batch(0, 0)
    model.train_on_batch(*batch)
    costs = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_SELF)
        for _ in range(steps):
            model.train_on_batch(*batch)
        after = resource.getrusage(resource.RUSAGE_SELF)
        costs.append({"user_ms": 1e3 * (after.ru_utime - before.ru_utime) / steps,
                      "system_ms": 1e3 * (after.ru_stime - before.ru_stime) / steps,
                      "pages": (after.ru_minflt - before.ru_minflt) / steps})
    return {**pd.DataFrame(costs).median(), "resident_gb": after.ru_maxrss * 1024 / 1e9}


if __name__ == "__main__":
    main()
