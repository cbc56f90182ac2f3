"""Figures draw what they are given, where they are told."""
import matplotlib.pyplot as plt
import numpy as np
import pytest

from gala_ssl.analysis.plots import component_density


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_densities_of_both_snapshots_hold_one():
    rng = np.random.default_rng([0])
    axes = plt.subplots(1, 2)[1]
    x, y = rng.normal(size=500), rng.normal(3, 1, 700)
    assert component_density(x, y, ("liquid", "solid"), ax=axes[1]) is axes[1]
    assert not axes[0].patches
    for steps in axes[1].patches:
        values, edges, _ = steps.get_data()
        assert np.sum(values * np.diff(edges)) == pytest.approx(1, abs=0.01)


def test_snapshots_differ_in_colour_and_in_line_style():
    axes = component_density(np.arange(9.0), np.arange(9.0) + 4, ("liquid", "solid"))
    first, second = axes.patches
    assert first.get_edgecolor() != second.get_edgecolor()
    assert first.get_linestyle() != second.get_linestyle()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["liquid", "solid"]
    assert axes.get_xlabel() and axes.get_ylabel()


def test_a_component_that_does_not_vary_is_drawn():
    assert len(component_density(np.zeros(5), np.zeros(7)).patches) == 2
