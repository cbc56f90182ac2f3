"""What `tests.kill_anything` kills: commands, what must come out of them, and what of it is done once and for all."""
import dataclasses
import pathlib
import tempfile
import typing

import numpy as np

from tests.kills import content

ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = ROOT / "data/trajectories"


@dataclasses.dataclass(frozen=True)
class Job:
    """A command of gala_ssl that writes into the folder it is started in.

    Attributes:
        command: arguments of Python.
        result: of the folder, what must come out the same as {name: array}.
        last: file of the result that is written last; where it is there, the result is.
        finished: of the folder, the parts of the work that are done once and for all, with what must not change.
        given: files that the folder has from the start.
    """

    command: tuple
    result: typing.Callable
    last: str
    finished: typing.Callable = lambda folder: {}
    given: tuple = ()

    def folder(self, name, parent):
        """A new folder to start the job in."""
        made = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
        for path in self.given:
            (made / path.name).symlink_to(path)
        return made


def embedding(folder):
    found = content(folder / "order.npz")
    return {name: found[name] for name in ("embedding", "components", "frame", "particle")}


def training(folder):
    run = folder / "runs/smoke/denoising"
    return {"history": without_seconds(run / "history.csv"), **content(run / "best.npz")}


def epochs(folder):
    """The seconds of each epoch that the checkpoint has seen."""
    run = folder / "runs/smoke/denoising"
    if not (run / "checkpoint.npz").exists():
        return {}
    rows, newer = content(run / "history.csv"), changed(run / "history.csv") > changed(run / "checkpoint.npz")
    return dict(zip(rows["epoch"][:len(rows["epoch"]) - newer], rows["seconds"]))


def table(folder):
    return {"scores": without_seconds(folder / "table/table1.csv")}


def simulation(folder):
    steps, positions, _ = zip(*content(folder / "run/trajectory.gsd"))
    return {"steps": np.array(steps), "positions": np.array(positions)}


def frames(folder):
    """The frames of the trajectory, and when the run began."""
    run = folder / "run"
    if not (run / "trajectory.gsd").exists():
        return {}
    return {"begun": changed(run / "config.json"), **dict.fromkeys(simulation(folder)["steps"].tolist())}


def grid(folder):
    return {"cells": without_seconds(folder / "grid/grid.csv")}


def cells(folder):
    """When the card of each cell was written."""
    return {str(path): changed(path) for path in folder.glob("cells/**/card.json")}


def without_seconds(path):
    return np.array([column for name, column in content(path).items() if name != "seconds"])


def changed(path):
    return path.stat().st_mtime_ns


# In a folder ../given, made once.
WEIGHTS = Job(("-m", "gala_ssl", "pretrain", "denoising", "--preset", "smoke", "--output", "weights"), None, "weights")
JOBS = {
    "embed": Job(("-m", "gala_ssl", "embed", str(DATA / "cI2-W_solid.gsd"), "--task", "denoising", "--weights",
                  "../given/weights", "-o", "order.npz", "--gsd", "order.gsd"), embedding, "order.gsd"),
    "train": Job(("-m", "gala_ssl", "pretrain", "denoising", "--preset", "smoke", "--directory", "runs"), training,
                 "runs/smoke/denoising/denoising.json", epochs),
    "table": Job((str(ROOT / "experiments/reproduce_table1.py"), "--tasks", "--bootstrap", "20",
                  "--trajectories", ".", "--output", "table"), table, "table/card.json",
                 given=(DATA / "cI2-W_gas.gsd", DATA / "cI2-W_liquid.gsd")),
    "simulate": Job(("-m", "gala_ssl", "simulate", "cI2-W", "--preset", "smoke", "--directory", "run"), simulation,
                    "run/card.json", frames),
    "grid": Job((str(ROOT / "experiments/transfer_grid.py"), "--preset", "smoke", "--sources", "scratch", "denoising",
                 "--targets", "noisy_bond", "--fractions", "0.5", "1", "--seeds", "13", "--weights", "../given/weights",
                 "--workers", "1", "--directory", "cells", "--output", "grid"), grid, "grid/card.json", cells),
}
