"""Figures draw what they are given, where they are told."""
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from gala_ssl.order.classical import RadialDistances, Steinhardt
from gala_ssl.order.compare import Pair
from gala_ssl.plot.plots import (
    attention_figure,
    component_density,
    component_map,
    density_figure,
    energy_by_frame,
    frame_histogram,
    learning_curves,
)


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


def test_the_axis_is_as_long_as_most_values_are_apart():
    x, y = np.random.default_rng([0]).normal(size=(2, 4000))
    x[:200] += np.linspace(2, 20, 200)  # some vapour, thinly spread
    axes = component_density(x, y + 1)
    edges = axes.patches[0].get_data().edges
    assert -4 < edges[0] < -2 and 3 < edges[-1] < 5


def test_a_component_that_does_not_vary_is_drawn():
    assert len(component_density(np.zeros(5), np.zeros(7)).patches) == 2


def test_learning_curves_show_training_validation_what_was_kept_and_the_trivial_answer():
    history = pd.DataFrame({"epoch": [1, 2, 3], "loss": [3.0, 2, 1], "val_loss": [3.0, 1.5, 2]})
    axes = learning_curves(history, trivial=4.0)
    assert axes.get_yscale() == "log" and axes.get_xlabel() and axes.get_ylabel()
    drawn = {line.get_label(): line for line in axes.get_lines()}
    assert list(drawn["validation"].get_ydata()) == [3, 1.5, 2] and list(drawn["training"].get_ydata()) == [3, 2, 1]
    assert (drawn["kept"].get_xdata()[0], drawn["kept"].get_ydata()[0]) == (2, 1.5)
    assert set(drawn["trivial answer"].get_ydata()) == {4}
    assert drawn["training"].get_linestyle() != drawn["validation"].get_linestyle()
    assert "trivial answer" not in [line.get_label() for line in learning_curves(history).get_lines()]


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_panel_a_method_with_the_pair_in_its_legend(count):
    rng = np.random.default_rng([0])
    featurizers = [RadialDistances(), Steinhardt(), RadialDistances(5), Steinhardt([4])][:count]
    figure = density_figure(featurizers, lambda featurizer, name: rng.normal(len(name), 1, (50, 3)),
                            Pair(1, "two", "cI2-W_gas", "cI2-W_liquid"))
    assert [axes.get_title() for axes in figure.axes] == [f.name.replace("_", " ") for f in featurizers]
    for axes in figure.axes:
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["cI2-W gas", "cI2-W liquid"]
        assert len(axes.patches) == 2


def test_the_histogram_has_the_true_frame_across_and_the_predicted_one_up():
    known = np.array([0, 4, 8])
    histogram = np.array([[1.0, 0, 0], [0.25, 0.75, 0], [0, 0, 1]])
    axes = plt.subplots(1, 2)[1]
    assert frame_histogram(histogram, known, known + 1, [6.5], ax=axes[1]) is axes[1] and not axes[0].collections
    mesh, = axes[1].collections
    corners = mesh.get_coordinates()
    np.testing.assert_array_equal(corners[0, :, 0], [-1, 3, 7, 11])
    np.testing.assert_array_equal(corners[:, 0, 1], [-2, 2, 6, 10])
    # Of what is from frame 5, a quarter is taken for frame 0: second cell from the left, lowest.
    assert mesh.get_array()[0, 1] == 0.25 and mesh.get_array()[1, 0] == 0
    across, up, _ = axes[1].get_lines()
    assert set(across.get_xdata()) == {6.5} == set(up.get_ydata())
    assert axes[1].get_xlabel() == "true frame" and axes[1].get_ylabel() == "predicted frame"
    assert [text.get_text() for text in axes[1].get_legend().get_texts()] == ["transition found", "predicted = true"]


def test_energy_and_temperature_have_scales_and_line_styles_of_their_own():
    axes = energy_by_frame([0, 5, 9], [-1.0, -2, -3], [300.0, 200, 100], [7])
    energy, line = axes.get_lines()
    temperature, = axes.figure.axes[1].get_lines()
    np.testing.assert_array_equal(energy.get_xydata(), [[0, -1], [5, -2], [9, -3]])
    np.testing.assert_array_equal(temperature.get_ydata(), [300, 200, 100])
    assert set(line.get_xdata()) == {7}
    assert energy.get_linestyle() != temperature.get_linestyle() and energy.get_color() != temperature.get_color()
    assert [each.get_ylabel() for each in axes.figure.axes] == ["energy per particle", "kT"]


def test_the_map_names_each_snapshot_marks_its_median_and_the_frames_of_the_path():
    rng = np.random.default_rng(0)
    groups = {"fcc": rng.normal(size=(1000, 2)), "hcp": rng.normal(size=(50, 2)) + 5}
    ax = component_map(groups, path=np.array([[0, 0], [1, 2], [3, 3]]), shown=100)
    assert [len(points.get_offsets()) for points in ax.collections] == [100, 50]
    *medians, path = ax.lines
    for median, components in zip(medians, groups.values()):
        np.testing.assert_allclose(median.get_xydata(), [np.median(components, axis=0)])
    assert len({median.get_marker() for median in medians}) == len({median.get_color() for median in medians}) == 2
    np.testing.assert_array_equal(path.get_ydata(), [0, 2, 3])
    assert path.get_marker() == "." and path.get_linestyle() != "-"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["fcc", "hcp", path.get_label()]
    assert {text.get_text(): text.xy[1] for text in ax.texts} == {"first": 0, "last": 3}


@pytest.mark.parametrize("of", ["bond", "shell"])
def test_a_map_and_bars_for_each_attention_layer(of):
    maps = np.random.default_rng([0]).uniform(0, 3, (5, 4, 4))
    maps[0, 2, 1] = np.nan
    figure = attention_figure([f"layer{i}_values" for i in range(5)], maps, maps.mean(axis=1), [1, 3], of, "whose")
    assert figure.get_suptitle() == "whose"
    shown = [axes for axes in figure.axes if axes.axison]
    tops = [axes for axes in shown if axes.images]
    assert [axes.get_title() for axes in tops] == [f"layer{i} values" for i in range(5)]
    np.testing.assert_allclose(tops[3].images[0].get_array(), maps[3])
    assert len({axes.images[0].norm for axes in tops}) == 1
    bottoms = [axes for axes in shown if axes.patches and axes.get_xlabel()]
    assert [axes.get_xlabel() for axes in bottoms] == [f"{of} j"] * 5
    np.testing.assert_allclose([bar.get_height() for bar in bottoms[3].patches], maps[3].mean(axis=0))
    assert len(tops[0].texts) == (16 if of == "shell" else 0)
    assert len(tops[0].lines) == 4 and len(bottoms[0].lines) == 3
