"""Simulate the liquids that networks learn the class "liquid" from: the states of experiments/melts/states.csv.

    python experiments/melts/simulate_melts.py

Each state starts as a simple cubic lattice, which melts at once at twice its temperature; then it comes to its own
temperature and density (or pressure). Finished states are kept in runs/melts/ and not run again. At the end
gala_ssl/tasks/data/liquids.npz (layout: gala_ssl/frames/packed.py) and liquids.csv, a row a frame in the same
order, are written from all that are there; of a state without a run, the files keep what they had. None of the liquids
is one of experiments/hot_crystals.py, but for Lennard-Jones.
"""
import argparse
import csv
import pathlib

import freud
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import written_whole
from gala_ssl.commands.main import script
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.packed import LEVELS, load_packed, save_packed
from gala_ssl.simulation import potentials
from gala_ssl.simulation.atoms import Atoms, lattice, shipped
from gala_ssl.simulation.classical_names import template_matching

HERE = pathlib.Path(__file__).parent
COUNT, SNAPSHOTS = 10, 3  # cells along an edge, frames of a state
MELT, SETTLE, APART, APART_SLOW = 1500, 3500, 2000, 6000  # time steps; the last for OPP and LJG
DIFFUSED = 1.0  # root mean square displacement of a liquid from the first to the last frame, in g(r)'s first peak
CRYSTALLINE = 0.03  # share of the particles that template matching may name in a liquid
COLUMNS = ("name", "snapshot", "particles", "potential", "file", "parameters", "temperature", "pressure", "density",
           "seed", "dt", "steps", "diffusion", "displacement", "crystalline", "first_peak", "peak_height", "energy",
           "measured_temperature", "rounding", "lammps")
# Molinero and Moore, J. Phys. Chem. B 113, 4008 (2009): epsilon 6.189 kcal/mol, sigma 2.3925 Angstrom, lambda 23.15.
MW = "mW mW mW 0.268381 2.3925 1.80 23.15 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0\n"


def force_field(state, folder):
    """What `Atoms` takes for a row of the table; a file that is not shipped is written to `folder`."""
    kind, given = state["kind"], state["parameters"]
    if kind in ("OPP", "LJG"):
        pairs = dict(pair.split("=") for pair in given.split())
        return potentials.make(kind, {key: float(value) for key, value in pairs.items()})
    if kind == "lj":
        return f"pair_style lj/cut {given.removeprefix('rc=')}\npair_modify shift yes\npair_coeff * * 1 1"
    if given == "mW":
        path = folder / "mW.sw"
        path.write_text(MW)
    else:
        path = shipped(state["file"])
    if kind == "meam":
        library = shipped("library.meam")
        own = "NULL" if state["file"] == library.name else path
        return f"pair_style meam\npair_coeff * * {library} {given} {own} {given}"
    if kind == "eam":
        return f"pair_style eam\npair_coeff 1 1 {path}"
    return f"pair_style {kind}\npair_coeff * * {path} {given}"


def simulate(state, folder):
    """Run one row of the table; write its frames and what was measured to `folder`/name.npz."""
    lj = state["kind"] in ("lj", "OPP", "LJG")
    temperature, mass = float(state["temperature"]), float(state["mass"])
    pressure = float(state["pressure"]) if state["pressure"] else None
    density = float(state["density"]) if state["density"] else None
    dt = 0.004 if lj else 0.003 if mass > 90 else 0.002
    # Metals expand by about a tenth when they melt; a simple cubic cell has the volume of one atom.
    distance = density ** (-1 / 3) if density else float(state["distance"]) * (0.95 if not lj else 1.0)
    positions, lengths = lattice("sc", [COUNT] * 3, distance)
    atoms = Atoms(positions, lengths, force_field(state, folder), mass=mass, units="lj" if lj else "metal", dt=dt,
                  temperature=temperature, seed=int(state["seed"]))
    atoms.heat(MELT, 2 * temperature, int(state["seed"]))
    atoms.heat(MELT // 2, temperature, int(state["seed"]))
    atoms.run(SETTLE, temperature, pressure)
    # Constant volume from here on: the displacements then mean something.
    apart = APART_SLOW if state["kind"] in ("OPP", "LJG") else APART
    frames = [atoms.frame]
    for _ in range(SNAPSHOTS - 1):
        atoms.run(apart, temperature)
        frames.append(atoms.frame)
    moved = frames[-1][0] - frames[0][0]
    square = np.mean(np.sum((moved - moved.mean(axis=0)) ** 2, axis=1))
    measured = {"diffusion": square / (6 * dt * apart * (SNAPSHOTS - 1)), "energy": atoms.thermo("pe"),
                "measured_temperature": atoms.thermo("temp"), "dt": dt, "lammps": atoms.version,
                "steps": MELT + MELT // 2 + SETTLE + apart * (SNAPSHOTS - 1), "square": square}
    atoms.close()
    with written_whole(folder / f"{state['name']}.npz") as aside:
        with open(aside, "wb") as file:
            np.savez(file, positions=[frame[0] for frame in frames], boxes=[frame[1] for frame in frames], **measured)


def first_peak(positions, box):
    """Distance and height of the first maximum of g(r)."""
    rdf = freud.density.RDF(bins=200, r_max=0.45 * min(box[:3]))
    box = freud.box.Box(*box)
    rdf.compute((box, box.wrap(positions)))
    smooth = np.convolve(rdf.rdf, np.ones(3) / 3, mode="same")
    top = int(np.argmax(smooth))
    return float(rdf.bin_centers[top]), float(smooth[top])


def crystal_share(positions, box):
    """Share of the particles that polyhedral template matching with a cutoff of 0.12 calls crystalline."""
    names = template_matching(Frame(positions, box), 0.12)
    return float(np.mean((names != "other") & (names != "ico")))


def kept(output):
    """{name: (rows, frames)} of the states that liquids.csv and liquids.npz in `output` have."""
    found = {}
    if (output / "liquids.csv").exists():
        with open(output / "liquids.csv", encoding="utf-8") as file:
            for row, frame in zip(csv.DictReader(file), load_packed(output / "liquids.npz"), strict=True):
                rows, frames = found.setdefault(row["name"], ([], []))
                rows.append(row)
                frames.append((frame.positions.astype(float), frame.box.astype(float)))
    return found


def rows_and_frames(states, folder, before):
    """Rows of the table and frames of all finished states, in the order of `states`; without a run, those of `kept`."""
    rows, frames = [], []
    for state in states:
        path = folder / f"{state['name']}.npz"
        if not path.exists():
            for known, more in zip((rows, frames), before.get(state["name"], ([], []))):
                known.extend(more)
            continue
        with np.load(path) as data:
            run = dict(data)
        for number, (positions, box) in enumerate(zip(run["positions"], run["boxes"])):
            peak, height = first_peak(positions, box)
            displacement = float(run["square"]) ** 0.5 / peak
            crystalline = crystal_share(positions, box)
            if displacement < DIFFUSED or crystalline > CRYSTALLINE:
                print(f"{state['name']} moved by {displacement:.2f} of its nearest distance, {crystalline:.1%} of it "
                      "is crystalline; left out.")
                break
            rows.append({
                "name": state["name"], "snapshot": number, "particles": len(positions), "potential": state["kind"],
                "file": state["file"], "parameters": state["parameters"], "temperature": state["temperature"],
                "pressure": state["pressure"], "density": f"{len(positions) / np.prod(box[:3]):.5f}",
                "seed": state["seed"], "dt": run["dt"], "steps": run["steps"],
                "diffusion": f"{run['diffusion']:.4g}", "displacement": f"{displacement:.2f}",
                "crystalline": f"{crystalline:.3f}",
                "first_peak": f"{peak:.3f}", "peak_height": f"{height:.2f}", "energy": f"{run['energy']:.4f}",
                "measured_temperature": f"{run['measured_temperature']:.4g}",
                "rounding": f"{max(box[:3]) / (2 * LEVELS) / peak:.1e}", "lammps": run["lammps"]})
            frames.append((positions, box))
    return rows, frames


def write(rows, frames, output):
    """Write liquids.npz and liquids.csv."""
    with written_whole(output / "liquids.npz") as aside, open(aside, "wb") as file:
        save_packed(file, frames)
    with written_whole(output / "liquids.csv") as aside, open(aside, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=pathlib.Path, default=pathlib.Path("runs/melts"))
    parser.add_argument("--output", type=pathlib.Path, default=HERE.parent.parent / "gala_ssl" / "tasks" / "data")
    parser.add_argument("--only", nargs="*", help="names of states; all where left out")
    parser.add_argument("--gather", action="store_true", help="run nothing, write the files from what is there")
    arguments = parser.parse_args(argv)
    with open(HERE / "states.csv", encoding="utf-8") as file:
        states = list(csv.DictReader(file))
    arguments.runs.mkdir(parents=True, exist_ok=True)
    for state in states if not arguments.gather else ():
        done = (arguments.runs / f"{state['name']}.npz").exists()
        if done or (arguments.only and state["name"] not in arguments.only):
            continue
        try:
            simulate(state, arguments.runs)
        except InputError as error:
            print(f"{state['name']}: {error}")
            continue
        print(state["name"], "done", flush=True)
    write(*rows_and_frames(states, arguments.runs, kept(arguments.output)), arguments.output)


if __name__ == "__main__":
    main()
