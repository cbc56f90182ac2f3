"""What is drawn of particles and bonds, read back from the axes."""
import matplotlib.pyplot as plt
import numpy as np
import pytest

from gala_ssl.frames import prototypes
from gala_ssl.frames.frame import Frame
from gala_ssl.plot import drawings


def droplet(offset, count=300, seed=0):
    """A ball of particles that lies across the faces of its box."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 3)) + np.asarray(offset)
    return Frame((points + 10) % 20 - 10, [20, 20, 20, 0, 0, 0], np.zeros(count))


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.mark.parametrize("offset", [(0, 0, 0), (10, 9, -10), (3, -8, 7)])
def test_a_droplet_across_the_faces_is_drawn_in_the_middle(offset):
    positions = drawings.centred(droplet(offset))
    np.testing.assert_allclose(positions, drawings.centred(droplet((0, 0, 0))), atol=1e-3)
    assert np.abs(positions.mean(axis=0)).max() < 0.2 and np.abs(positions).max() < 6


def test_centring_keeps_the_crystal_in_a_sheared_box():
    frame = prototypes.build("hP2-Mg", 200, noise=0.02)
    moved = drawings.centred(frame)
    steps = np.linalg.solve(frame.cell.T, (moved - frame.positions).T).T
    assert np.abs((steps - steps[0] + 0.5) % 1 - 0.5).max() < 1e-4


def test_the_half_below_the_middle_is_drawn_the_nearest_to_the_eye_last():
    frame = droplet((0, 0, 0))
    values = np.arange(len(frame), dtype=float)
    ax = drawings.particles(frame, values, "number")
    spheres, = ax.collections
    drawn = spheres.get_array().astype(int)
    heights = drawings.centred(frame)[:, 2]
    assert sorted(drawn) == list(np.flatnonzero(heights <= 0))
    assert (np.diff(heights[drawn]) >= 0).all()
    np.testing.assert_allclose(spheres.get_offsets(), drawings.centred(frame)[drawn, :2])
    assert ax.get_xlim() == (-10, 10) and ax.figure.axes[1].get_ylabel() == "number"


def test_a_cloud_has_a_line_a_bond_and_none_for_padding():
    bonds = np.array([[1, 0, 0], [0, -2, 0], [0, 0, 0]], float)
    ax = drawings.cloud(bonds)
    assert len(ax.lines) == 2
    assert ax.get_xlim()[1] == ax.get_zlim()[1] > 1


def test_the_course_has_a_column_a_frame_whole_numbers_and_no_peak_at_its_edge():
    frames = np.repeat([0, 1], 400)
    values = np.where(np.arange(800) % 4, 0.0, 9.0)  # a quarter of either frame is a peak far from the rest
    ax = drawings.course(frames, values)
    counts = ax.collections[0].get_array()
    assert counts.shape == (60, 2) and counts[[0, -1]].sum() == 0 and np.count_nonzero(counts) == 4
    assert all(tick == round(tick) for tick in ax.get_xticks())


def test_colours_tell_phases_apart_that_are_close_to_each_other_and_far_from_a_third():
    rng = np.random.default_rng(0)
    liquid, crystal, gas = (rng.normal(mean, 0.2, 3000) for mean in (-1.8, -1, 4))
    scale = drawings.even_scale(np.concatenate([liquid, crystal, gas]))
    colors = [scale(np.median(phase)) for phase in (liquid, crystal, gas)]
    assert colors[0] < 0.25 and colors[1] - colors[0] > 0.2 and colors[2] > 0.8
    np.testing.assert_allclose(scale(scale.inverse([0, 0.3, 1])), [0, 0.3, 1])


@pytest.mark.parametrize("values", [
    np.zeros(9), np.full(9, 5.0), np.float32([1, 1 + 2**-23] * 9), [-1, np.nextafter(-1, 0)]])
def test_what_differs_by_rounding_alone_has_a_scale(values):
    scale = drawings.even_scale(values)
    assert 0 < scale(values[0]) < 1 and (np.diff(scale.inverse(np.linspace(0, 1, 6))) > 0).all()
    frame = droplet((0, 0, 0))
    drawings.embedding_figure([frame], [0], [np.resize(values, len(frame))]).canvas.draw()


def test_the_course_marks_the_medians():
    rng = np.random.default_rng(0)
    frames = np.repeat([0, 4, 8], 50)
    values = rng.normal(size=150) + frames
    ax = drawings.course(frames, values)
    line, = ax.lines
    assert line.get_linestyle() == "None"  # no way through values that no particle has
    np.testing.assert_array_equal(line.get_xdata(), [0, 4, 8])
    np.testing.assert_allclose(line.get_ydata(), [np.median(values[frames == n]) for n in (0, 4, 8)])


@pytest.mark.parametrize("count, panels", [(1, 1), (2, 2), (5, 3)])
def test_an_embedding_is_shown_in_at_most_three_frames_of_one_scale(count, panels):
    frames = [droplet((0, 0, 0), seed=i) for i in range(count)]
    components = [np.full(len(frame), i) + np.linspace(0, 1, len(frame)) for i, frame in enumerate(frames)]
    figure = drawings.embedding_figure(frames, range(10, 10 + count), components)
    drawn = [ax for ax in figure.axes if ax.get_title()]
    assert len(drawn) == panels and drawn[-1].get_title() == f"frame {9 + count}, cut in half"
    assert len({ax.collections[0].norm for ax in drawn}) == 1


def test_an_embedding_is_shown_by_the_name_and_in_the_limits_that_are_given():
    frames = [droplet((0, 0, 0))]
    figure = drawings.embedding_figure(frames, [4], [np.arange(300.0)], "number", (10, 20))
    course, particles, bar = figure.axes
    assert course.get_xlabel() == bar.get_ylabel() == "number"
    assert particles.collections[0].get_clim() == (10, 20)
    assert course.get_subplotspec().rowspan == particles.get_subplotspec().rowspan


def test_the_course_of_a_single_frame_is_drawn():
    ax = drawings.course([7, 7, 7], [0.0, 1.0, 2.0])
    assert ax.get_xlim()[0] <= 6.5 and ax.get_xlim()[1] >= 7.5
    assert ax.lines[0].get_ydata() == [1]
    ax.figure.clear()
