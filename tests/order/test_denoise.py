"""Thermal motion is taken off crystals and not off liquids, by the weights that ship."""
import numpy as np
import pytest

from gala_ssl.base.errors import InputError
from gala_ssl.frames import prototypes
from gala_ssl.order.denoise import Denoiser
from gala_ssl.order.embedding import Embedding
from tests import tiny
from tests.scripts import module


def test_a_network_of_another_task_is_refused():
    with pytest.raises(InputError) as caught:
        Denoiser(tiny.embedding("denoising"))
    assert caught.value.option == "embedding"


@pytest.mark.slow
def test_a_crystal_settles_and_a_melt_stays():
    denoise = Denoiser(Embedding.from_pretrained("shift_identification", weights="thermal", progress=False))
    clean, hot = (prototypes.build("cI2-W", 250, noise=noise, seed=3) for noise in (0, 0.08))
    found = denoise(hot)
    assert found.settled.mean() > 0.97 and len(found.moved) == len(hot)

    def off(frame):
        moved = frame.positions - clean.positions
        moved -= clean.box[:3] * np.round(moved / clean.box[:3])
        return np.linalg.norm(moved - moved.mean(axis=0), axis=1).mean()

    assert off(found.frame) < off(hot) / 2
    melt = next(each.frame for each in module("hot_crystals").load_hot_crystals() if each.structure == "liquid")
    assert denoise(melt).settled.mean() < 0.1
    with pytest.raises(InputError) as caught:
        denoise(hot, steps=0)
    assert caught.value.option == "steps"
