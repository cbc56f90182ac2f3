"""Named particles, drawn: fractions of names along a trajectory, and frames coloured by structure."""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from gala_ssl.clouds.lengths import contact_distance, nearest_distances
from gala_ssl.order.transitions import GAS, LIQUID, UNKNOWN
from gala_ssl.plot.drawings import centred

# Colours of Okabe and Ito for the usual names, the same in every picture; what is disordered is pale or grey.
_COLORS = {LIQUID: "#8FCBF0", GAS: "#D9D9D9", UNKNOWN: "#6B6B6B", "fcc": "#009E73", "hcp": "#D55E00", "bcc": "#0072B2",
           "sc": "#CC79A7", "diamond": "#E69F00", "beta-Sn": "#7B3294", "others": "#F7F2E4"}
# Of other names, in the order of the list that is given.
_FURTHER = ("#882255", "#44AA99", "#999933", "#332288", "#F0E442", "#AA4499", "#661100", "#88CCEE", "#117733",
            "#DDCC77")
# Names with a smaller part of every frame are drawn together.
_SEEN = 0.04


def name_colors(names):
    """Colours of structures, {name: "#rrggbb"}: always the same for the usual names.

    Args:
        names: iterable of str. Beyond ten unusual ones colours are used again.
    """
    unusual = [name for name in dict.fromkeys(names) if name not in _COLORS]
    further = {name: _FURTHER[i % len(_FURTHER)] for i, name in enumerate(unusual)}
    return {name: _COLORS.get(name) or further[name] for name in dict.fromkeys(names)}


def draw_fractions(fractions, places=None, label="frame", transitions=(), colors=None, ax=None):
    """The fraction of each name along a trajectory, one above the other up to 1.

    Args:
        fractions: pandas.DataFrame, a row a frame, a column a name, as of `Timeline.fractions`. Names that are rare in
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
    table = common(fractions)
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


def draw_structures(frame, names, colors=None, ax=None):
    """A frame cut in half through its middle, seen from the open side, each particle coloured by its name.

    Args:
        frame: Frame of N particles. names: (N,) str. colors: {name: colour}; None for `name_colors`.
        ax: matplotlib axes; None makes a figure.

    Returns:
        The axes; lengths are the frame's.
    """
    if ax is None:
        ax = plt.subplots(figsize=(4, 4), layout="constrained")[1]
    colors = colors or name_colors(names)
    positions = centred(frame)
    shown = np.flatnonzero(positions[:, 2] <= 0)
    shown = shown[np.argsort(positions[shown, 2])]  # the nearest to the eye last
    size = np.full(len(shown), contact_distance(nearest_distances(frame)))
    ax.add_collection(EllipseCollection(size, size, 0, units="xy", offsets=positions[shown, :2],
                                        offset_transform=ax.transData, edgecolor="k", linewidth=0.2,
                                        facecolor=[colors.get(name, colors.get("others")) for name in names[shown]]))
    width, height = np.abs(frame.cell).sum(axis=0)[:2] / 2
    ax.set(xlim=(-width, width), ylim=(-height, height), aspect="equal", xticks=[], yticks=[])
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
    found, fractions = timeline.transitions(), timeline.fractions()
    places = {"step": timeline.steps, "kT": timeline.temperatures}.get(against)
    places, label = (timeline.numbers, "frame") if places is None else (places, against)
    colors = name_colors([*common(fractions), "others"])
    shown = sorted({0, max(found, key=lambda each: each.moved).last if found else len(frames) // 2, len(frames) - 1})
    figure = Figure(figsize=(9.6, 6.2), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1.25])
    draw_fractions(fractions, places, label, found, colors, above.subplots())
    for panel, i in zip(below.subplots(1, len(shown), squeeze=False)[0], shown):
        draw_structures(frames[i], np.asarray(names[i]), colors, panel)
        panel.set_title(f"{label} {places[i]:,.6g}, cut in half", fontsize="medium")
    handles = [Patch(facecolor=colors[name], edgecolor="k", linewidth=0.4, label=name) for name in common(fractions)]
    below.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 8), frameon=False)
    return figure


def common(fractions):
    """The fractions of the names that some frame has many of, and the sum of the rest as "others", if there are any."""
    often = fractions.max() >= _SEEN
    table = fractions.loc[:, often].copy()
    if not often.all():
        table["others"] = fractions.loc[:, ~often].sum(axis=1)
    return table
