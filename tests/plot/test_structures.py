"""Pictures of named particles: colours, fractions along a trajectory, and the page in HTML."""
import base64
import json
import re
import zlib

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from gala_ssl.frames import prototypes
from gala_ssl.order.transitions import find_transitions
from gala_ssl.plot.drawings import centred, particles
from gala_ssl.plot.html_page import map_of, write_page
from gala_ssl.plot.structures import common
from gala_ssl.plot.structures import fractions as draw_fractions
from gala_ssl.plot.style import name_colors
from tests.refusals import refused

matplotlib.use("agg")


@pytest.fixture(scope="module")
def frame():
    return prototypes.build("cF4-Cu", 256, noise=0.05, seed=2)


@pytest.fixture(scope="module")
def names(frame):
    return np.where(frame.positions[:, 0] < 0, "fcc", "</script>")


def fractions():
    rows = np.arange(30)
    solid = np.where(rows < 15, 0.0, 0.7)
    return pd.DataFrame({"liquid": 0.98 - solid, "bcc": solid, "cI16-Li": 0.02 + 0 * solid})


def test_usual_names_have_the_same_colour_everywhere():
    colors = name_colors(["bcc", "cI16-Li", "liquid", "bcc", "oC8-Ga"])
    assert list(colors) == ["bcc", "cI16-Li", "liquid", "oC8-Ga"] and len(set(colors.values())) == 4
    assert colors["bcc"] == name_colors(["bcc"])["bcc"]


def test_fractions_add_up_and_rare_names_are_drawn_together():
    table = common(fractions())
    assert list(table) == ["liquid", "bcc", "others"]
    np.testing.assert_allclose(table.sum(axis=1), 1)
    assert list(common(fractions()[["liquid", "bcc"]])) == ["liquid", "bcc"]


def test_fractions_are_drawn_in_the_order_of_time_with_their_transitions():
    found, temperatures = find_transitions(fractions()), 2 - np.arange(30) / 20
    ax = draw_fractions(fractions(), temperatures, "kT", found)
    assert ax.get_xlim() == (2, pytest.approx(0.55)) and ax.get_xlabel() == "kT"
    assert sorted(line.get_xdata()[0] for line in ax.get_lines()) == sorted([temperatures[14], temperatures[15]])
    assert [text.get_text() for text in ax.texts] == ["froze"]
    top = [patch.get_paths()[0].vertices[:, 1].max() for patch in ax.collections]
    assert top[-1] == pytest.approx(1)


def test_particles_of_the_lower_half_have_the_colours_of_their_names(frame):
    names = np.where(np.arange(len(frame)) % 3, "fcc", "hcp")
    ax = particles(frame, names)
    spheres, = ax.collections
    below = centred(frame)[:, 2] <= 0
    drawn = [to_hex(color) for color in spheres.get_facecolors()]
    assert len(drawn) == below.sum()
    assert drawn.count(name_colors(["hcp"])["hcp"].lower()) == np.sum(names[below] == "hcp")


def page_data(path):
    return json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', path.read_text(encoding="utf-8"), re.S)[1])


def unpacked(text, dtype):
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype)


def test_the_page_holds_what_it_was_given_and_needs_no_network(frame, names, tmp_path):
    rng = np.random.default_rng(0)
    spots, chances = rng.normal(size=(len(frame), 2)), rng.uniform(size=len(frame))
    write_page(tmp_path / "page.html", [frame], [names], [chances], [spots], ["step 5"], "a <b> @DATA@", ["froze"])
    text, data = (tmp_path / "page.html").read_text(encoding="utf-8"), page_data(tmp_path / "page.html")
    assert not re.search(r"(src|href)=", text) and "fetch(" not in text and "a &lt;b&gt; @DATA@" in text
    packed, = data["frames"]
    places = unpacked(packed["places"], "<u2").reshape(-1, 3) / 65535
    low, high = np.array(packed["low"]), np.array(packed["high"])
    np.testing.assert_allclose(low + places * (high - low), centred(frame), atol=1e-3)
    assert [data["names"][code] for code in unpacked(packed["structures"], np.uint8)] == names.tolist()
    np.testing.assert_allclose(unpacked(packed["probability"], np.uint8) / 255, chances, atol=0.003)
    low, high = np.array(data["map"]["low"]), np.array(data["map"]["high"])
    np.testing.assert_allclose(low + unpacked(packed["spots"], "<u2").reshape(-1, 2) / 65535 * (high - low), spots,
                               atol=1e-3)
    assert (data["sentences"], packed["label"]) == (["froze"], "step 5") and len(packed["edges"]) == 24


def test_the_map_has_the_directions_of_most_variance():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(300, 4)) * [1, 9, 0.1, 4]
    first, second = map_of([scores[:100], scores[100:]])
    both = np.concatenate([first, second])
    assert first.shape == (100, 2) and both.dtype == np.float32
    assert abs(np.corrcoef(both[:, 0], scores[:, 1])[0, 1]) > 0.99 < abs(np.corrcoef(both[:, 1], scores[:, 3])[0, 1])


def test_a_page_without_frames_or_of_other_particles_is_refused(frame, names, tmp_path):
    with refused(option="frames", value=0):
        write_page(tmp_path / "page.html", [], [], [], [])
    with refused(frame=frame.where):
        write_page(tmp_path / "page.html", [frame], [names], [np.ones(3)], [np.zeros((len(frame), 2))])
    assert not (tmp_path / "page.html").exists()
