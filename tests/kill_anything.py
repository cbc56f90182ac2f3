"""Kill whatever runs unattended, at random moments, and see that nothing is lost.

    python -m tests.kill_anything                        # all jobs, 20 kills each
    python -m tests.kill_anything embed train --kills 5 --seed 1

Each job of `tests.kill_jobs` runs once undisturbed, for its result and for the moments at which it writes. Then it is
started and killed with SIGKILL, it and all its processes, again and again in one folder: some time after it has written
for the n-th time, so that most kills fall into its work and few into its imports. After each kill all files under final
names are whole, and nothing that was finished is gone or done again. When a start gets to its end the result must be
that of the undisturbed run, and the job begins anew in another folder.
"""
import argparse
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

from tests.kill_jobs import JOBS, ROOT, WEIGHTS
from tests.kills import content, final

# Between two looks at a folder, in seconds.
_LOOK = 0.002


def start(job, folder, kill=None):
    """Run the job, which is killed so many seconds after it wrote so often: `kill` is (times, seconds) or None.

    Returns:
        (moments, ended): seconds from the start at which something was written; whether the job got to its end.
    """
    said = folder.with_name(f"{folder.name}.txt")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "TMPDIR": str(folder.parent)}
    with open(said, "w") as file:
        process = subprocess.Popen([sys.executable, *job.command], cwd=folder, env=environment, stdout=file,
                                   stderr=file, start_new_session=True)
    began, moments, seen = time.monotonic(), [0.0], state(folder)
    try:
        while process.poll() is None:
            now = time.monotonic() - began
            if (found := state(folder)) != seen:
                seen = found
                moments.append(now)
            if kill and len(moments) > kill[0] and now >= moments[kill[0]] + kill[1]:
                return moments, False
            time.sleep(_LOOK)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode:
        raise AssertionError(said.read_text())
    return [*moments, time.monotonic() - began], True


def state(folder):
    """What changes when anything in a folder is written."""
    found = []
    for above, _, names in os.walk(folder):
        for name in names:
            try:
                stat = os.stat(os.path.join(above, name))
            except FileNotFoundError:
                continue
            found.append((above, name, stat.st_size, stat.st_mtime_ns))
    return found


def checked(job, folder, expected, finished):
    """What is finished now, of a folder in which all is as it should be."""
    for path in final(folder):
        content(folder / path)
    now = job.finished(folder)
    again = [name for name in finished if now.get(name, "gone") != finished[name]]
    assert not again, f"{again} of {folder} were finished and are gone or done again"
    if (folder / job.last).exists():
        found = job.result(folder)
        assert expected.keys() == found.keys(), f"{sorted(expected)} became {sorted(found)}"
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name], array, err_msg=name)
    return now


def torment(name, kills, rng, parent):
    """Kill a job so many times; returns how many of the kills were while it worked, and how often it ended."""
    job = JOBS[name]
    folder = job.folder(f"{name}-undisturbed", parent)
    moments, _ = start(job, folder)
    expected = job.result(folder)
    waits = [after - before for before, after in itertools.pairwise(moments)]
    print(f"{name}: {moments[-1]:.0f} s undisturbed, written to {len(waits) - 1} times from {waits[0]:.0f} s on",
          flush=True)
    killed = working = ended = 0
    folder, finished = job.folder(name, parent), {}
    while killed < kills or not ended:
        times = int(rng.integers(len(waits)))
        kill = (times, rng.uniform(0, waits[times])) if killed < kills else None
        found, at_its_end = start(job, folder, kill)
        finished = checked(job, folder, expected, finished)
        if at_its_end:
            assert (folder / job.last).exists()
            ended += 1
            shutil.rmtree(folder)
            folder, finished = job.folder(name, parent), {}
        else:
            killed += 1
            working += len(found) > 1
    return working, ended


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", help=f"of {', '.join(JOBS)}; default: all")
    parser.add_argument("--kills", type=int, default=20, help="of each job")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as parent:
        given = pathlib.Path(parent) / "given"
        given.mkdir()
        start(WEIGHTS, given)
        for name in arguments.jobs or JOBS:
            working, ended = torment(name, arguments.kills, np.random.default_rng([arguments.seed]), parent)
            print(f"{name}: killed {arguments.kills} times, {working} of them at work; {ended} results, all as "
                  f"undisturbed", flush=True)


if __name__ == "__main__":
    main()
