"""Peak memory and time of embedding one large frame, neighbours included.

    python benchmarks/memory.py [--particles 100000 1000000] [--task frame_classification] [--neighbors nearest]

Each frame, a simple cubic crystal with noise, is made and embedded in a process of its own, whose largest resident
set is read off at the end; "before" is what the process had before it embedded: Python, TensorFlow, network, frame.
Writes memory.csv and prints it.
"""
import argparse
import concurrent.futures
import multiprocessing
import pathlib
import resource
import time
import warnings

import pandas as pd

import gala_ssl
from gala_ssl.cli import script
from gala_ssl.files import write_csv


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--particles", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--task", default="frame_classification")
    parser.add_argument("--neighbors", nargs="+", default=["nearest"], help="rules for neighbours")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("results/benchmarks"))
    arguments = parser.parse_args(argv)
    rows = []
    for particles in arguments.particles:
        for rule in arguments.neighbors:
            alone = concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
            with alone:
                rows.append(alone.submit(measured, particles, arguments.task, rule).result())
            print(*(f"{name} {value}" for name, value in rows[-1].items()))
    write_csv(arguments.output / "memory.csv", pd.DataFrame(rows), "%.2f")


def measured(particles, task, rule):
    """Embed a frame of at least so many particles; a row of the table."""
    warnings.simplefilter("ignore", UserWarning)  # of a rule that the network was not trained on
    embed = gala_ssl.load_pretrained(task, neighbors=rule, r_max=1.6 if rule == "cutoff" else None)
    embed(gala_ssl.prototypes.build("cP1-Po", 1000, noise=0.03))  # compiles
    frame = gala_ssl.prototypes.build("cP1-Po", particles, noise=0.03)
    before = peak()
    start, cpu = time.perf_counter(), time.process_time()
    embed(frame)
    return {"particles": len(frame), "neighbors": rule, "before_gb": round(before, 2), "peak_gb": round(peak(), 2),
            "seconds": round(time.perf_counter() - start), "cpu_seconds": round(time.process_time() - cpu)}


def peak():
    """The largest resident set of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    main()
