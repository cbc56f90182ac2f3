"""Tables and the picture of docs/benchmarks.rst, from results/benchmarks whenever the documentation is built."""
import pathlib

import pandas as pd
from cards import table
from matplotlib.figure import Figure

from gala_ssl.plot.style import COLORS

RESULTS = pathlib.Path(__file__).parents[1] / "results" / "benchmarks"
OURS = ("kernel", "kernel, 2 threads", "keras with XLA", "identify, kernel", "identify, kernel, 2 threads")
WHAT = {"kernel": "embedding, the default", "kernel, 2 threads": "", "keras with XLA": "the same network by Keras",
        "identify, kernel": "names of fifty structures, probabilities", "q4 and q6": "Steinhardt, by freud",
        "averaged q4 and q6": "averaged over neighbours, by freud", "PTM (mdapy)": "names of eight structures",
        "adaptive CNA (mdapy)": "names of four structures"}


def speeds():
    """reStructuredText: particles per CPU second of each method by the particles of the frame."""
    rows = pd.read_csv(RESULTS / "kernel.csv")
    rates = rows.pivot(index="method", columns="particles", values="particles_per_cpu_s")
    first, peak = rows.groupby("method")["first_cpu_s"].min(), rows.groupby("method")["peak_gb"].max()
    shown = [["Method", *(f"{size:,}" for size in rates.columns), "First numbers, s", "Memory, GB"]]
    for name in rates.sort_values(rates.columns[0], ascending=False).index:
        what = f", {WHAT[name]}" if WHAT.get(name) else ""
        shown.append([f"**{name}**{what}" if name in OURS else f"{name}{what}",
                      *("not measured" if pd.isna(value) else f"{value:,.0f}" for value in rates.loc[name]),
                      f"{first[name]:.1f}", f"{peak[name]:.2f}"])
    return table(shown, (34, *[14] * len(rates.columns), 12, 12))


def networks():
    """reStructuredText: clouds per CPU second of the two attentions, in batches of the largest size measured."""
    rows = pd.read_csv(RESULTS / "attention.csv")
    rows = rows[rows["batch"] == rows["batch"].max()]
    shown = [["Attention", "Compiler", "Use", "Clouds per CPU second", "Of the floor"]]
    shown += [[row.attention, row.compiler, row.mode, f"{row.clouds_per_cpu_s:,.0f}", f"{row.part_of_floor:.0%}"]
              for row in rows.sort_values(["mode", "clouds_per_cpu_s"], ascending=False).itertuples()]
    return table(shown, (20, 20, 20, 22, 18))


def lessons():
    """reStructuredText: clouds per CPU second in training, by the kernel and by Keras."""
    rows = pd.read_csv(RESULTS / "training.csv")
    shown = [["Task", "Kernel", "Keras with XLA", "Ratio"]]
    shown += [[row.task, f"{row.kernel_clouds_per_cpu_s:,.0f}", f"{row.keras_clouds_per_cpu_s:,.0f}",
               f"{row.ratio:.1f}"]
              for row in rows.itertuples()]
    return table(shown, (40, 20, 20, 20))


def small_frames():
    """reStructuredText: what trajectories of small frames cost."""
    rows = pd.read_csv(RESULTS / "small_frames.csv")
    shown = [[f"{row.particles:,.0f}", f"{row.particles_per_cpu_s:,.0f}"] for row in rows.itertuples()]
    return table([["Particles of a frame", "Particles per CPU second"], *shown], (50, 50))


def draw(path):
    """Write the picture of the speeds."""
    rows = pd.read_csv(RESULTS / "kernel.csv")
    sizes = sorted(rows["particles"].unique())
    order = rows[rows["particles"] == sizes[0]].sort_values("particles_per_cpu_s")["method"].tolist()
    figure = Figure(figsize=(7.5, 4), layout="constrained")
    ax = figure.subplots()
    for i, size in enumerate(sizes):
        part = rows[rows["particles"] == size].set_index("method").reindex(order)["particles_per_cpu_s"]
        places = [row + 0.27 * (1 - i) for row in range(len(order))]
        ax.barh(places, part, 0.25, color=COLORS[i], label=f"{size:,} particles")
    ax.set_yticks(range(len(order)), order)
    for label in ax.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() in OURS else "normal")
    ax.set_xscale("log")
    ax.set_xlabel("particles per CPU second (bold: this package)")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower right")
    figure.savefig(path, dpi=110)
