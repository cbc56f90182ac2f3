"""From finished cooling runs to the snapshots, trajectories, cards, logs and figures that are kept with the code."""
import pathlib

import gsd.hoomd
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gala_ssl.base import files
from gala_ssl.base.errors import InputError
from gala_ssl.frames.formats.gsd import opened
from gala_ssl.frames.reading import read_frames
from gala_ssl.plot import drawings
from gala_ssl.simulation import cooling
from paper import figures, snapshots, verify

# File of the snapshot -> (run, phase). The liquids of the two runs in CONTROL are taken at one temperature.
SNAPSHOTS = {
    "cI2-W_gas": ("cI2-W", "gas"), "cI2-W_liquid": ("cI2-W", "liquid"), "cI2-W_solid": ("cI2-W", "solid"),
    "cF4-Cu_liquid": ("cF4-Cu", "liquid"), "cF4-Cu_liquid_b": ("cF4-Cu_b", "liquid"),
    "cF4-Cu_solid": ("cF4-Cu", "solid"),
    "hP2-Mg_liquid": ("hP2-Mg", "liquid"), "hP2-Mg_solid": ("hP2-Mg", "solid"),
    "hP2-Mg_liquid_narrow": ("hP2-Mg_narrow", "liquid"), "dQC_liquid": ("dQC", "liquid"), "dQC_solid": ("dQC", "solid"),
    "tI4-Sn_solid": ("tI4-Sn", "solid"), "iQC_gas": ("iQC_gas", "gas"), "iQC_solid": ("iQC", "solid"),
}
CONTROL = ("cF4-Cu", "cF4-Cu_b")
# Run -> how many frames on the next one is that is kept of it, back from the last: the whole run for Figure 5, which
# compares neighbouring frames, and some of the others for Figure 3, which compares runs.
TRAJECTORIES = {"cI2-W": 1, "cF4-Cu": 6, "hP2-Mg": 6, "hP2-Mg_b": 6, "tI4-Sn": 6, "dQC": 6, "iQC": 6, "iQC_b": 6}
# What has to be run for both.
RUNS = tuple(dict.fromkeys([*(run for run, _ in SNAPSHOTS.values()), *TRAJECTORIES]))


def ship(runs, output, results):
    """Choose the snapshots from the runs and write all that is kept of them.

    Args:
        runs: folder with a finished run of each system in `SNAPSHOTS` and `TRAJECTORIES`, written by `cooling.cool`.
        output: folder for `SNAPSHOT.gsd` and `RUN_trajectory.gsd` with a `.json` each, and `RUN.csv`, each run's log
            with its phases.
        results: folder for a figure of each run and `summary.csv`, one row a run.
    Returns:
        The paths written, in order.
    Raises:
        InputError: a run is missing, unfinished, or lacks a phase; nothing does template matching here.
    """
    runs, output, results = (pathlib.Path(folder) for folder in (runs, output, results))
    cards = {name: _card(runs / name) for name in RUNS}
    logs = {name: snapshots.read_log(runs / name / cooling.TRAJECTORY) for name in RUNS}
    labels = {name: snapshots.label_frames(log.potential_energy, log.condensed) for name, log in logs.items()}
    chosen = {name: snapshots.choose(labels[name]) for name in RUNS}
    common = snapshots.choose_common_liquid(*(labels[name] for name in CONTROL))
    for name in CONTROL:
        chosen[name]["liquid"] = common
    for run, phase in SNAPSHOTS.values():
        if phase not in chosen[run]:
            raise InputError(f"The run {runs / run} has no {phase} by the rule of "
                             "experiments/paper/snapshots.py; its phases are "
                             f"{', '.join(dict.fromkeys(labels[run]))}.", path=runs / run, option="phase", value=phase)
    # Before anything is written, because the package of template matching may be missing.
    crystals = {snapshot: verify.fractions(*_read(runs / run, chosen[run][phase]))
                for snapshot, (run, phase) in SNAPSHOTS.items()}
    last = {name: verify.fractions(*_read(runs / name, -1)) for name in RUNS}
    written = []
    for name in RUNS:
        written.append(_write_log(output / f"{name}.csv", logs[name], labels[name]))
    for snapshot, (run, phase) in SNAPSHOTS.items():
        card = {**cards[run], "phase": phase, "template_matching": crystals[snapshot]}
        written += _write_snapshot(output / snapshot, runs / run, card, logs[run], chosen[run][phase])
    for run, every in TRAJECTORIES.items():
        card = {**cards[run], "template_matching": last[run]}
        written += _write_trajectory(output / f"{run}_trajectory", runs / run, card, logs[run], labels[run], every)
    rows = []
    for name in RUNS:
        figure = results / f"{name}.png"
        written.append(_write_figure(figure, runs / name, logs[name], labels[name], chosen[name]))
        rows.append(_summary(runs / name, cards[name], logs[name], labels[name], last[name]))
    files.write_csv(results / "summary.csv", pd.DataFrame(rows), "%.4g")
    return [*written, results / "summary.csv"]


def _card(directory):
    path = directory / cooling.CARD
    if not path.exists():
        raise InputError(f"{directory} holds no finished cooling run ({cooling.CARD} is missing); "
                         f"run: gala-ssl simulate {directory.name} --directory {directory}", path=path)
    return files.read_json(path)


def _read(directory, index):
    with opened(directory / cooling.TRAJECTORY) as trajectory:
        frame = trajectory[index]
    return frame.particles.position, float(frame.configuration.box[0])


def _write_log(path, log, labels):
    files.write_csv(path, pd.DataFrame({
        "step": log.step, "kT": log.kT, "kinetic_temperature": log.kinetic_temperature,
        "potential_energy": log.potential_energy, "condensed": log.condensed, "phase": labels}))
    return path


def _write_snapshot(stem, directory, card, log, index):
    path = _write_frames(stem, directory, log, [index])
    files.write_json(path.with_suffix(".json"), {
        **card, "run": directory.name, "log": f"{directory.name}.csv", "frame": int(index),
        "step": int(log.step[index]), **_values(log, index), "condensed": float(log.condensed[index]),
        "rule": "experiments/paper/snapshots.py",
        "particles_kept": "all: the droplet, its surface and its vapour"})
    return [path, path.with_suffix(".json")]


def _write_trajectory(stem, directory, card, log, labels, every):
    # Back from the last frame, which is the solid and what template matching looked at.
    kept = range((len(log.step) - 1) % every, len(log.step), every)
    path = _write_frames(stem, directory, log, kept)
    files.write_json(path.with_suffix(".json"), {
        **card, "run": directory.name, "log": f"{directory.name}.csv", "every": every,
        "frames_kept": [{"frame": i, "step": int(log.step[i]), **_values(log, i), "phase": str(labels[i])}
                        for i in kept],
        "rule": "experiments/paper/snapshots.py", "template_matching_of": "the last frame",
        "particles_kept": "all, without velocities"})
    return [path, path.with_suffix(".json")]


def _write_frames(stem, directory, log, indices):
    """Copy these frames of a run to `stem`.gsd, without velocities; return the path."""
    path = stem.with_name(stem.name + ".gsd")
    with files.written_whole(path) as temporary, gsd.hoomd.open(temporary, "w") as trajectory:
        for index in indices:
            trajectory.append(cooling.snapshot(*_read(directory, index), int(log.step[index]),
                                               log=_values(log, index)))
    return path


def _values(log, index):
    """What is logged with a frame, by name."""
    return {"kT": float(log.kT[index]), "kinetic_temperature": float(log.kinetic_temperature[index]),
            "potential_energy": float(log.potential_energy[index])}


def _write_figure(path, directory, log, labels, chosen):
    figure = Figure(figsize=(15, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=[3, 2, 2.2])
    kept = {phase: index for phase, index in chosen.items() if (directory.name, phase) in SNAPSHOTS.values()}
    figures.plot_cooling(log, labels, kept, ax=left)
    phases = {phase: _read(directory, index) for phase, index in chosen.items()}
    figures.plot_radial_distributions(phases, ax=middle)
    last = read_frames(directory / cooling.TRAJECTORY, -1)[0]
    density = snapshots.local_density(last.positions, last.box[0])
    drawings.particles(last, density, "local density", ax=right).set_title("last frame, cut in half")
    figure.suptitle(directory.name)
    with files.written_whole(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return path


def _summary(directory, card, log, labels, last):
    droplet = np.flatnonzero(log.condensed > snapshots.DROPLET_FRACTION)
    solid = np.flatnonzero(labels == "solid")
    system = card["system"]
    parameters = " ".join(f"{key}={value:g}" for key, value in system["potential"].items() if key != "name")
    return {"run": directory.name, "structure": system["structure"], "potential": system["potential"]["name"],
            "parameters": parameters, "engine": f"{card['engine']} {card['engine_version']}",
            "particles": system["particles"], "density": system["density"], "steps": system["steps"],
            "kT_start": system["kT_start"], "kT_end": system["kT_end"], "seed": system["seed"],
            "kT_half_condensed": log.kT[droplet[0]] if len(droplet) else np.nan,
            "kT_frozen": log.kT[solid[0]] if len(solid) else np.nan,
            **{f"last_{key}": round(value, 3) for key, value in last.items()},
            "minutes": round(card["seconds"] / 60, 1)}
