"""Memory: of embedding one large frame, of a training as it goes on, of trainings on more and more data.

    python benchmarks/memory.py [--particles 100000 200000 400000 1000000] [--neighbors nearest voronoi]
    python benchmarks/memory.py batches [--batches 1000] [--presets smoke paper]
    python benchmarks/memory.py data [--particles 100000 200000 400000]

Each row of `embedding`, the default, and of `data` comes from a process of its own, whose largest resident set is read
off at the end; "before" is what the process had before: Python, TensorFlow, network, and of an embedding the frame, a
simple cubic crystal with noise. Writes memory.csv, with the particles per CPU second, neighbours included, and the
same of Steinhardt's order parameters; prints the bytes of a further particle.

`batches` trains a task on a few thousand clouds, by the networks and batches of the presets, in epochs of a hundred
batches with their validation, history and checkpoint; it writes what was resident at the end of each epoch to
memory_batches.csv. `data` trains a small network for ten batches on the clouds of so many particles, in crystals of
ten thousand; it writes memory_data.csv, and prints the bytes of a further cloud.
"""
import argparse
import concurrent.futures
import dataclasses
import multiprocessing
import pathlib
import resource
import tempfile
import time
import warnings

import numpy as np
import pandas as pd

import gala_ssl
from gala_ssl.base.files import write_csv
from gala_ssl.clouds.rules import rule_named
from gala_ssl.commands.main import script
from gala_ssl.order.classical import Steinhardt
from gala_ssl.training.presets import preset

PARTICLES = {"embedding": (100_000, 200_000, 400_000, 1_000_000), "data": (100_000, 200_000, 400_000)}
EPOCH, CRYSTAL = 100, 10_000


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("of", nargs="?", choices=["embedding", "batches", "data"], default="embedding")
    parser.add_argument("--particles", type=int, nargs="+", help="of embedding and data")
    parser.add_argument("--task", help="default: frame_classification to embed, denoising to train")
    parser.add_argument("--neighbors", nargs="+", default=["nearest"], help="rules for neighbours, to embed")
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--presets", nargs="+", default=["smoke", "paper"], help="of batches")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("results/benchmarks"))
    arguments = parser.parse_args(argv)
    task = arguments.task or ("frame_classification" if arguments.of == "embedding" else "denoising")
    sizes = arguments.particles or PARTICLES.get(arguments.of)
    if arguments.of == "embedding":
        cases = [*((task, rule) for rule in arguments.neighbors), (Steinhardt.name, "nearest")]
        table = pd.DataFrame([alone(embedded, particles, *case) for case in cases for particles in sizes])
        write_csv(arguments.output / "memory.csv", table, "%.3f")
        for case, rows in table.groupby(["order_parameter", "neighbors"], sort=False):
            print(*case, f"{slope(rows['particles'], rows['peak_gb']):.0f} bytes a particle")
    elif arguments.of == "batches":
        rows = [row for name in arguments.presets for row in alone(resident_by_batch, name, task, arguments.batches)]
        write_csv(arguments.output / "memory_batches.csv", pd.DataFrame(rows), "%.3f")
    else:
        table = pd.DataFrame([alone(trained_on, particles, task) for particles in sizes])
        write_csv(arguments.output / "memory_data.csv", table, "%.3f")
        print(f"{slope(table['clouds'], table['peak_gb']):.0f} bytes a cloud")


def slope(count, gigabytes):
    """Bytes for each more of what was counted, of a line through all rows."""
    return np.polyfit(count, gigabytes * 1e9, 1)[0]


def alone(measure, *arguments):
    """Call the function in a process of its own, and print what it found."""
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        found = process.submit(measure, *arguments).result()
    for row in found if isinstance(found, list) else [found]:
        print(*(f"{name} {value}" for name, value in row.items()), flush=True)
    return found


def embedded(particles, name, rule):
    """Compute an order parameter of a frame of at least so many particles; a row of the table."""
    warnings.simplefilter("ignore", UserWarning)  # of a rule that the network was not trained on
    if name == Steinhardt.name:
        embed = Steinhardt()
    else:
        neighbors = rule_named(rule, r_max=1.6 if rule == "cutoff" else None)
        embed = gala_ssl.Embedding.from_pretrained(name, weights="paper", neighbors=neighbors)
    embed(gala_ssl.prototypes.build("cP1-Po", 1000, noise=0.03))  # compiles
    frame = gala_ssl.prototypes.build("cP1-Po", particles, noise=0.03)
    before = peak()
    start, cpu = time.perf_counter(), time.process_time()
    embed(frame)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"order_parameter": name, "neighbors": rule, "particles": len(frame), "before_gb": round(before, 3),
            "peak_gb": round(peak(), 3), "seconds": round(seconds), "particles_per_cpu_s": round(len(frame) / cpu)}


def resident_by_batch(name, task, batches):
    """Train so many batches by the preset; a row for each hundred of them."""
    chosen = preset(name)
    data = dataclasses.replace(chosen.data, structures=("cF4-Cu", "cI2-W"), min_particles=1000)
    rows = []

    def watch(batches):
        rows.append({"preset": name, "task": task, "batches": batches, "resident_gb": round(resident(), 3)})

    train(dataclasses.replace(chosen, data=data), task, batches // EPOCH, EPOCH, watch)
    return rows


def trained_on(particles, task):
    """Train a small network on the clouds of so many particles; a row of the table."""
    chosen = preset("smoke")

    def on(crystals):
        data = dataclasses.replace(chosen.data, structures=("cP1-Po",), neighbors=20, min_particles=CRYSTAL,
                                   noises=(0.03,) * crystals)
        return train(dataclasses.replace(chosen, data=data), task, 1, 10)

    on(1)  # imports and compiles
    before = peak()
    clouds = on(round(particles / CRYSTAL))
    return {"clouds": clouds, "before_gb": round(before, 3), "peak_gb": round(peak(), 3)}


def train(chosen, task, epochs, batches, watch=lambda batches: None):
    """Train by a preset in epochs of so many batches; `watch(batches)` is called after each. Returns how many clouds.

    The training is that of `gala_ssl.training.fit.fit`, which asks for the validation's batches after an epoch's own.
    """
    from gala_ssl.networks.core import build_core
    from gala_ssl.tasks import get_task
    from gala_ssl.tasks.data.environments import prototype_environments
    from gala_ssl.tasks.models.build import build_model
    from gala_ssl.training import pretrain as pretraining
    from gala_ssl.training.fit import fit

    task = get_task(task)
    size = chosen.training.batch_size
    config = dataclasses.replace(chosen.training, epochs=epochs, dynamic_training=batches * size,
                                 dynamic_validation=4 * size, dynamic_patience=(epochs, epochs))
    environments = prototype_environments(chosen.data, progress=False)
    training, validation = pretraining.streams(task, environments, chosen.data, config)
    asked, made = iter(range(1, epochs + 1)), validation.dataset

    def dataset(epoch):
        watch(next(asked) * batches)
        return made(epoch)

    validation.dataset = dataset
    model = build_model(task, build_core(pretraining.core_config(task, chosen)))
    with tempfile.TemporaryDirectory() as directory:
        fit(model, task, training, validation, config, directory, progress=False)
    return len(environments)


def resident():
    """What of this process is in memory now, in GB."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e9


def peak():
    """The largest resident set of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    main()
