"""Kill whatever runs unattended, at random moments, and see that nothing is lost.

    python tests/kill_anything.py                        # all jobs, 20 kills each
    python tests/kill_anything.py embed train --kills 5 --seed 1

Each job runs once undisturbed, for its result and how long it takes. Then it is started and killed with SIGKILL, it and
all its processes, after a random part of that time, again and again in one folder. After each kill a file under a final
name is whole or not there. When a start gets to its end the result must be that of the undisturbed run, and the job
begins anew in another folder.
"""
import argparse
import contextlib
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing

import gsd.hoomd
import numpy as np
import pandas as pd

ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = ROOT / "data/trajectories"


@dataclasses.dataclass(frozen=True)
class Job:
    """A command of gala_ssl that writes into the folder it is started in.

    Attributes:
        command: arguments of Python.
        result: of the folder, what must come out the same as {name: array}.
        whole: the files that appear under their final names all at once.
        given: files that the folder has from the start.
    """

    command: tuple
    result: typing.Callable
    whole: tuple = ()
    given: tuple = ()

    def folder(self, name, parent):
        """A new folder to start the job in."""
        made = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
        for path in self.given:
            (made / path.name).symlink_to(path)
        return made


def embedding(folder):
    found = numbers_in(folder / "order.npz")
    return {name: found[name] for name in ("embedding", "components", "frame", "particle")}


def training(folder):
    run = folder / "runs/smoke/denoising"
    history = pd.read_csv(run / "history.csv").drop(columns="seconds")
    return {"history": history.to_numpy(), **numbers_in(run / "best.npz")}


def numbers_in(path):
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def table(folder):
    found = pd.read_csv(folder / "table/table1.csv")
    return {"scores": found.select_dtypes("number").to_numpy()}


def simulation(folder):
    with gsd.hoomd.open(folder / "run/trajectory.gsd") as frames:
        return {"steps": np.array([frame.configuration.step for frame in frames]),
                "positions": np.array([frame.particles.position for frame in frames])}


def grid(folder):
    found = pd.read_csv(folder / "grid/grid.csv").drop(columns="seconds")
    return {"numbers": found.select_dtypes("number").to_numpy()}


JOBS = {
    "embed": Job(("-m", "gala_ssl", "embed", str(DATA / "cI2-W_solid.gsd"), "-o", "order.npz"), embedding,
                 ("order.npz",)),
    "train": Job(("-m", "gala_ssl", "pretrain", "denoising", "--preset", "smoke", "--directory", "runs"), training,
                 ("runs/smoke/denoising/denoising.keras",)),
    "table": Job((str(ROOT / "experiments/reproduce_table1.py"), "--tasks", "--bootstrap", "20",
                  "--trajectories", ".", "--output", "table"), table, ("table/table1.csv",),
                 (DATA / "cI2-W_gas.gsd", DATA / "cI2-W_liquid.gsd")),
    "simulate": Job(("-m", "gala_ssl", "simulate", "cI2-W", "--preset", "smoke", "--directory", "run"), simulation),
    "grid": Job((str(ROOT / "experiments/transfer_grid.py"), "--preset", "smoke", "--sources", "scratch", "--targets",
                 "denoising", "--fractions", "0.5", "1", "--seeds", "13", "--workers", "1", "--directory", "cells",
                 "--output", "grid"), grid, ("grid/grid.csv",)),
}


def start(job, folder, seconds=None):
    """Whether the job got to its end within the seconds; else it is killed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    with open(folder / "said.txt", "w") as said:
        process = subprocess.Popen([sys.executable, *job.command], cwd=folder, env=environment,
                                   stdout=said, stderr=said, start_new_session=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            if process.wait(seconds):
                raise AssertionError((folder / "said.txt").read_text())
            return True
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return False


def same(expected, found):
    assert expected.keys() == found.keys(), f"{sorted(expected)} became {sorted(found)}"
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def torment(name, kills, rng, parent):
    """Kill a job so many times; returns how often it got to its end all the same."""
    job = JOBS[name]
    folder = job.folder(f"{name}-undisturbed", parent)
    began = time.monotonic()
    start(job, folder)
    seconds, expected = time.monotonic() - began, job.result(folder)
    print(f"{name}: {seconds:.0f} s undisturbed", flush=True)
    killed = ended = 0
    folder = job.folder(name, parent)
    while killed < kills:
        if start(job, folder, rng.uniform(0, 1.1 * seconds)):
            same(expected, job.result(folder))
            ended += 1
            shutil.rmtree(folder)
            folder = job.folder(name, parent)
            continue
        killed += 1
        if job.whole and all((folder / path).exists() for path in job.whole):
            same(expected, job.result(folder))
    start(job, folder)
    same(expected, job.result(folder))
    return ended + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", help=f"of {', '.join(JOBS)}; default: all")
    parser.add_argument("--kills", type=int, default=20, help="of each job")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as parent:
        for name in arguments.jobs or JOBS:
            ended = torment(name, arguments.kills, np.random.default_rng([arguments.seed]), parent)
            print(f"{name}: killed {arguments.kills} times, {ended} results, all as undisturbed", flush=True)


if __name__ == "__main__":
    main()
