"""Figures of numbers. Each draws on the axes it is given, or on new ones, and returns them."""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from gala_ssl.order.separability import first_component
from gala_ssl.plot.style import COLORS, LINES, MARKERS, cell_edges, finite, panel_figure, value_edges, whole_ticks


def learning_curves(history, trivial=None, ax=None):
    """Training and validation loss by epoch, with the loss of the trivial answer as a level line.

    Args:
        history: DataFrame of `gala_ssl.training.fit.fit`.
        trivial: loss of the trivial answer; None for no line.
        ax: matplotlib axes; None makes a figure.

    Returns:
        The axes.
    """
    if ax is None:
        ax = plt.subplots(figsize=(4, 3), layout="constrained")[1]
    for column, label, color, line in zip(("loss", "val_loss"), ("training", "validation"), COLORS, LINES):
        ax.plot(history["epoch"], history[column], color=color, linestyle=line, linewidth=1.5, label=label)
    best = history.loc[history["val_loss"].idxmin()]
    ax.plot(best["epoch"], best["val_loss"], marker="o", color=COLORS[1], linestyle="none", label="kept")
    if trivial is not None:
        ax.axhline(trivial, color=COLORS[-1], linestyle=LINES[-1], linewidth=1, label="trivial answer")
    ax.set_yscale("log")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    ax.legend(frameon=False, fontsize="small")
    return ax


def component_density(x, y, labels=("first", "second"), ax=None, bins=40):
    """Density of an order parameter in two snapshots, such as their first principal component.

    Args:
        x, y: (n,) and (m,) values of the order parameter; those of NaN do not count.
        labels: names of the snapshots, for the legend.
        ax: matplotlib axes; None makes a figure.
        bins: number of bins, shared by both, over what `value_edges` finds less long and thin tails.

    Returns:
        The axes.
    """
    if ax is None:
        ax = plt.subplots(figsize=(4, 3), layout="constrained")[1]
    x, y = finite(x), finite(y)
    edges = value_edges((x, y), bins)
    counts = np.stack([np.histogram(values, edges)[0] / len(values) for values in (x, y)])
    seen = np.flatnonzero((counts > 0.02 * counts.max(axis=1, keepdims=True)).any(axis=0))
    edges = np.linspace(edges[max(seen[0] - 1, 0)], edges[min(seen[-1] + 2, bins)], bins + 1)
    for values, label, color, line in zip((x, y), labels, COLORS, LINES):
        density = np.histogram(values, edges)[0] / (len(values) * np.diff(edges))
        ax.stairs(density, edges, color=color, linestyle=line, linewidth=1.5, label=label)
    ax.set_xlabel("first principal component")
    ax.set_ylabel("density")
    ax.legend(frameon=False, fontsize="small")
    return ax


def frame_histogram(histogram, known, asked, transitions=(), ax=None):
    """What a frame classifier takes frames for: predicted frame against true frame (paper, Figure 5).

    Args:
        histogram: (k, k), part of the clouds of `asked[i]` that are taken for `known[j]`.
        known, asked: (k,) frame numbers, increasing.
        transitions: frame numbers at which phases end, drawn as lines.
        ax: matplotlib axes; None makes a figure.

    Returns:
        The axes.
    """
    if ax is None:
        ax = plt.subplots(figsize=(4, 4.6), layout="constrained")[1]
    # Grey from white to black: the order of its shades is the same in print and for every eye.
    image = ax.pcolormesh(cell_edges(asked), cell_edges(known), np.transpose(histogram), cmap="Greys", vmin=0)
    for i, place in enumerate(transitions):
        ax.axvline(place, color=COLORS[1], linestyle=LINES[1], linewidth=1.2, label="_" if i else "transition found")
        ax.axhline(place, color=COLORS[1], linestyle=LINES[1], linewidth=1.2)
    ax.axline((known[0], known[0]), slope=1, color=COLORS[0], linestyle=LINES[2], linewidth=1, label="predicted = true")
    ax.figure.colorbar(image, ax=ax, location="top", label="part of the true frame's particles")
    ax.legend(framealpha=1, fontsize="small", loc="lower right")
    whole_ticks(ax.xaxis, ax.yaxis)
    ax.set_xlabel("true frame")
    ax.set_ylabel("predicted frame")
    return ax


def energy_by_frame(frames, energy, temperature, transitions=(), ax=None):
    """Potential energy per particle and temperature of the frames of a run, on two scales.

    Args:
        frames: (n,) frame numbers. energy, temperature: (n,) in the run's units.
        transitions: frame numbers at which phases end, drawn as lines.
        ax: matplotlib axes; None makes a figure.

    Returns:
        The axes of the energy.
    """
    if ax is None:
        ax = plt.subplots(figsize=(4.6, 2), layout="constrained")[1]
    other = ax.twinx()
    for axes, values, color, line, label in ((ax, energy, COLORS[0], LINES[0], "energy per particle"),
                                             (other, temperature, COLORS[-1], LINES[2], "kT")):
        axes.plot(frames, values, color=color, linestyle=line, linewidth=1.5)
        axes.set_ylabel(label, color=color)
    for place in transitions:
        ax.axvline(place, color=COLORS[1], linestyle=LINES[1], linewidth=1.2)
    whole_ticks(ax.xaxis)
    ax.set_xlabel("frame")
    return ax


def component_map(groups, path=None, shown=600, ax=None):
    """Two components of several snapshots in one plane, with the median of each marked (paper, Figure 3).

    Args:
        groups: {name: (n, 2)} components of each snapshot's particles.
        path: (frames, 2), the medians of a trajectory's frames, drawn as dots; None for no path.
        shown: particles drawn of each snapshot, evenly spread over its rows; medians are of all.
        ax: matplotlib axes; None makes a figure.

    Returns:
        The axes.
    """
    if ax is None:
        ax = plt.subplots(figsize=(7.5, 5), layout="constrained")[1]
    for i, (name, components) in enumerate(groups.items()):
        drawn = components[np.linspace(0, len(components) - 1, min(shown, len(components))).astype(int)]
        look = {"marker": MARKERS[i % len(MARKERS)], "color": COLORS[i % len(COLORS)]}
        ax.scatter(*drawn.T, s=12, alpha=0.4, linewidth=0, rasterized=True, **look)
        ax.plot(*np.median(components, axis=0), markersize=10, markeredgecolor="k", linestyle="none", label=name,
                **look)
    if path is not None:
        ax.plot(*np.transpose(path), color=COLORS[-1], marker=".", linestyle=LINES[2], linewidth=0.8,
                label="frames of the run")
        for name, place in (("first", path[0]), ("last", path[-1])):
            ax.annotate(name, place, (-46, -20), textcoords="offset points",
                        arrowprops={"arrowstyle": "-", "linewidth": 0.8})
    ax.legend(title="large: medians", frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    ax.set(xlabel="first principal component", ylabel="second principal component")
    return ax


def density_figure(featurizers, features, pair):
    """One panel a method, three in a row: the first component's density in the two snapshots of a pair.

    Args:
        featurizers: callables `frame -> (N, d)` of distinct names.
        features: a function of a featurizer and a snapshot's name that gives the (N, d) array, such as
            `gala_ssl.order.compare.Features`.
        pair: `gala_ssl.order.compare.Pair`.

    Returns:
        matplotlib Figure.
    """
    figure, panels = panel_figure(len(featurizers))
    for axes, featurizer in zip(panels, featurizers):
        x, y = first_component(features(featurizer, pair.first), features(featurizer, pair.second))
        component_density(x, y, pair.labels, ax=axes).set_title(featurizer.name.replace("_", " "))
    return figure


def attention_figure(layers, maps, bars, bounds=(), of="bond", title=""):
    """For each attention layer a map of pairs, and below it a bar for what each column receives.

    The colours, on one logarithmic scale for all layers, grow lighter with the attention, in grey as well.

    Args:
        layers: L names.
        maps: (L, m, m) attention of pairs, and bars: (L, m) that of their second parts: relative to equal attention,
            so that 1 is no preference; NaN where there is nothing.
        bounds: numbers of rows after which a neighbour shell ends, marked by lines.
        of: what a row is of, "bond" or "shell", nearest first; those of shells, which are few, have their numbers
            written into the maps.
        title: of the figure.

    Returns:
        matplotlib Figure.
    """
    columns, count = min(4, len(layers)), maps.shape[-1]
    rows = -(-len(layers) // columns)
    figure = Figure(figsize=(2.6 * columns + 0.8, 3.5 * rows), layout="constrained")
    grid = figure.subplots(2 * rows, columns, squeeze=False, height_ratios=[3, 1] * rows)
    scale = LogNorm(0.1, 10)
    for axes in grid.ravel():
        axes.set_axis_off()
    for i, name in enumerate(layers):
        row, column = divmod(i, columns)
        top, bottom = grid[2 * row, column], grid[2 * row + 1, column]
        top.set_axis_on()
        bottom.set_axis_on()
        drawn = top.imshow(np.maximum(maps[i], 1e-9), cmap="cividis", norm=scale, aspect="auto", interpolation="none")
        if of == "shell":
            for (a, b), value in np.ndenumerate(maps[i]):
                top.text(b, a, f"{value:.2g}", ha="center", va="center", color="black" if value > 0.8 else "white")
        bottom.bar(np.arange(count), np.nan_to_num(bars[i]), color=COLORS[0])
        bottom.set_ylim(0, 1.1 * max(1, np.nanmax(bars)))
        bottom.axhline(1, color=COLORS[-1], linestyle=LINES[1], linewidth=0.8)
        for bound in bounds:
            top.axhline(bound - 0.5, color="white", linewidth=1.2)
            top.axvline(bound - 0.5, color="white", linewidth=1.2)
            bottom.axvline(bound - 0.5, color=COLORS[-1], linewidth=0.8)
        ticks = np.arange(count) if count <= 6 else np.arange(4, count, 5)
        for axes in (top, bottom):
            axes.set_xlim(-0.5, count - 0.5)
            axes.set_xticks(ticks, ticks + 1)
        top.set_yticks(ticks, ticks + 1)
        top.set_title(name.replace("_", " "), fontsize="medium")
        top.tick_params(labelbottom=False)
        bottom.set_xlabel(f"{of} j")
        if column == 0:
            top.set_ylabel(f"{of} i")
            bottom.set_ylabel("received")
    bar = figure.colorbar(drawn, ax=grid, extend="both", fraction=0.03, aspect=30)
    bar.set_label("attention of a pair, relative to equal attention")
    figure.suptitle(title)
    bar.set_ticks([0.1, 0.3, 1, 3, 10], labels=["0.1", "0.3", "1", "3", "10"])
    return figure
