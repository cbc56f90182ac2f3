"""The memory of a training: none more for a batch more, and in proportion to the clouds."""
import pathlib
import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import prototype_environments

pytestmark = [pytest.mark.long, pytest.mark.tensorflow]

ROOT = pathlib.Path(__file__).parents[2]


def measured(folder, of, *options):
    subprocess.run([sys.executable, ROOT / "benchmarks/memory.py", of, *options, "--output", folder], cwd=ROOT,
                   check=True, capture_output=True)
    return pd.read_csv(folder / f"memory_{of}.csv")


def test_a_training_does_not_grow(tmp_path):
    """A hundred batches of the paper's size, had they been kept, would be 4.7 MB.

    Now and then the allocator takes 50 MB more, once; what is kept would show after each hundred.
    """
    resident = measured(tmp_path, "batches", "--presets", "paper", "--batches", "500")["resident_gb"]
    assert np.median(np.diff(resident[1:])) < 0.002


def test_the_clouds_of_a_training_take_memory_in_proportion_to_their_number():
    """By what NumPy allocates, which is the same on every machine."""
    peaks, clouds = [], []
    for crystals in (1, 2, 4):
        data = DataConfig(structures=("cP1-Po",), noises=(0.03,) * crystals, min_particles=8000)
        tracemalloc.start()
        try:
            clouds.append(len(prototype_environments(data, progress=False)))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    slope = np.diff(peaks) / np.diff(clouds)
    # The bonds and types of a cloud of 20 are 400 bytes; where crystals are put together they are there twice.
    assert (slope < 1000).all() and slope[1] > 400, slope
