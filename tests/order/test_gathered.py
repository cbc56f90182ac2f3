"""Small frames are computed together, and have the numbers that each has alone."""
import numpy as np
import pytest

from gala_ssl import prototypes
from gala_ssl.clouds.rules import Cutoff
from gala_ssl.frames.frame import Frame
from gala_ssl.order.averaged import Averaged
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.network import CHUNK
from tests import tiny
from tests.properties import assert_close
from tests.refusals import refused


def frames(*counts):
    """Of so many particles, on every second place of a simple cubic lattice by chance, a little displaced."""
    rng, found = np.random.default_rng(7), []
    for count in counts:
        edges = np.maximum(3, np.ceil((2 * count) ** (1 / 3))) + [0, 0, 1]
        places = np.stack(np.meshgrid(*map(np.arange, edges)), axis=-1).reshape(-1, 3)
        places = rng.permutation(places)[:count] + rng.normal(scale=0.05, size=(count, 3))
        found.append(Frame(places, [*edges, 0, 0, 0], step=count))
    return found


SIZES = (40, 30, 1, 200, 256, 50, 300, 60, 255, 2)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def embedding(**options):
    """Of the kernel, if it is there, which is quicker for tests; as many clouds at a time as Keras takes."""
    embed = Embedding.from_pretrained("denoising", weights=tiny.FOLDER, progress=False, **options)
    embed.network.most = CHUNK
    return embed


def calls_of(embed, monkeypatch):
    """How many clouds the network gets at a time, from now on."""
    sizes, compute = [], embed.compute
    monkeypatch.setattr(embed, "compute", lambda clouds, *more: sizes.append(len(clouds)) or compute(clouds, *more))
    return sizes


@pytest.mark.parametrize("rule", [None, Cutoff(1.05)])
@pytest.mark.parametrize("source", ["core", "bonds"])
def test_frames_together_are_the_frames_alone(rule, source, monkeypatch):
    embed, trajectory = embedding(neighbors=rule, source=source), frames(*SIZES)
    alone, sizes = [embed(frame) for frame in trajectory], calls_of(embed, monkeypatch)
    for (frame, parts), given, expected in zip(embed.each(trajectory), trajectory, alone, strict=True):
        assert frame is given
        np.testing.assert_array_equal(np.isnan(found := np.concatenate(list(parts))), np.isnan(expected))
        assert_close(found[~np.isnan(found)], expected[~np.isnan(expected)], 1e-6)
    assert sizes == [71, 200, 256, 50, 256, 44, 60, 255, 2]


def test_a_call_of_the_network_has_as_many_small_frames_as_fit(monkeypatch):
    embed, trajectory = embedding(), frames(*[32] * 20)
    sizes = calls_of(embed, monkeypatch)
    waiting = []
    for number, _ in enumerate(embed.each(frame for frame in trajectory if not waiting.append(frame))):
        assert len(waiting) <= 8 * (number // 8 + 1) + 1
    assert sizes == [256, 256, 128]


def test_tables_averages_and_names_take_small_frames_together(monkeypatch):
    embed, trajectory = embedding(), frames(*[32] * 8)
    expected, sizes = np.concatenate([embed(frame) for frame in trajectory]), calls_of(embed, monkeypatch)
    assert_close(embed.table(trajectory).to_numpy(), expected, 1e-6)
    assert sizes == [256]
    assert_close(Averaged(embed, 3).table(trajectory).loc[2].to_numpy(), Averaged(embed, 3)(trajectory[2]), 1e-6)


def test_an_error_names_its_frame(monkeypatch):
    embed, trajectory = embedding(), frames(32, 32)
    trajectory[1] = Frame(trajectory[1].positions, trajectory[1].box, source="run.gsd, frame 1")
    compute = embed.compute
    monkeypatch.setattr(embed, "compute", lambda clouds, *more: np.where(
        np.arange(len(clouds))[:, None] == 40, np.nan, compute(clouds, *more)))
    with refused(frame="run.gsd, frame 1"):
        list(embed.each(trajectory))


def test_keras_computes_small_frames_together_as_well(monkeypatch):
    embed, trajectory = tiny.embed_with(), frames(32, 32)
    expected, sizes = np.concatenate([embed(frame) for frame in trajectory]), calls_of(embed, monkeypatch)
    assert_close(np.concatenate([rows for _, parts in embed.each(trajectory) for rows in parts]), expected, 1e-6)
    assert sizes == [64]


def test_no_frames():
    assert list(embedding().each([])) == []


def test_the_kernel_gives_the_same_to_the_bit():
    embed = embedding()
    if embed.engine != "kernel":
        pytest.skip("the kernel was not compiled")
    trajectory = [prototypes.build("cF4-Cu", 32, noise=0.05, seed=seed) for seed in range(5)]
    for frame, parts in embed.each(trajectory):
        np.testing.assert_array_equal(np.concatenate(list(parts)), embed(frame))
