"""Particles and bonds, drawn. Each function draws on the axes it is given, or on new ones, and returns them."""
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.colors import FuncNorm, Normalize
from matplotlib.figure import Figure

from gala_ssl.clouds.lengths import contact_distance, nearest_distances
from gala_ssl.plot.style import COLORS, cell_edges, finite, name_colors, value_edges, whole_ticks

# Goes from dark to bright evenly, in grey print and for colour-blind readers as well.
MAP = "viridis"


def particles(frame, values, label="", scale=None, colors=None, ax=None):
    """A frame cut in half through its middle, seen from the open side, each particle coloured by a number or a name.

    The periodic images are chosen such that what is dense lies in the middle of the box, which the axes show whole.

    Args:
        frame: Frame.
        values: (N,) a number a particle, grey where it is NaN, or a name, such as those of `gala_ssl.identify`.
        label: what the numbers are; "" for no colour bar.
        scale: matplotlib norm of the numbers' colours; None for `even_scale` of them.
        colors: {name: colour}, others for names that are not in it; None for `gala_ssl.plot.style.name_colors`.
        ax: matplotlib axes; None makes a figure.

    Returns:
        The axes; lengths are the frame's.
    """
    if ax is None:
        ax = plt.subplots(figsize=(4.5, 4), layout="constrained")[1]
    positions = centred(frame)
    shown = np.flatnonzero(positions[:, 2] <= 0)
    shown = shown[np.argsort(positions[shown, 2])]  # the nearest to the eye last
    values, size = np.asarray(values), np.full(len(shown), contact_distance(nearest_distances(frame)))
    spheres = EllipseCollection(size, size, 0, units="xy", offsets=positions[shown, :2],
                                offset_transform=ax.transData, edgecolor="k", linewidth=0.2)
    ax.add_collection(spheres)
    width, height = np.abs(frame.cell).sum(axis=0)[:2] / 2
    ax.set(xlim=(-width, width), ylim=(-height, height), aspect="equal", xticks=[], yticks=[])
    if values.dtype.kind in "UO":
        colors = colors or name_colors(values)
        spheres.set_facecolor([colors.get(name, colors.get("others")) for name in values[shown]])
        return ax
    spheres.set_cmap(matplotlib.colormaps[MAP].with_extremes(bad="lightgrey"))
    spheres.set_array(np.ma.masked_invalid(values[shown]))
    scale = scale or even_scale(values)
    spheres.set_norm(scale)
    if label:
        ticks = scale.inverse(np.linspace(0, 1, 6))
        digits = max(0, 1 - int(np.floor(np.log10(np.ptp(ticks)))))
        ax.figure.colorbar(spheres, ax=ax, label=label, shrink=0.8, extend="both", ticks=ticks,
                           format=f"{{x:.{digits}f}}")
    return ax


def even_scale(values):
    """A matplotlib norm that spreads these values over the colours, from their 2 to their 98 percentile.

    Each of 32 equal intervals has a part of the colours in proportion to the square root of how many values are in it,
    so that phases differ which are close to each other and far from a third.
    """
    values = finite(values)
    low, high = np.quantile(values, [0.02, 0.98]) if len(values) else (0.0, 0.0)
    margin = 1e-6 * max(abs(low), abs(high)) or 0.5  # what differs by rounding alone has one colour
    edges = np.linspace(low - margin, high + margin, 33)
    colors = np.concatenate([[0], np.sqrt(np.histogram(values, edges)[0] + 1).cumsum()])
    colors /= colors[-1]
    return FuncNorm((lambda value: np.interp(value, edges, colors), lambda color: np.interp(color, colors, edges)),
                    edges[0], edges[-1])


def embedding_figure(frames, numbers, components, label="first principal component", limits=None):
    """What embedding a trajectory found, at a glance: a principal component along it, and in its particles.

    Above, the component's distribution in each frame; below, the first, the middle and the last frame in one scale of
    colours, cut in half. Of a single frame, its distribution and itself side by side.

    Args:
        frames: sequence of Frames. numbers: their numbers. components: for each frame (N,) the component.
        label: the component's name. limits: numbers at the ends of the colours; None for `even_scale` of all frames.

    Returns:
        matplotlib Figure.
    """
    several = len(set(numbers)) > 1
    shown = sorted({0, len(frames) // 2, len(frames) - 1}) if several else [0]
    values = np.concatenate(components)
    figure = Figure(figsize=(1 + 3.2 * max(len(shown), 2), 6.4 if several else 3.2), layout="constrained")
    if several:
        above, below = figure.subfigures(2, 1)
        course(np.repeat(numbers, [len(part) for part in components]), values, label, ax=above.subplots())
        panels = below.subplots(1, len(shown))
    else:
        ax, *panels = figure.subplots(1, 2)
        ax.hist(finite(values), value_edges([values], 60), color=COLORS[0], histtype="step")
        ax.set(xlabel=label, ylabel="particles")
    scale = even_scale(values) if limits is None else Normalize(*limits)
    for panel, i in zip(panels, shown):
        particles(frames[i], components[i], label if i == shown[-1] else "", scale, ax=panel)
        panel.set_title(f"frame {numbers[i]}, cut in half")
    return figure


def centred(frame):
    """(N, 3) positions, wrapped into the box after its particles' centre was moved to the middle.

    The centre in a periodic box is the mean direction on a circle, along each box vector.
    """
    fractions = np.linalg.solve(frame.cell.T, frame.positions.T).T
    centre = np.angle(np.exp(2j * np.pi * fractions).mean(axis=0)) / (2 * np.pi)
    fractions = fractions - centre
    return (fractions - np.round(fractions)) @ frame.cell


def cloud(bonds, color=COLORS[0], label=None, ax=None):
    """A point cloud as bonds from the particle in the middle, in perspective.

    Args:
        bonds: (k, 3), rows of zeros are padding.
        color: of the bonds. label: for the legend.
        ax: matplotlib 3D axes; None makes a figure.

    Returns:
        The axes, hidden themselves, and wide enough for all that was drawn on them.
    """
    if ax is None:
        ax = plt.figure(figsize=(3, 3)).add_subplot(projection="3d")
    bonds = np.asarray(bonds)[np.any(bonds, axis=1)]
    ends = np.stack([np.zeros_like(bonds), bonds], axis=1)
    for end in ends:
        ax.plot(*end.T, color=color, linewidth=0.8, alpha=0.5)
    ax.scatter(*bonds.T, color=color, s=25, depthshade=False, edgecolor="k", linewidth=0.3, label=label)
    ax.scatter(0, 0, 0, color="k", s=25)
    reach = 0.8 * np.abs([ax.get_xlim(), ax.get_ylim(), ax.get_zlim()]).max()
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
    ax.set_box_aspect((1, 1, 1))
    ax.set_axis_off()
    return ax


def course(frames, values, label="first principal component", bins=60, ax=None):
    """How an order parameter is distributed in each frame of a trajectory, from left to right.

    Args:
        frames: (rows,) frame number of each value. values: (rows,); those of NaN do not count.
        label: what the values are. bins: of the values, see `gala_ssl.plot.plots.value_edges`.
        ax: matplotlib axes; None makes a figure.

    Returns:
        The axes. Each column is divided by its largest bin; points mark the medians.
    """
    if ax is None:
        ax = plt.subplots(figsize=(6, 3.5), layout="constrained")[1]
    values = np.asarray(values)
    frames, values = np.asarray(frames)[np.isfinite(values)], finite(values)
    numbers = np.unique(frames)
    columns = [values[frames == number] for number in numbers]
    edges = value_edges(columns, bins)
    counts = np.stack([np.histogram(column, edges)[0] for column in columns], axis=1)
    ax.pcolormesh(cell_edges(numbers), edges, counts / np.maximum(counts.max(axis=0), 1), cmap="Greys", vmin=0, vmax=1)
    ax.plot(numbers, [np.median(column) for column in columns], color=COLORS[1], marker="o", markersize=5,
            markeredgecolor="white", linestyle="none", label="median")
    whole_ticks(ax.xaxis)
    ax.set(xlabel="frame", ylabel=label)
    ax.set_title("grey: particles of a frame, black where they are most", loc="left", fontsize="small")
    ax.legend(frameon=False, fontsize="small", loc="lower right", bbox_to_anchor=(1, 1), borderpad=0)
    return ax
