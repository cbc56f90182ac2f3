"""Is the last frame of a cooling run a quasicrystal? The signs of gala_ssl/simulation/identify.

    python experiments/verify_quasicrystal.py icosahedral runs/simulation/iQC/trajectory.gsd
    python experiments/verify_quasicrystal.py dodecagonal runs/simulation/dQC/trajectory.gsd

Prints the signs and writes iQC_order or dQC_order, .png and .json, into results/trajectories.
"""
import argparse
import pathlib

import numpy as np
from matplotlib.figure import Figure

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import write_json, written_whole
from gala_ssl.commands.main import script
from gala_ssl.frames.reading import read_frames
from gala_ssl.simulation.identify import dodecagonal, quasicrystal
from paper import figures

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDS = (4, 6, 8, 10, 12)


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=SIGNS)
    parser.add_argument("trajectory", type=pathlib.Path, help="GSD file; its last frame is looked at")
    parser.add_argument("--frame", type=int, default=-1, help="another frame")
    parser.add_argument("--name", help="of the files")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "results/trajectories", help="folder to write to")
    arguments = parser.parse_args(argv)
    signs_of, name = SIGNS[arguments.kind]
    frame = read_frames(arguments.trajectory, arguments.frame)[0]
    edge = frame.box[0]
    if list(frame.box) != [edge] * 3 + [0] * 3:
        raise InputError(f"The box of {frame.source} is no cube, and the signs are looked for in cubes only.",
                         frame=frame.where, option="box", value=frame.box.tolist())
    figure = Figure(figsize=(13, 4), layout="constrained")
    signs = {"frame": frame.source, "particles": len(frame),
             **signs_of(frame.positions, edge, figure.subplots(1, 3))}
    for sign, value in signs.items():
        print(sign, value)
    stem = arguments.name or name
    write_json(arguments.output / f"{stem}.json", signs)
    with written_whole(arguments.output / f"{stem}.png") as temporary:
        figure.savefig(temporary, dpi=120)


def icosahedral_signs(positions, length, panels, shells=(0.8, 1.4, 2.0)):
    """Signs of an icosahedral quasicrystal, drawn in three panels.

    Args:
        positions: (n, 3) in a cubic box of that length. panels: three axes.
        shells: where the first shell of neighbours begins, the second begins and ends.
    """
    start, middle, end = shells
    bonds = {"first": quasicrystal.bonds_of_shell(positions, length, start, middle),
             "second": quasicrystal.bonds_of_shell(positions, length, middle, end)}
    orientation = quasicrystal.orient(bonds["second"])
    angles = quasicrystal.angles_between(quasicrystal.strongest_axes(bonds["second"]))
    droplet = quasicrystal.droplet(positions, length, middle)
    q = np.linspace(3, 25, 1500)
    strongest = q[quasicrystal.mean_structure_factors(droplet, orientation, q)[2].argmax()]
    heights = quasicrystal.bragg_axes(droplet, strongest, 60)[1]
    grains = quasicrystal.grains(droplet, strongest)
    best = grains[0] if grains else orientation
    factors = quasicrystal.mean_structure_factors(droplet, best, q)
    peaks = quasicrystal.bragg_peaks(q, factors[2])

    folds = quasicrystal.icosahedron()
    marked = [folds[2] @ grain.rotation.T for grain in grains[:2] or [orientation]]
    for axes, (name, of_shell) in zip(panels, bonds.items()):
        figures.plot_bond_directions(of_shell, folds[5][0] @ best.rotation.T, marked, ax=axes)
        axes.set_title(f"{name} shell")
    golden = strongest * quasicrystal.GOLDEN ** np.arange(-3, 4)
    figures.plot_structure_factors(q, factors, golden[(q[0] < golden) & (golden < q[-1])], ax=panels[2])
    panels[2].set_title("dotted: a golden ratio apart")
    return {
        "bond_order_over_noise": {name: quasicrystal.bond_order(of_shell) for name, of_shell in bonds.items()},
        "icosahedral_score_second_shell": orientation.score,
        "angles_within_5_degrees_of_36_60_72_90": near_two_fold(angles),
        "the_same_by_chance": chance_of_angles(),
        "particles_of_the_droplet": len(droplet),
        "wave_number_of_the_strongest_peaks": strongest, "structure_factor_of_these_peaks": heights.tolist(),
        "grains": [{"mean_structure_factor_on_the_two_fold_axes": grain.score} for grain in grains],
        "largest_structure_factor": {str(fold): float(values.max()) for fold, values in factors.items()},
        "peaks_along_two_fold_axes": peaks.tolist(), "ratios_of_these_peaks": (peaks[1:] / peaks[:-1]).tolist(),
    }


def near_two_fold(angles):
    """Part of the angles that is within 5 degrees of those between an icosahedron's two-fold axes."""
    return float(np.mean(np.abs(angles[:, None] - [36, 60, 72, 90]).min(axis=1) < 5))


def chance_of_angles(draws=20, bonds=20000):
    """The same part of the angles between the strongest axes of random bonds."""
    rng = np.random.default_rng(0)
    return float(np.mean([near_two_fold(quasicrystal.angles_between(quasicrystal.strongest_axes(
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True))))
        for vectors in rng.normal(size=(draws, bonds, 3))]))


def dodecagonal_signs(positions, length, panels, shell=(0.5, 1.25)):
    """Signs of a dodecagonal quasicrystal, drawn in three panels.

    Args:
        positions: (n, 3) in a cubic box of that length. panels: three axes.
        shell: where the first shell of neighbours begins and ends.
    """
    droplet = quasicrystal.droplet(positions, length, shell[1])
    layers = dodecagonal.layer_peak(droplet)
    plane = dodecagonal.in_plane(droplet, layers.axis)
    peaks = {fold: dodecagonal.fold_peaks(plane, fold) for fold in FOLDS}
    twelve = peaks[12]

    bonds = quasicrystal.bonds_of_shell(positions, length, *shell)
    figures.plot_bond_directions(bonds, layers.axis, ax=panels[0]).set_title("first shell")
    waves = np.array([peak.wave for peak in twelve])
    figures.plot_diffraction(plane, np.concatenate([waves, -waves]), ax=panels[1]).set_title("in the layers' plane")
    figures.plot_columns(plane, ax=panels[2]).set_title("particles along the axis")
    return {
        "particles_of_the_droplet": len(droplet),
        "structure_factor_across_the_layers": layers.height, "wave_number_across_the_layers": layers.wave_number,
        "lowest_peak_in_the_axes_of_a_fold": {str(fold): min(peak.height for peak in of) for fold, of in peaks.items()},
        "twelve_fold_peaks": [peak.height for peak in twelve],
        "wave_numbers_of_these_peaks": [peak.wave_number for peak in twelve],
        "degrees_between_these_peaks": dodecagonal.gaps(twelve).tolist(),
    }


# What to look for by kind, and the name of the files.
SIGNS = {"icosahedral": (icosahedral_signs, "iQC_order"), "dodecagonal": (dodecagonal_signs, "dQC_order")}

if __name__ == "__main__":
    main()
