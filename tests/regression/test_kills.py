"""Embeddings and tables whose process is killed wherever a file gets its name: each file is whole or not there."""
import os
import signal

import keras
import numpy as np
import pytest

from gala_ssl.commands.main import main
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import write_frames
from tests import tiny
from tests.kills import content, final, kill_at_rename, starter
from tests.scripts import main_of
from tests.small_networks import compile_nothing

pytestmark = [pytest.mark.long, pytest.mark.tensorflow]

SNAPSHOTS = ("cF4-Cu_liquid", "hP2-Mg_liquid")


def embed(given, folder, output, kill=None):
    """`gala-ssl embed` into a folder, by a process that may kill itself."""
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    keras.Model.compile = compile_nothing
    if kill:
        kill_at_rename(*kill)
    main(["embed", str(given / "cF4-Cu_liquid.gsd"), "--weights", str(given / "weights"), "--quiet", "-o", output,
          "--gsd", "coloured.gsd"])


def table(given, folder, kill=None):
    """Table 1 of the baselines into a folder, by a process that may kill itself."""
    if kill:
        kill_at_rename(*kill)
    main_of("reproduce_table1")(["--tasks", "--bootstrap", "5", "--trajectories", str(given), "--output", str(folder)])


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A folder with small snapshots and weights."""
    folder = tmp_path_factory.mktemp("given")
    for seed, name in enumerate(SNAPSHOTS):
        write_frames(folder / f"{name}.gsd", [prototypes.build("cI2-W", 100, noise=0.02 + 0.02 * seed, seed=seed)])
    tiny.copy_to(folder / "weights", "frame_classification")
    return folder


def numbers(path):
    """What is in a file but the seconds it took, which the cards tell."""
    found = content(path)
    return {name: value for name, value in found.items() if name not in ("seconds", "card")} if isinstance(
        found, dict) else found


@pytest.mark.parametrize(("job", "options", "files"), [
    (embed, ["order.csv"], ["coloured.gsd", "order.csv", "order.json"]),
    (embed, ["order.h5"], ["coloured.gsd", "order.h5"]),
    (table, [], ["card.json", "claims.rst", "density_pair5.png", "table1.csv", "table1.rst"]),
])
def test_what_a_killed_process_leaves_is_whole(given, tmp_path, job, options, files):
    """One kill after the other in one folder, before and after each of its files gets its name."""
    start, whole, killed = starter(), tmp_path / "whole", tmp_path / "killed"
    assert start(job, given, whole, *options) == 0
    assert [str(path) for path in final(whole)] == files
    expected = {path: numbers(whole / path) for path in final(whole)}
    for kill in [(n, side) for n in range(1, len(files) + 1) for side in ("before", "after")]:
        assert start(job, given, killed, *options, kill=kill) == -signal.SIGKILL
        there = set(final(killed))
        assert len(there) == kill[0] - (kill[1] == "before")
        for path in there:
            np.testing.assert_equal(numbers(killed / path), expected[path], err_msg=str(path))
    assert start(job, given, killed, *options) == 0
    assert final(killed) == final(whole)
    for path in expected:
        np.testing.assert_equal(numbers(killed / path), expected[path], err_msg=str(path))
