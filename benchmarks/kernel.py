"""Particles per CPU second of the compiled kernel, beside Keras with XLA, classical methods, and the processor's peak.

    python benchmarks/kernel.py [--particles 4096 100000] [--rounds 5] [--task denoising] [--output results/benchmarks]

All on one thread and in turn in one process, neighbours included, so that other work beside it meets all of them; the
wall's seconds are those of the kernel with one and two threads. "part_of_peak" is that of the core alone, without
neighbours: 22.07 million operations a cloud of 20 bonds, by the rate of the products that the processor was seen to do
at most in the same run. Writes kernel.csv, and small_frames.csv: particles per CPU second of frames of few particles.
"""
import argparse
import ctypes
import os
import pathlib
import time

# Before TensorFlow starts its threads.
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import numpy as np
import pandas as pd
from tqdm import tqdm

from gala_ssl.base.files import write_csv
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.commands.main import script
from gala_ssl.frames import prototypes
from gala_ssl.frames.frame import Frame
from gala_ssl.kernel import instruction_set
from gala_ssl.kernel.library import INSTRUCTION_SETS, library
from gala_ssl.order.classical import AveragedSteinhardt, Steinhardt
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.identify import Identifier
from gala_ssl.simulation.classical_names import adaptive_common_neighbors, template_matching

BONDS, OPERATIONS = 20, 22.07e6
SMALL = (32, 128, 512, 4096)


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--particles", type=int, nargs="+", default=[4096, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--task", default="denoising")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("results/benchmarks"))
    arguments = parser.parse_args(argv)
    embeddings = {engine: Embedding.from_pretrained(arguments.task, weights="thermal", engine=engine, progress=False,
                                                    jit_compile=True) for engine in ("kernel", "keras")}
    embeddings["names"] = Identifier(Embedding.from_pretrained("frame_classification", weights="thermal",
                                                               engine="kernel", progress=False))
    tables = {"kernel": rates(embeddings, arguments.particles, arguments.rounds),
              "small_frames": small_frames(embeddings["kernel"], arguments.rounds)}
    for name, table in tables.items():
        print(table.to_string(index=False, float_format="{:.2f}".format), end="\n\n")
        write_csv(arguments.output / f"{name}.csv", table, "%.3f")


def rates(embeddings, sizes, rounds):
    """Return a row a method and size: particles a CPU second, and of the kernel the seconds of the wall."""
    rows = []
    for size in sizes:
        frame = prototypes.build("cF4-Cu", size, noise=0.05)
        clouds = min(len(frame), 512)
        cases = {"kernel": with_threads(embeddings["kernel"], frame, 1),
                 "kernel, 2 threads": with_threads(embeddings["kernel"], frame, 2),
                 "keras with XLA": lambda frame=frame: embeddings["keras"](frame),
                 "identify, kernel": lambda frame=frame: computed(embeddings["names"].embedding,
                                                                  lambda: embeddings["names"](frame)),
                 "q4 and q6": lambda frame=frame: Steinhardt(degrees=(4, 6), neighbors=(12,))(frame),
                 "averaged q4 and q6": lambda frame=frame: AveragedSteinhardt(degrees=(4, 6), neighbors=(12,))(frame),
                 "PTM (mdapy)": lambda frame=frame: template_matching(frame),
                 "adaptive CNA (mdapy)": lambda frame=frame: adaptive_common_neighbors(frame)}
        core, peak = core_of(embeddings["kernel"], frame, clouds), Products()
        seconds = {name: [] for name in (*cases, "core", "peak")}
        for case in cases.values():
            case()
        for _ in tqdm(range(rounds if size < 50_000 else 2), f"{size}", disable=None):
            for name, case in {**cases, "core": core, "peak": peak}.items():
                seconds[name].append(timed(case))
        best = {name: np.min(values, axis=0) for name, values in seconds.items()}
        most = OPERATIONS * clouds / best["core"][0] / (peak.operations / best["peak"][0])
        for name in cases:
            rows.append({"particles": len(frame), "method": name, "instructions": instruction_set(),
                         "particles_per_cpu_s": len(frame) / best[name][0],
                         "particles_per_s": len(frame) / best[name][1],
                         "to_keras": best["keras with XLA"][0] / best[name][0],
                         "part_of_peak": most if name == "kernel" else np.nan})
    return pd.DataFrame(rows)


class Products:
    """As many products as take some hundredths of a second; `operations` is their number."""

    def __init__(self):
        self._run = library().gala_products
        self._run.argtypes, self._run.restype = [ctypes.c_int, ctypes.c_long], ctypes.c_double

    def __call__(self):
        self.operations = self._run(INSTRUCTION_SETS.index(instruction_set()), 10_000_000)


def core_of(embedding, frame, count):
    """A function that computes the core of `count` clouds of a frame."""
    clouds = point_clouds(frame, Nearest(BONDS)).in_contact_distances()[:count]
    return lambda: computed(embedding, lambda: embedding.compute(clouds, "mean", count))


def with_threads(embedding, frame, threads):
    return lambda: computed(embedding, lambda: embedding(frame), threads)


def computed(embedding, call, threads=1):
    embedding.network.kernel.threads = threads
    return call()


def small_frames(embedding, rounds):
    """Return particles a CPU second of frames of few particles, as many together as of the largest."""
    rows, most = [], max(SMALL)
    for size in SMALL:
        edge = size ** (1 / 3)
        small = Frame(grid(size, np.random.default_rng(size)) * edge, [edge, edge, edge, 0, 0, 0])
        case, count = with_threads(embedding, small, 1), most // size
        case()
        best = np.min([timed(lambda: [case() for _ in range(count)]) for _ in range(rounds)], axis=0)  # noqa: B023
        rows.append({"particles": size, "frames": count, "particles_per_cpu_s": size * count / best[0]})
    return pd.DataFrame(rows)


def grid(count, rng):
    """(count, 3) places in a unit box, on a grid with noise."""
    edge = int(np.ceil(count ** (1 / 3)))
    places = np.stack(np.meshgrid(*3 * [np.arange(edge)]), axis=-1).reshape(-1, 3)[:count]
    return (places + rng.normal(scale=0.05, size=(count, 3))) / edge % 1


def timed(call):
    """(seconds of the processor, seconds of the wall)."""
    start = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - start[0], time.perf_counter() - start[1]


if __name__ == "__main__":
    main()
