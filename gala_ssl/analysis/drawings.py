"""Particles and bonds, drawn. Each function draws on the axes it is given, or on new ones, and returns them."""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure

from gala_ssl.analysis.plots import COLORS, cell_edges, value_edges
from gala_ssl.data.neighborhoods import contact_distance, nearest_distances

# Goes from dark to bright evenly, in grey print and for colour-blind readers as well.
MAP = "viridis"


def draw_particles(frame, values, label="", limits=None, ax=None):
    """A frame cut in half through its middle, seen from the open side, each particle coloured by a number.

    The periodic images are chosen such that what is dense lies in the middle of the box, which the axes show whole.

    Args:
        frame: Frame. values: (N,) a number a particle.
        label: what the numbers are; "" for no colour bar.
        limits: numbers at the ends of the colours; None is their 2 and 98 percentiles.
        ax: matplotlib axes; None makes a figure.

    Returns:
        The axes; lengths are the frame's.
    """
    if ax is None:
        ax = plt.subplots(figsize=(4.5, 4), layout="constrained")[1]
    positions = centred(frame)
    shown = np.flatnonzero(positions[:, 2] <= 0)
    shown = shown[np.argsort(positions[shown, 2])]  # the nearest to the eye last
    size = np.full(len(shown), contact_distance(nearest_distances(frame)))
    spheres = EllipseCollection(size, size, 0, units="xy", offsets=positions[shown, :2],
                                offset_transform=ax.transData, cmap=MAP, edgecolor="k", linewidth=0.2)
    spheres.set_array(np.asarray(values)[shown])
    spheres.set_clim(*(np.quantile(values, [0.02, 0.98]) if limits is None else limits))
    ax.add_collection(spheres)
    width, height = np.abs(frame.cell).sum(axis=0)[:2] / 2
    ax.set(xlim=(-width, width), ylim=(-height, height), aspect="equal", xticks=[], yticks=[])
    if label:
        ax.figure.colorbar(spheres, ax=ax, label=label, shrink=0.8)
    return ax


def embedding_figure(frames, numbers, components):
    """What embedding a trajectory found, at a glance: the first principal component along it, and in its particles.

    Above, the component's distribution in each frame, or in the one frame there is; below, the first, the middle and
    the last frame in one scale of colours.

    Args:
        frames: sequence of Frames. numbers: their numbers. components: for each frame (N,) the component.

    Returns:
        matplotlib Figure.
    """
    shown = sorted({0, len(frames) // 2, len(frames) - 1})
    figure = Figure(figsize=(1 + 3.2 * max(len(shown), 2), 6.4), layout="constrained")
    above, below = figure.subfigures(2, 1)
    ax = above.subplots()
    values = np.concatenate(components)
    if len(frames) > 1:
        draw_course(np.repeat(numbers, [len(part) for part in components]), values, ax=ax)
    else:
        ax.hist(values, value_edges(values, 60), color=COLORS[0], histtype="step")
        ax.set(xlabel="first principal component", ylabel="particles")
    limits = np.quantile(values, [0.02, 0.98])
    for panel, i in zip(np.ravel(below.subplots(1, len(shown))), shown):
        label = "first principal component" if i == shown[-1] else ""
        draw_particles(frames[i], components[i], label, limits, panel).set_title(f"frame {numbers[i]}")
    return figure


def centred(frame):
    """(N, 3) positions, wrapped into the box after its particles' centre was moved to the middle.

    The centre in a periodic box is the mean direction on a circle, along each box vector.
    """
    fractions = np.linalg.solve(frame.cell.T, frame.positions.T).T
    centre = np.angle(np.exp(2j * np.pi * fractions).mean(axis=0)) / (2 * np.pi)
    fractions = fractions - centre
    return (fractions - np.round(fractions)) @ frame.cell


def draw_cloud(bonds, color=COLORS[0], label=None, ax=None):
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
    reach = 0.7 * np.abs([ax.get_xlim(), ax.get_ylim(), ax.get_zlim()]).max()
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
    ax.set_box_aspect((1, 1, 1))
    ax.set_axis_off()
    return ax


def draw_course(frames, values, label="first principal component", bins=60, ax=None):
    """How an order parameter is distributed in each frame of a trajectory, from left to right.

    Args:
        frames: (rows,) frame number of each value. values: (rows,).
        label: what the values are. bins: of the values, see `gala_ssl.analysis.plots.value_edges`.
        ax: matplotlib axes; None makes a figure.

    Returns:
        The axes. Each column is divided by its largest bin; a line follows the median.
    """
    if ax is None:
        ax = plt.subplots(figsize=(6, 3.5), layout="constrained")[1]
    numbers = np.unique(frames)
    edges = value_edges(values, bins)
    columns = [np.asarray(values)[np.asarray(frames) == number] for number in numbers]
    counts = np.stack([np.histogram(column, edges)[0] for column in columns], axis=1)
    ax.pcolormesh(cell_edges(numbers), edges, counts / np.maximum(counts.max(axis=0), 1), cmap="Greys", vmin=0, vmax=1)
    ax.plot(numbers, [np.median(column) for column in columns], color=COLORS[1], linewidth=1.5, label="median")
    ax.set(xlabel="frame", ylabel=label)
    ax.legend(frameon=False, fontsize="small")
    return ax
