"""Figures of a cooling run: energy and temperature along it, radial distributions, the order of its bonds."""
import freud
import numpy as np

from gala_ssl.simulation.identify.quasicrystal import across

# Okabe and Ito's, which colour-blind readers can tell apart.
COLORS = {"gas": "#E69F00", "between": "0.85", "liquid": "#0072B2", "solid": "#009E73"}


def plot_cooling(log, labels, chosen, ax=None):
    """Energy per particle and kinetic temperature against the step, phases shaded, chosen frames marked.

    Args:
        log: a `paper.snapshots.Log`.
        labels: (T,) phases, from `snapshots.label_frames`.
        chosen: frame index of each snapshot that is kept, by phase.
        ax: matplotlib axes; new ones if None.
    Returns:
        The axes of the energy.
    """
    ax = _axes(ax)
    step = log.step / 1000
    half = (step[1] - step[0]) / 2
    starts = np.flatnonzero(np.r_[True, labels[1:] != labels[:-1]])
    for start, end in zip(starts, [*starts[1:], len(labels)]):
        ax.axvspan(step[start] - half, step[end - 1] + half, color=COLORS[labels[start]], alpha=0.25, lw=0)
        if labels[start] != "between":
            ax.text((step[start] + step[end - 1]) / 2, 1.01, labels[start],
                    transform=ax.get_xaxis_transform(), ha="center", va="bottom", fontsize="small")
    ax.plot(step, log.potential_energy, color="k", label="energy per particle")
    frames = list(chosen.values())
    ax.plot(step[frames], log.potential_energy[frames], "o", mfc="none", color="k", ms=8,
            label="snapshot" if frames else None)
    ax.plot([], [], color="#D55E00", label="kinetic temperature")
    ax.plot([], [], ":", color="#D55E00", label="temperature set")
    ax.set(xlabel="step / 1000", ylabel="potential energy per particle",
           xlim=(step[0] - half, step[-1] + half))
    right = ax.twinx()
    right.plot(step, log.kinetic_temperature, color="#D55E00", lw=1)
    right.plot(step, log.kT, ":", color="#D55E00")
    right.set_ylabel("temperature", color="#D55E00")
    ax.legend(fontsize="x-small", loc="lower left")
    return ax


def radial_distribution(positions, length, r_max=5.0, bins=250):
    """Radial distribution function g(r), relative to the mean density of the box.

    Args:
        positions: (N, 3) in a periodic cube centred on 0.
        length: edge of the cube, more than 2 `r_max`.
    Returns:
        r (bins,) and g (bins,); for a droplet g stays far above 1, because its box is mostly empty.
    """
    rdf = freud.density.RDF(bins=bins, r_max=r_max)
    rdf.compute((freud.box.Box.cube(length), np.asarray(positions, np.float32)))
    return np.array(rdf.bin_centers), np.array(rdf.rdf)


def plot_radial_distributions(frames, ax=None):
    """g(r) of several phases, each divided by its largest value and set above the one before.

    Args:
        frames: {phase: (positions (N, 3), box length)}.
        ax: matplotlib axes; new ones if None.
    Returns:
        The axes.
    """
    ax = _axes(ax)
    for i, (phase, (positions, length)) in enumerate(frames.items()):
        r, g = radial_distribution(positions, length)
        ax.plot(r, g / g.max() + i, color=COLORS[phase], label=phase)
        ax.text(r[-1], i + 0.6, phase, ha="right", fontsize="small")
    ax.set(xlabel="r", ylabel="g(r) / largest value, shifted", xlim=(0.7, None), yticks=[])
    return ax


def plot_bond_directions(directions, pole, axes=(), ax=None, bins=60):
    """Density of bond directions on the half sphere around `pole`, relative to random ones; equal areas.

    Args:
        directions: (n, 3) unit vectors, of which opposite ones count as one.
        pole: (3,) unit vector, the middle of the picture.
        axes: up to two arrays (m, 3) of unit vectors that are marked, by circles and squares.
        ax: matplotlib axes; new ones if None.
    Returns:
        The axes.
    """
    ax = _axes(ax)
    edges = np.linspace(-1, 1, bins + 1)
    counts = np.histogram2d(*_projected(directions, pole).T, bins=(edges, edges))[0]
    middles = (edges[1:] + edges[:-1]) / 2
    inside = middles[:, None] ** 2 + middles**2 < 1
    density = np.where(inside, counts / (counts.sum() / inside.sum()), np.nan)
    image = ax.imshow(density.T, origin="lower", extent=(-1, 1, -1, 1), cmap="cividis", vmin=0,
                      vmax=np.nanquantile(density, 0.995))
    for each, marker in zip(axes, "os"):
        ax.plot(*_projected(each, pole).T, marker, mfc="none", mec="white", ms=9)
    ax.figure.colorbar(image, ax=ax, label="bonds / random", shrink=0.8)
    ax.set_axis_off()
    return ax


def plot_structure_factors(q, factors, marks=(), ax=None):
    """S(q) along axes of two-, three- and five-fold symmetry, one above the other.

    Args:
        q: (m,) wave numbers. factors: {fold: (m,)}. marks: wave numbers at which to draw a line.
        ax: matplotlib axes; new ones if None.
    Returns:
        The axes.
    """
    ax = _axes(ax)
    apart = 1 + np.ceil(max(np.log10(values.max()) for values in factors.values()))
    for mark in marks:
        ax.axvline(mark, color=COLORS["liquid"], ls=":", lw=1)
    for i, (fold, values) in enumerate(sorted(factors.items())):
        ax.plot(q, np.log10(np.maximum(values, 1e-2)) + apart * i, color="k", lw=0.8)
        ax.text(q[-1], apart * (i + 0.4), f"{fold}-fold ", ha="right", va="center", fontsize="small")
    ax.set(xlabel="wave number", ylabel="log10 S(q), shifted", xlim=(q[0], q[-1]))
    return ax


def plot_diffraction(plane, marks=(), ax=None, most=18.0, points=241):
    """Structure factor of points in a plane, as an electron microscope would show it; logarithmic.

    Args:
        plane: (n, 2) coordinates. marks: (m, 2) wave vectors to draw a circle around.
        ax: matplotlib axes; new ones if None. most: largest wave number. points: in each direction.
    Returns:
        The axes.
    """
    ax = _axes(ax)
    q = np.linspace(-most, most, points)
    first, second = (np.exp(1j * np.outer(q, coordinate)) for coordinate in np.transpose(plane))
    factor = np.abs(second @ first.T) ** 2 / len(plane)
    image = ax.imshow(np.log10(np.maximum(factor, 0.1)), origin="lower", extent=(-most, most, -most, most),
                      cmap="cividis", vmin=-1, vmax=3)
    if len(marks):
        ax.plot(*np.transpose(marks), "o", mfc="none", mec="white", ms=9)
    ax.figure.colorbar(image, ax=ax, label="log10 S(q)", shrink=0.8)
    ax.set(xlabel="wave number", ylabel="wave number")
    return ax


def plot_columns(plane, ax=None):
    """Points of a plane, (n, 2), as dots in true proportions."""
    ax = _axes(ax)
    ax.plot(*np.transpose(plane), "k.", ms=1)
    ax.set(xlabel="distance", ylabel="distance", aspect="equal")
    return ax


def _projected(directions, pole):
    """Lambert's equal-area projection of axes onto the unit disc around `pole`, (n, 2)."""
    x, y, z = (np.asarray(directions) @ np.vstack([across(pole), pole]).T).T
    sign = np.where(z < 0, -1, 1)
    return np.stack([x, y], axis=1) * (sign / np.sqrt(1 + np.abs(z)))[:, None]


def _axes(ax):
    if ax is None:
        import matplotlib.pyplot as plt
        ax = plt.subplots()[1]
    return ax
