"""Named particles, drawn: fractions of names along a trajectory, and frames coloured by structure."""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from gala_ssl.plot.drawings import particles
from gala_ssl.plot.style import name_colors

# Names with a smaller part of every frame are drawn together.
_SEEN = 0.04


def fractions(table, places=None, label="frame", transitions=(), colors=None, ax=None):
    """The fraction of each name along a trajectory, one above the other up to 1.

    Args:
        table: pandas.DataFrame, a row a frame, a column a name, as of `Timeline.fractions`. Names that are rare in
            every frame are drawn together, as others.
        places: (T,) where the frames lie, such as steps or temperatures; None for 0, 1, ... label: what they are.
        transitions: of `find_transitions`; their beginning and end are drawn as lines.
        colors: {name: colour}; None for `name_colors`.
        ax: matplotlib axes; None makes a figure.

    Returns:
        The axes.
    """
    if ax is None:
        ax = plt.subplots(figsize=(6, 3), layout="constrained")[1]
    table = common(table)
    colors = colors or name_colors(table.columns)
    places = np.arange(len(table)) if places is None else np.asarray(places)
    order = np.argsort(places, kind="stable")
    ax.stackplot(places[order], table.to_numpy()[order].T, colors=[colors[name] for name in table], linewidth=0)
    for i, each in enumerate(transitions):
        for place in (each.last, each.first):
            ax.axvline(places[place], color="k", linestyle="--", linewidth=1)
        ax.text((places[each.last] + places[each.first]) / 2, 1.02 + 0.07 * (i % 2), each.verb, ha="center",
                va="bottom", fontsize="small", transform=ax.get_xaxis_transform())
    if len(places) > 1 and places[0] > places[-1]:
        ax.invert_xaxis()  # time goes to the right, also where it is cooled
    ax.margins(x=0)
    ax.set(ylim=(0, 1), xlabel=label, ylabel="fraction of particles")
    return ax


def trajectory_figure(frames, names, timeline, against="step"):
    """What a trajectory does, at a glance: fractions along it, and three of its frames coloured by structure.

    The frames are the first one, the last one before the largest transition (the middle one, where there is none)
    and the last one.

    Args:
        frames: sequence of T Frames. names: for each, (N,) str. timeline: the Timeline of these.
        against: "step", "kT" or "frame"; what the file does not have becomes "frame".

    Returns:
        matplotlib Figure.
    """
    found, table = timeline.transitions(), common(timeline.fractions())
    places = {"step": timeline.steps, "kT": timeline.temperatures}.get(against)
    places, label = (timeline.numbers, "frame") if places is None else (places, against)
    colors = name_colors([*table, "others"])
    shown = sorted({0, max(found, key=lambda each: each.moved).last if found else len(frames) // 2, len(frames) - 1})
    figure = Figure(figsize=(9.6, 6.2), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1.25])
    fractions(table, places, label, found, colors, above.subplots())
    for panel, i in zip(below.subplots(1, len(shown), squeeze=False)[0], shown):
        particles(frames[i], names[i], colors=colors, ax=panel)
        panel.set_title(f"{label} {places[i]:,.6g}, cut in half", fontsize="medium")
    handles = [Patch(facecolor=colors[name], edgecolor="k", linewidth=0.4, label=name) for name in table]
    below.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 8), frameon=False)
    return figure


def common(table):
    """The fractions of the names that some frame has many of, and the sum of the rest as "others", if there are any."""
    often = table.max() >= _SEEN
    return table if often.all() else table.loc[:, often].assign(others=table.loc[:, ~often].sum(axis=1))
