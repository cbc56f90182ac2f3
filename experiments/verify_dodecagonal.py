"""Is the last frame of a cooling run a dodecagonal quasicrystal? The signs of gala_ssl/simulation/dodecagonal.py.

    python experiments/verify_dodecagonal.py runs/simulation/dQC/trajectory.gsd

Prints the signs and writes NAME.png and NAME.json into results/trajectories.
"""
import argparse
import pathlib

import numpy as np
from matplotlib.figure import Figure

from gala_ssl.cli import script
from gala_ssl.data.reading import read_frames
from gala_ssl.files import write_json, written_whole
from gala_ssl.simulation import dodecagonal, figures, quasicrystal

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDS = (4, 6, 8, 10, 12)


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trajectory", type=pathlib.Path, help="GSD file; its last frame is looked at")
    parser.add_argument("--frame", type=int, default=-1, help="another frame")
    parser.add_argument("--bonded", type=float, default=1.25, help="longest bond of the first shell")
    parser.add_argument("--name", default="dQC_order", help="of the files")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "results/trajectories", help="folder to write to")
    arguments = parser.parse_args(argv)
    frame = read_frames(arguments.trajectory, arguments.frame)[0]
    droplet = quasicrystal.droplet(frame.positions, frame.box[0], arguments.bonded)
    layers = dodecagonal.layer_peak(droplet)
    plane = dodecagonal.in_plane(droplet, layers.axis)
    peaks = {fold: dodecagonal.fold_peaks(plane, fold) for fold in FOLDS}
    twelve = peaks[12]
    signs = {
        "frame": frame.source, "particles": len(frame), "particles_of_the_droplet": len(droplet),
        "structure_factor_across_the_layers": layers.height, "wave_number_across_the_layers": layers.wave_number,
        "lowest_peak_in_the_axes_of_a_fold": {str(fold): min(peak.height for peak in of) for fold, of in peaks.items()},
        "twelve_fold_peaks": [peak.height for peak in twelve],
        "wave_numbers_of_these_peaks": [peak.wave_number for peak in twelve],
        "degrees_between_these_peaks": dodecagonal.gaps(twelve).tolist(),
    }
    for name, value in signs.items():
        print(name, value)
    write_json(arguments.output / f"{arguments.name}.json", signs)
    figure = Figure(figsize=(13, 4), layout="constrained")
    panels = figure.subplots(1, 3)
    bonds = quasicrystal.bonds_of_shell(frame.positions, frame.box[0], 0.5, arguments.bonded)
    figures.plot_bond_directions(bonds, layers.axis, ax=panels[0]).set_title("first shell")
    waves = np.array([peak.wave for peak in twelve])
    figures.plot_diffraction(plane, np.concatenate([waves, -waves]), ax=panels[1]).set_title("in the layers' plane")
    figures.plot_columns(plane, ax=panels[2]).set_title("particles along the axis")
    with written_whole(arguments.output / f"{arguments.name}.png") as temporary:
        figure.savefig(temporary, dpi=120)


if __name__ == "__main__":
    main()
