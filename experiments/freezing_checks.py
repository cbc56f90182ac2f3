"""When do the shipped cooling runs freeze, and into what: by names, by template matching and by energy.

    python experiments/freezing_checks.py names      results/freezing/RUN.csv, a row a frame
    python experiments/freezing_checks.py report     freezing.csv and bulk.csv from these, in seconds

What the network makes of a frame is kept in runs/freezing (half an hour of one processor for all), so that names can
be made again after a change of the decision. Beside the eight runs in data/trajectories there are two without a
transition, simulated here: a Lennard-Jones liquid and a Lennard-Jones gas.

Freezing by energy is by the rule of experiments/paper/snapshots.py, from the log of all 101 frames of a run; by
template matching it is the transition that `find_transitions` finds in the fractions of its names (cutoff 0.15). The
bulk is what `gala_ssl.order.regions.in_bulk` takes for it: dense particles whose 20 nearest are all dense. Template
matching calls the layers of dhcp fcc and hcp in turn, so agreement is given with and without it.
"""
import argparse
import pathlib

import numpy as np
import pandas as pd

from gala_ssl.base.files import write_csv
from gala_ssl.commands.main import script
from gala_ssl.frames.formats.gsd import logged, write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.identify import Identifier
from gala_ssl.order.names import GAS, LIQUID
from gala_ssl.order.pooling import pooled
from gala_ssl.order.regions import in_bulk
from gala_ssl.order.timeline import Timeline
from gala_ssl.order.transitions import find_transitions, in_words
from gala_ssl.simulation.atoms import Atoms, lattice
from gala_ssl.simulation.classical_names import template_matching
from paper.snapshots import label_frames

HERE = pathlib.Path(__file__).parents[1]
TRAJECTORIES, RESULTS, KEPT = HERE / "data" / "trajectories", HERE / "results" / "freezing", HERE / "runs" / "freezing"
COOLED = ("cF4-Cu", "hP2-Mg", "hP2-Mg_b", "tI4-Sn", "dQC", "iQC", "iQC_b", "cI2-W")
# Density and temperature of Lennard-Jones states that stay what they are, their frames and the steps between these.
STEADY, FRAMES, APART, CELLS = {"LJ-liquid": (0.85, 1.0), "LJ-gas": (0.03, 1.5)}, 24, 400, 9
CUTOFF, LAST = 0.15, 3  # of template matching; the last frames that bulk.csv is of
FACTS = ("step", "kT", "energy", "largest_cluster", "size", "bulk", "told", "agree", "agree_or_dhcp")


def frames_of(run):
    """The Trajectory of a run; one without a transition is simulated where it is not kept."""
    if run not in STEADY:
        return read_frames(TRAJECTORIES / f"{run}_trajectory.gsd")
    path = KEPT / f"{run}.gsd"
    if not path.exists():
        density, temperature = STEADY[run]
        positions, lengths = lattice("sc", [CELLS] * 3, density ** (-1 / 3))
        atoms, frames = Atoms(positions, lengths, "pair_style lj/cut 2.5\npair_coeff * * 1 1", seed=1), []
        atoms.heat(2000, 2 * temperature, 1)
        atoms.run(4000, temperature)
        for number in range(1, FRAMES + 1):
            atoms.run(APART, temperature)
            positions, box = atoms.frame
            frames.append(Frame(positions - box[:3] * np.round(positions / box[:3]), box,
                                step=number * APART))
        atoms.close()
        write_frames(path, frames)
    return read_frames(path)


def parts(run, number, frame, identify):
    """(log-probabilities, summary) of the particles, pooled over neighbours."""
    path = KEPT / run / f"{number:03d}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.hstack(Identifier(identify.embedding, pooled=0).evidence(frame)).astype(np.float32))
        print(path, flush=True)
    both = pooled(np.load(path), frame, identify.pooled)
    return np.split(both, [len(identify.structures)], axis=1)


def named(run, identify):
    """A row a frame: facts, fractions of names, of names in the bulk, and of those of template matching."""
    frames = frames_of(run)
    timeline, rows, log = Timeline(frames), [], logged(frames, ("potential_energy",))
    for number, frame in enumerate(frames):
        names = identify.decide(*parts(run, number, frame, identify), frame).structure
        timeline.add(frame, names)
        templates, bulk = template_matching(frame, CUTOFF), in_bulk(frame)
        told, same = bulk & (templates != "other"), names == templates
        stacked = same | (names == "dhcp") & np.isin(templates, ("fcc", "hcp"))
        rows.append({"bulk": bulk.mean(), "told": told.mean(), "agree": np.mean(same & told),
                     "agree_or_dhcp": np.mean(stacked & told),
                     **shares(templates, "ptm "), **shares(names[bulk], "in bulk ")})
    table = timeline.table()
    if log:
        table.insert(2, "energy", log["potential_energy"])
    return pd.concat([table, pd.DataFrame(rows, index=table.index).fillna(0.0)], axis=1)


def shares(names, prefix):
    return {prefix + name: np.mean(names == name) for name in np.unique(names)}


def by_energy(run):
    """(last step before freezing, first step after it) in the log of the whole run; None where there is none."""
    log = pd.read_csv(TRAJECTORIES / f"{run}.csv") if run in COOLED else None
    if log is None or "solid" not in (labels := label_frames(log["potential_energy"], log["condensed"]).tolist()):
        return None
    solid = labels.index("solid")
    before = max(place for place in range(solid) if labels[place] != "between")
    return log["step"][before], log["step"][solid]


def by_templates(table):
    """The same by template matching, of the last transition to one of its structures."""
    columns = [name for name in table if name.startswith("ptm ")]
    solid = [each for each in find_transitions(table[columns]) if each.target != "ptm other"]
    return (table["step"].iloc[solid[-1].last], table["step"].iloc[solid[-1].first]) if solid else None


def apart(first, second, step):
    """Frames between the middles of two stretches, and between the stretches where they do not overlap."""
    return (sum(first) - sum(second)) / 2 / step, max(0, first[0] - second[1], second[0] - first[1]) / step


def report():
    freezing, bulk = [], []
    for run in (*COOLED, *STEADY):
        table = pd.read_csv(RESULTS / f"{run}.csv", index_col="frame")
        ours = table[[name for name in table if name not in FACTS and not name.startswith(("ptm ", "in bulk "))]]
        found, steps = find_transitions(ours), table["step"].to_numpy()
        print(run, *in_words(ours, found, steps, "step", table.get("kT")), sep="\n    ")
        between = float(np.median(np.diff(steps)))
        frozen = [each for each in found if each.verb == "froze"] or [
            each for each in found if each.target not in (LIQUID, GAS)]
        row = {"run": run, "frames": len(table), "steps_a_frame": between, "transitions": len(found)}
        if frozen:
            when = steps[frozen[-1].last], steps[frozen[-1].first]
            row |= {"into": frozen[-1].target, "last_before": when[0], "first_after": when[1]}
            for kind, other in (("energy", by_energy(run)), ("ptm", by_templates(table))):
                if other:
                    middles, gap = apart(when, other, between)
                    row |= {f"{kind}_last": other[0], f"{kind}_first": other[1], f"{kind}_apart": middles,
                            f"{kind}_gap": gap}
        freezing.append(row)
        if run in STEADY:
            continue
        ends = table.iloc[-LAST:]
        inside = ends[[name for name in table if name.startswith("in bulk ")]].mean().sort_values(ascending=False)
        called = ", ".join(f"{name[8:]} {share:.1%}" for name, share in inside[:4].items() if share >= 0.001)
        told = ends["told"].sum()
        bulk.append({"run": run, "bulk": ends["bulk"].mean(), "ptm_names": told / ends["bulk"].sum(),
                     "agree": ends["agree"].sum() / told if told else np.nan,
                     "agree_or_dhcp": ends["agree_or_dhcp"].sum() / told if told else np.nan, "called": called})
    return {"freezing": pd.DataFrame(freezing), "bulk": pd.DataFrame(bulk)}


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("names", "report"))
    parser.add_argument("runs", nargs="*", help="runs to name (default: all)")
    arguments = parser.parse_args(argv)
    RESULTS.mkdir(parents=True, exist_ok=True)
    if arguments.what == "names":
        identify = Identifier(Embedding.from_pretrained("frame_classification", weights="thermal", progress=False))
        for run in arguments.runs or (*COOLED, *STEADY):
            write_csv(RESULTS / f"{run}.csv", named(run, identify).reset_index(), float_format="%.5g")
        return
    for name, table in report().items():
        write_csv(RESULTS / f"{name}.csv", table, float_format="%.4g")
        print(table.to_string(index=False))


if __name__ == "__main__":
    main()
