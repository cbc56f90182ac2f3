"""Environments of the prototypes, and their split."""
import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gala_ssl.frames import prototypes
from gala_ssl.frames.writing import write_frames
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.environments import prototype_environments, split
from gala_ssl.tasks.frame_classification import FrameClassification
from tests.refusals import refused
from tests.strategies import examples

SMALL = DataConfig(structures=("cF4-Cu", "cI2-W"), noises=(0.01, 0.05), neighbors=6, min_particles=100)


@pytest.fixture(scope="module")
def environments():
    return prototype_environments(SMALL, progress=False)


def test_every_particle_of_every_structure_and_noise_is_there_with_its_label(environments):
    sizes = [len(prototypes.build(name, 100)) for name in SMALL.structures]
    assert len(environments) == len(environments.clouds) == 2 * sum(sizes)
    assert environments.names == SMALL.structures
    np.testing.assert_array_equal(np.bincount(environments.labels), [2 * size for size in sizes])
    assert environments.labels.dtype == np.int32
    assert environments.clouds.bonds.dtype == np.float32


def test_lengths_are_shortest_distances_and_noise_is_that_asked_for(environments):
    """fcc: all six nearest at distance 1; a bond has the noise of two particles."""
    count = len(prototypes.build("cF4-Cu", 100))
    lengths = np.linalg.norm(environments.clouds.bonds, axis=-1)
    for i, noise in enumerate(SMALL.noises):
        found = lengths[i * count:(i + 1) * count]
        assert found.mean() == pytest.approx(1, abs=2 * noise)
        assert found.std() == pytest.approx(noise * np.sqrt(2), rel=0.5)


def test_each_noise_level_is_a_sample_of_its_own():
    twice = DataConfig(structures=("cF4-Cu",), noises=(0.02, 0.02), neighbors=6, min_particles=100)
    bonds = prototype_environments(twice, progress=False).clouds.bonds
    first, second = np.split(bonds, 2)
    assert (first != second).mean() > 0.9


def test_the_same_settings_give_the_same_clouds_and_another_seed_others(environments):
    again = prototype_environments(SMALL, progress=False)
    np.testing.assert_array_equal(again.clouds.bonds, environments.clouds.bonds)
    other = prototype_environments(DataConfig(**{**SMALL.__dict__, "seed": 14}), progress=False)
    assert (other.clouds.bonds != environments.clouds.bonds).any()


def test_stored_clouds_cannot_be_written(environments):
    with pytest.raises(ValueError, match="read-only"):
        environments.clouds.bonds[0] = 0


@examples(50)
@given(count=st.integers(2, 3000), part=st.floats(0.01, 0.99), seed=st.integers(0, 100),
       fraction=st.floats(1e-4, 1))
def test_split_is_disjoint_and_fractions_are_nested(count, part, seed, fraction):
    config = DataConfig(validation_fraction=part, seed=seed)
    whole = split(count, config)
    assert sorted(np.concatenate(whole)) == list(range(count))
    assert len(whole[1]) == min(max(1, round(part * count)), count - 1)
    for side, smaller in zip(whole, split(count, config, fraction), strict=True):
        assert len(smaller) == max(1, round(fraction * len(side)))
        assert set(smaller) <= set(side)


def test_split_depends_on_the_seed_only():
    first, again, other = (split(1000, DataConfig(seed=seed))[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_fraction_takes_all_structures_alike():
    """Environments come sorted by structure; a part of them must not."""
    labels = np.repeat(np.arange(10), 1000)
    found = np.bincount(labels[split(10000, DataConfig(), 0.1)[0]], minlength=10)
    assert found.min() > 40 and found.sum() == 700


def test_a_single_environment_is_refused():
    with refused(option="count", value=1):
        split(1, DataConfig())


def test_each_trajectory_is_a_class_of_as_many_clouds(tmp_path):
    """Of one frame and of three, cold and hot; the scale of a file does not count, and its content must stay."""
    cold = prototypes.build("cI2-W", 60, noise=0.01)
    hot = [dataclasses.replace(frame, positions=frame.positions * 3, box=frame.box * [3, 3, 3, 1, 1, 1])
           for frame in (prototypes.build("cI2-W", 60, noise=0.1, seed=seed) for seed in range(3))]
    write_frames(tmp_path / "T=0.1.gsd", [cold])
    write_frames(tmp_path / "T=0.9.gsd", hot)
    config = DataConfig(neighbors=8, min_particles=40, noises=(0.0, 0.0),
                        trajectories=(tmp_path / "T=0.1.gsd", tmp_path / "T=0.9.gsd"))
    made = prototype_environments(config, progress=False)
    assert made.names == config.structure_names == ("T=0.1", "T=0.9")
    assert np.bincount(made.labels).tolist() == [80, 80]
    nearest = np.linalg.norm(made.clouds.bonds, axis=-1).min(axis=1)
    assert abs(nearest.mean() - 1.1) < 0.2
    again = DataConfig(**json.loads(json.dumps(config.values())))
    assert again == config and FrameClassification().settings(again) == {"classes": 2}
    np.testing.assert_array_equal(prototype_environments(again, progress=False).clouds.bonds, made.clouds.bonds)
    write_frames(tmp_path / "T=0.9.gsd", hot[:1])
    with refused(path=str(tmp_path / "T=0.9.gsd"), option="trajectories"):
        prototype_environments(again, progress=False)
    with refused(option="trajectories"):
        dataclasses.replace(config, structures=("cF4-Cu",))
