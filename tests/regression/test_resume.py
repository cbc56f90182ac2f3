"""A run killed again and again, at every place where it writes and in between, ends as one never killed."""
import itertools
import os
import signal

import numpy as np
import pandas as pd
import pytest

from gala_ssl.training import pretrain as pretraining
from gala_ssl.training.checkpoint import BEST, CHECKPOINT
from tests.kills import content, kill_at_rename, starter
from tests.small_networks import tiny_preset

pytestmark = [pytest.mark.long, pytest.mark.tensorflow]

PRESET = tiny_preset(epochs=6, dynamic_training=160)


def train(task, directory, rename=None, step=None):
    """Pretrain in this process, which kills itself before or after its n-th rename, or at its n-th batch."""
    batch, count = pretraining.Stream.batch, itertools.count(1)

    def killing_batch(self, epoch, i):
        if next(count) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return batch(self, epoch, i)

    if rename:
        kill_at_rename(*rename)
    if step:
        pretraining.Stream.batch = killing_batch
    list(pretraining.pretrain([task], PRESET, directory, progress=False))


@pytest.mark.parametrize("task", ["denoising", "frame_classification"])
def test_killed_runs_end_as_one_never_killed(task, tmp_path):
    rng, start = np.random.default_rng(5), starter()
    assert start(train, task, tmp_path / "whole") == 0

    # The first epoch writes configuration, best weights, history and checkpoint, in this order.
    for kill in [(n, side) for n in (1, 2, 3, 4) for side in ("before", "after")]:
        assert start(train, task, tmp_path / "killed", rename=kill) == -signal.SIGKILL
    for n in rng.integers(1, 20, size=3):
        assert start(train, task, tmp_path / "killed", step=int(n)) in (-signal.SIGKILL, 0)
    for seconds in rng.uniform(1, 6, size=4):
        assert start(train, task, tmp_path / "killed", timeout=seconds) in (-signal.SIGKILL, 0)
    assert start(train, task, tmp_path / "killed") == 0

    whole, killed = (tmp_path / name / PRESET.name / task for name in ("whole", "killed"))
    assert {path.name for path in whole.iterdir()} == {path.name for path in killed.iterdir()}
    histories = [pd.read_csv(run / "history.csv").drop(columns="seconds") for run in (whole, killed)]
    assert len(histories[0]) >= 3
    pd.testing.assert_frame_equal(*histories, check_exact=True)
    for name in (BEST, CHECKPOINT):
        a, b = content(whole / name), content(killed / name)
        assert list(a) == list(b) and len(a) > 50
        for key in a:
            np.testing.assert_array_equal(a[key], b[key], err_msg=f"{name}, {key}")
