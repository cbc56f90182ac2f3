"""The pictures of an identified trajectory: what they need of each frame is kept while the frames go by."""
import numpy as np

from gala_ssl.plot.html_page import map_of, write_page
from gala_ssl.plot.structures import trajectory_figure

# Frames of a page, at most: all have to fit into a browser.
MOST_FRAMES = 24


class Album:
    """What is drawn of a trajectory.

    Args:
        frames: of `gala_ssl.read_frames`. timeline: the Timeline to which each frame is added.
        page: whether a page will be written; then up to 24 frames, evenly spread, are kept with all numbers.
    """

    def __init__(self, frames, timeline, page=False):
        self.frames, self.timeline = frames, timeline
        count = len(frames)
        self._shown = np.unique(np.linspace(0, count - 1, min(count, MOST_FRAMES)).round().astype(int)) if page else ()
        self._names, self._pages = [], {}

    def add(self, found):
        """Keep the next frame's Identification."""
        names, codes = np.unique(found.structure, return_inverse=True)
        place = len(self._names)
        self._names.append((names, codes.astype(np.uint8)))
        if place in self._shown:
            self._pages[place] = found.probability, found.log_probabilities

    def names(self, place):
        """(N,) names of the particles of a frame, the number `place` of those added."""
        known, codes = self._names[place]
        return known[codes]

    def figure(self, against="step"):
        """matplotlib Figure, see `gala_ssl.plot.structures.trajectory_figure`."""
        return trajectory_figure(self.frames, [self.names(i) for i in range(len(self._names))], self.timeline, against)

    def write_page(self, path, title, sentences):
        """Write the HTML page; the map has the principal components of the network's log-probabilities."""
        places = list(self._pages)
        probabilities, scores = zip(*self._pages.values())
        write_page(path, [self.frames[i] for i in places], [self.names(i) for i in places], probabilities,
                   map_of(scores), [self._label(i) for i in places], title, sentences)

    def _label(self, place):
        timeline = self.timeline
        parts = [f"frame {timeline.numbers[place]}"]
        if timeline.steps is not None:
            parts.append(f"step {timeline.steps[place]:,}")
        if timeline.temperatures is not None:
            parts.append(f"kT {timeline.temperatures[place]:.4g}")
        return ", ".join(parts)
