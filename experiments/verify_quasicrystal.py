"""Is the last frame of a cooling run an icosahedral quasicrystal? The signs of gala_ssl/simulation/quasicrystal.py.

    python experiments/verify_quasicrystal.py runs/simulation/iQC/trajectory.gsd

Prints the signs and writes NAME.png and NAME.json into results/trajectories.
"""
import argparse
import pathlib

import numpy as np
from matplotlib.figure import Figure

from gala_ssl.cli import script
from gala_ssl.data.reading import read_frames
from gala_ssl.files import write_json, written_whole
from gala_ssl.simulation import figures, quasicrystal

ROOT = pathlib.Path(__file__).resolve().parents[1]


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trajectory", type=pathlib.Path, help="GSD file; its last frame is looked at")
    parser.add_argument("--frame", type=int, default=-1, help="another frame")
    parser.add_argument("--shells", type=float, nargs=3, default=[0.8, 1.4, 2.0],
                        help="where the first shell of neighbours begins, the second begins and ends")
    parser.add_argument("--name", default="iQC_order", help="of the files")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "results/trajectories", help="folder to write to")
    arguments = parser.parse_args(argv)
    frame = read_frames(arguments.trajectory, arguments.frame)[0]
    start, middle, end = arguments.shells
    shells = {"first": quasicrystal.bonds_of_shell(frame.positions, frame.box[0], start, middle),
              "second": quasicrystal.bonds_of_shell(frame.positions, frame.box[0], middle, end)}
    orientation = quasicrystal.orient(shells["second"])
    angles = quasicrystal.angles_between(quasicrystal.strongest_axes(shells["second"]))
    signs = {
        "frame": frame.source, "particles": len(frame),
        "bond_order_over_noise": {name: quasicrystal.bond_order(bonds) for name, bonds in shells.items()},
        "icosahedral_score_second_shell": orientation.score,
        "angles_within_5_degrees_of_36_60_72_90": near_two_fold(angles),
        "the_same_by_chance": chance_of_angles(),
    }
    q = np.linspace(3, 25, 1500)
    droplet = quasicrystal.droplet(frame.positions, frame.box[0], middle)
    signs["particles_of_the_droplet"] = len(droplet)
    strongest = q[quasicrystal.mean_structure_factors(droplet, orientation, q)[2].argmax()]
    heights = quasicrystal.bragg_axes(droplet, strongest, 60)[1]
    found = quasicrystal.grains(droplet, strongest)
    signs |= {"wave_number_of_the_strongest_peaks": strongest, "structure_factor_of_these_peaks": heights.tolist(),
              "grains": [{"mean_structure_factor_on_the_two_fold_axes": grain.score} for grain in found]}
    if found:
        orientation = found[0]
    factors = quasicrystal.mean_structure_factors(droplet, orientation, q)
    signs["largest_structure_factor"] = {str(fold): float(values.max()) for fold, values in factors.items()}
    peaks = quasicrystal.bragg_peaks(q, factors[2])
    signs |= {"peaks_along_two_fold_axes": peaks.tolist(), "ratios_of_these_peaks": (peaks[1:] / peaks[:-1]).tolist()}
    for name, value in signs.items():
        print(name, value)
    write_json(arguments.output / f"{arguments.name}.json", signs)
    folds = quasicrystal.icosahedron()
    figure = Figure(figsize=(13, 4), layout="constrained")
    panels = figure.subplots(1, 3)
    pole = folds[5][0] @ orientation.rotation.T
    marked = [folds[2] @ grain.rotation.T for grain in found[:2] or [orientation]]
    for axes, (name, bonds) in zip(panels, shells.items()):
        figures.plot_bond_directions(bonds, pole, marked, ax=axes).set_title(f"{name} shell")
    golden = strongest * quasicrystal.GOLDEN ** np.arange(-3, 4)
    figures.plot_structure_factors(q, factors, golden[(q[0] < golden) & (golden < q[-1])], ax=panels[2])
    panels[2].set_title("dotted: a golden ratio apart")
    with written_whole(arguments.output / f"{arguments.name}.png") as temporary:
        figure.savefig(temporary, dpi=120)


def near_two_fold(angles):
    """Part of the angles that is within 5 degrees of those between an icosahedron's two-fold axes."""
    return float(np.mean(np.abs(angles[:, None] - [36, 60, 72, 90]).min(axis=1) < 5))


def chance_of_angles(count=20000):
    """The same part of the angles between random axes, of which all cosines are equally likely."""
    return near_two_fold(np.degrees(np.arccos(np.random.default_rng(0).random(count))))


if __name__ == "__main__":
    main()
