"""Particles per second of the compiled kernel, beside Keras with XLA, classical methods, and the processor's peak.

    python benchmarks/kernel.py [--particles 4096 100000 1000000] [--rounds 5] [--task denoising] [--keras-up-to 5000]

Neighbours are included everywhere. Up to 50,000 particles all methods compute in turn in one process on one thread,
several rounds, so that other work beside it meets all of them; the fastest round counts. Larger frames are computed
once, each method in a process of its own. Every row has such a process besides, by which is known

- first_cpu_s: seconds of the processor from the start of Python to the first numbers, of a frame of 64 particles;
- peak_gb: the largest resident set while the frame was computed; bytes_a_particle: what it was larger than before the
  frame was made, by its particles (not of small frames, which fit into what there was).

"part_of_peak" is that of the core alone, without neighbours: 22.07 million operations a cloud of 20 bonds, by the rate
of the products that the processor was seen to do at most in the same run. Writes kernel.csv and kernel.png after each
row, and small_frames.csv: particles per CPU second of trajectories of frames of few particles.
"""
import argparse
import ctypes
import json
import pathlib
import subprocess
import sys

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from one_method import grid, hot_crystal, method, timed
from tqdm import tqdm

from gala_ssl.base.files import write_csv, written_whole
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.commands.main import script
from gala_ssl.frames.frame import Frame
from gala_ssl.kernel import instruction_set
from gala_ssl.kernel.library import INSTRUCTION_SETS, library

BONDS, OPERATIONS = 20, 22.07e6
SMALL = (32, 128, 512, 4096)
# Frames of more particles are computed once, and only in a process of their own.
LARGE = 50_000
METHODS = ("kernel", "kernel, 2 threads", "keras with XLA", "q4 and q6", "averaged q4 and q6", "PTM (mdapy)",
           "adaptive CNA (mdapy)", "identify, kernel",
           "identify, kernel, 2 threads")


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--particles", type=int, nargs="+", default=[4096, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--task", default="denoising")
    parser.add_argument("--keras-up-to", type=int, default=5000, help="particles of which Keras embeds a frame")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("results/benchmarks"))
    arguments = parser.parse_args(argv)
    small = small_frames(arguments.task, arguments.rounds)
    write_csv(arguments.output / "small_frames.csv", small, "%.3f")
    print(small.to_string(index=False, float_format="{:.0f}".format), end="\n\n", flush=True)
    rows = []
    for size in arguments.particles:
        methods = [name for name in METHODS if name != "keras with XLA" or size <= arguments.keras_up_to]
        found = in_turn(methods, arguments.task, size, arguments.rounds) if size <= LARGE else {}
        for name in methods:
            row = alone(name, arguments.task, size) | found.get(name, {})
            print(*(f"{key} {value:.4g}" if isinstance(value, float) else value for key, value in row.items()),
                  sep=", ", flush=True)
            rows.append(row)
            write_csv(arguments.output / "kernel.csv", pd.DataFrame(rows), "%.3f")
            with written_whole(arguments.output / "kernel.png") as path:
                figure(pd.DataFrame(rows)).savefig(path, dpi=120)


def alone(name, task, size):
    """The row of a method, measured in a process of its own."""
    found = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("one_method.py"), name, task, str(size)],
                           check=True, capture_output=True, text=True)
    row = {"method": name, "instructions": instruction_set(), **json.loads(found.stdout)}
    if size <= LARGE:
        row["bytes_a_particle"] = np.nan
    return row


def in_turn(names, task, size, rounds):
    """What is measured of methods in turn in one process: {name: columns of its row}."""
    frame, computes, clouds = hot_crystal(size), {name: method(name, task) for name in names}, 512
    cases = {name: lambda compute=compute: compute(frame) for name, compute in computes.items()}
    core, peak = core_of(computes["kernel"], frame, clouds), Products()
    seconds = {name: [] for name in (*cases, "core", "peak")}
    for case in cases.values():
        case()
    for _ in tqdm(range(rounds), f"{size}", disable=None):
        for name, case in {**cases, "core": core, "peak": peak}.items():
            seconds[name].append(timed(case))
    best = {name: np.min(values, axis=0) for name, values in seconds.items()}
    rows = {name: {"particles_per_cpu_s": len(frame) / best[name][0], "particles_per_s": len(frame) / best[name][1]}
            for name in names}
    rows["kernel"]["part_of_peak"] = OPERATIONS * clouds / best["core"][0] / (peak.operations / best["peak"][0])
    if "keras with XLA" in best:
        for name in names:
            rows[name]["to_keras"] = best["keras with XLA"][0] / best[name][0]
    return rows


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
    return lambda: embedding.compute(clouds, "mean", count)


def small_frames(task, rounds):
    """Return particles a CPU second of trajectories of small frames, as many particles in each, in turn."""
    rng, embed = np.random.default_rng(0), method("kernel", task)
    trajectories, seconds = {}, {size: [] for size in SMALL}
    for size in SMALL:
        edge = size ** (1 / 3)
        trajectories[size] = [Frame(grid(size, rng) * edge, [edge, edge, edge, 0, 0, 0])
                              for _ in range(max(SMALL) // size)]
    for _ in range(rounds + 1):
        for size, frames in trajectories.items():
            seconds[size].append(timed(lambda: [list(parts) for _, parts in embed.each(frames)])[0])  # noqa: B023
    return pd.DataFrame([{"particles": size, "frames": len(frames),
                          "particles_per_cpu_s": size * len(frames) / min(seconds[size])}
                         for size, frames in trajectories.items()])


def figure(table):
    """Particles a CPU second, and bytes a particle, of each method and size of frame."""
    result = Figure((10, 4.2), layout="constrained")
    rate, size = result.subplots(1, 2, sharey=True, width_ratios=(3, 2), subplot_kw={"xscale": "log"})
    names, sizes = list(dict.fromkeys(table["method"])), sorted(table["particles"].unique())
    for number, particles in enumerate(sizes):
        rows = table[table["particles"] == particles].set_index("method")
        for ax, column in ((rate, "particles_per_cpu_s"), (size, "bytes_a_particle")):
            values = rows[column].dropna()
            places = np.array([names.index(name) for name in values.index]) + 0.27 * (number - (len(sizes) - 1) / 2)
            ax.plot(values, places, "o", markersize=5, color=f"C{number}", label=f"{particles:,} particles")
            for value, place in zip(values, places):
                ax.annotate(f"{value:,.0f}", (value, place), (6, 0), textcoords="offset points", va="center",
                            fontsize=7)
    rate.set(yticks=np.arange(len(names)), yticklabels=names, xlabel="particles per CPU second", xlim=(200, 5e5))
    size.set(xlabel="bytes per particle", xlim=(100, 1e4))
    rate.invert_yaxis()
    for ax in (rate, size):
        ax.grid(axis="x", alpha=0.3)
        for between in np.arange(len(names) - 1) + 0.5:
            ax.axhline(between, color="0.9", linewidth=0.8)
    result.legend(*rate.get_legend_handles_labels(), loc="outside upper center", ncols=len(sizes), frameon=False)
    return result


if __name__ == "__main__":
    main()
