"""The rule that names frames gas, liquid and solid, on made-up runs whose phases are known."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper import snapshots
from tests.refusals import refused


def cooling_run(condense=20, freeze=60, latent=0.15, noise=0.005, frames=101, seed=0):
    """Energy and condensed fraction of a run that condenses from `condense` on and freezes about `freeze`."""
    rng = np.random.default_rng([seed])
    i = np.arange(frames)
    condensed = np.clip(0.9 * (1 - np.exp(-(i - condense) / 8)), 0, None)
    per_particle = -3.5 * (1 + 0.0005 * i) * (1 + latent / (1 + np.exp(-(i - freeze) / 1.0)))
    return condensed * per_particle + rng.normal(scale=noise, size=frames) - 0.2 * (1 - condensed), condensed


def test_phases_of_a_run_are_named_in_order():
    energy, condensed = cooling_run()
    labels = snapshots.label_frames(energy, condensed)
    assert (labels[:20] == "gas").all()
    assert (labels[32:52] == "liquid").all()
    assert (labels[70:] == "solid").all()
    # Each phase is one stretch, and the freezing itself belongs to none.
    order = [labels[0], *labels[1:][labels[1:] != labels[:-1]]]
    assert order == ["gas", "between", "liquid", "between", "solid"]
    assert labels[60] == "between"


@given(freeze=st.integers(45, 85), latent=st.floats(0.08, 0.3), seed=st.integers(0, 1000))
def test_freezing_is_found_where_it_was_put(freeze, latent, seed):
    energy, condensed = cooling_run(freeze=freeze, latent=latent, seed=seed)
    labels = snapshots.label_frames(energy, condensed)
    assert labels[freeze] == "between"
    assert (labels[freeze + 10:] == "solid").all() and (labels[34:freeze - 9] == "liquid").all()


def test_a_run_that_stays_liquid_has_no_solid():
    energy, condensed = cooling_run(latent=0.0)
    labels = snapshots.label_frames(energy, condensed)
    assert labels[-1] == "liquid" and "solid" not in labels
    assert "solid" not in snapshots.choose(labels)


def test_a_run_that_stays_gas_is_all_gas():
    labels = snapshots.label_frames(np.linspace(-0.2, -0.3, 30), np.zeros(30))
    assert (labels == "gas").all()
    assert set(snapshots.choose(labels)) == {"gas"}


def test_snapshots_are_the_middle_frames_and_the_last():
    labels = np.array(["gas"] * 5 + ["between"] + ["liquid"] * 7 + ["between"] * 2 + ["solid"] * 4)
    assert snapshots.choose(labels) == {"gas": 2, "liquid": 9, "solid": 18}


def test_control_pair_is_liquid_in_both_runs_at_one_frame():
    first = np.array(["gas"] * 2 + ["liquid"] * 6 + ["solid"] * 4)
    second = np.array(["gas"] * 5 + ["liquid"] * 5 + ["solid"] * 2)
    assert snapshots.choose_common_liquid(first, second) == 6
    with refused(option="phase", value="liquid"):
        snapshots.choose_common_liquid(first, np.full(12, "gas"))


def test_local_density_of_a_lattice_and_of_a_gas():
    """The twelfth neighbour in the simple cubic lattice is at sqrt 2: 12 / (4/3 pi 2**1.5) = 1.013."""
    axis = np.arange(8) - 3.5
    lattice = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    np.testing.assert_allclose(snapshots.local_density(lattice, 8.0), 1.0129, rtol=1e-4)
    assert snapshots.condensed_fraction(lattice, 8.0) == 1
    gas = np.random.default_rng([0]).uniform(-10, 10, (800, 3))
    assert snapshots.condensed_fraction(gas, 20.0) == 0
    assert np.median(snapshots.local_density(gas, 20.0)) == pytest.approx(0.1, rel=0.15)
    with refused(option="neighbors", value=12):
        snapshots.local_density(gas[:10], 20.0)
