"""The page in a real browser: it loads without a message, and what is selected in one view is selected in the other.

Needs playwright (`pip install playwright`) and Debian's chromium; skipped without them.
"""
import shutil

import numpy as np
import pytest

from gala_ssl.frames import prototypes
from gala_ssl.plot.html_page import write_page

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")]


def test_selection_and_slider_work(tmp_path):
    frames = [prototypes.build("cF4-Cu", 500, noise=0.05, seed=seed) for seed in range(3)]
    names = [np.where(frame.positions[:, 0] < 0, "fcc", "liquid") for frame in frames]
    # In the map all that is fcc lies at the right.
    spots = [np.stack([np.where(name == "fcc", 1.0, 0.0), np.linspace(0, 1, len(name))], axis=1) for name in names]
    path = tmp_path / "page.html"
    write_page(path, frames, names, [np.full(len(name), 0.9) for name in names], spots)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"])
        page, messages = browser.new_page(), []
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_function("document.body.dataset.ready || document.body.dataset.error", timeout=60000)
        state = "Object.assign({}, document.body.dataset)"
        assert page.evaluate(state)["ready"] == "yes" and page.evaluate(state)["frame"] == "2"
        box = page.locator("#map").bounding_box()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=3)
        page.mouse.up()
        assert int(page.evaluate(state)["selected"]) == np.sum(names[2] == "fcc")
        page.locator("#time").fill("0")
        page.wait_for_function("document.body.dataset.frame === '0'")
        assert messages == []
        browser.close()
