"""Structures of one's own beside those that the network knows: a small classifier fitted in seconds, without training.

Thermal frames of the new structures and of all known ones are embedded, and a classifier learns new against known from
what the head of the network makes of a neighbourhood. `experiments/also.py` measures it.
"""
import dataclasses
import functools
import typing
from collections.abc import Mapping

import numpy as np
from scipy.special import log_softmax

from gala_ssl.base.errors import InputError
from gala_ssl.base.randomness import rng
from gala_ssl.clouds.lengths import contact_distance, nearest_distances
from gala_ssl.frames.crystals import Crystal
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.objects import as_frame
from gala_ssl.order.names import usual_name
from gala_ssl.tasks.data.config import ThermalConfig
from gala_ssl.tasks.data.hot import hot_frame, thermal_frame

if typing.TYPE_CHECKING:
    from gala_ssl.order.identify import Identifier

# Frames of a new structure, of each known one that its particles are named by, and of each other known one.
_NEW, _RIVAL, _OTHER = 12, 6, 1
# Inverse strength of the penalty on the weights of the classifier.
_PENALTY = 0.1
# A known structure is a rival from this fraction of the particles on.
_NAMED = 0.05
# The classifier tells a new structure from a known one if at least this fraction of unseen particles is named rightly.
_TOLD_APART = 0.8
_SETTINGS = ThermalConfig(noise=(0.02, 0.14), particles=300, surfaces=0.0)


@dataclasses.dataclass(frozen=True, eq=False)
class NewStructures:
    """New structures and the classifier that tells them from known ones.

    Attributes:
        names: of the K new structures that can be told apart. same: {name: usual name of the known structure that it
            cannot be told from}.
        classifier: of scikit-learn; class 0 is "known", class 1 + i the new structure i; None where there are none.
        mean, scale: (d,), of the features.
    """

    names: tuple[str, ...]
    same: dict[str, str]
    classifier: typing.Any
    mean: np.ndarray
    scale: np.ndarray

    def scores(self, known: np.ndarray, summary: np.ndarray) -> np.ndarray:
        """(n, F + K) logarithms of probabilities from those of F known names (n, F) and the summary (n, d)."""
        if not self.names:
            return known
        found = (summary - self.mean) / self.scale @ self.classifier.coef_.T + self.classifier.intercept_
        if len(self.names) == 1:  # of two classes scikit-learn has the second one's logit
            found = np.hstack([np.zeros_like(found), found])
        found = log_softmax(found, axis=1)
        return np.hstack([known + found[:, :1], found[:, 1:]])

    def sentences(self) -> list[str]:
        """What to say of structures that are known already."""
        return [f"{name} cannot be told from {usual}, which the network knows; its particles are called {usual}."
                for name, usual in self.same.items()]


def perfect(frame: typing.Any, particles: int = _SETTINGS.particles) -> Frame:
    """The crystal of a frame, repeated to at least so many particles of one type, its shortest distances 1.

    Raises:
        InputError: particles at one place, or an open boundary.
    """
    frame = as_frame(frame)
    if not all(frame.periodic):
        raise InputError(f"{frame.where} has open boundaries; a structure is given by a periodic cell.",
                         frame=frame.where, option="also")
    heights = 1 / np.linalg.norm(np.linalg.inv(frame.cell), axis=0)
    edge = (particles * np.linalg.det(frame.cell) / len(frame)) ** (1 / 3)
    frame = Frame(frame.positions, frame.box).replicated(*np.maximum(np.ceil(edge / heights - 1e-6), 1).astype(int))
    length = float(contact_distance(nearest_distances(frame)))
    if length <= 0:
        raise InputError(f"{frame.where} has particles at one place.", frame=frame.where, option="also")
    return Frame(frame.positions / length, frame.box / np.array([length] * 3 + [1] * 3))


def fit_new(identify: "Identifier", frames: Mapping[str, typing.Any], seed: int = 0) -> NewStructures:
    """Embed thermal frames of new structures and fit the classifier.

    Args:
        identify: an Identifier of known structures. frames: {name: frame of the perfect crystal}. seed: of the noise.

    Raises:
        InputError: a name that is known already, a network of several types of particles, or what `perfect` refuses.
    """
    data = identify.embedding.card["data"]
    if data.get("types"):
        raise InputError("The network tells types of particles apart, and structures are added to networks of one type "
                         "only; train it again with yours among the structures.", option="also", value=data["types"])
    for name in frames:
        if name in identify.answers or name in identify.structures:
            raise InputError(f"There is a structure {name!r} already; give yours another name.", option="also",
                             value=name)
    crystals = {name: perfect(frame) for name, frame in frames.items()}
    own = {each["name"]: Crystal(**each) for each in data.get("structures", ()) if isinstance(each, dict)}
    known = {name: _embedded(identify, functools.partial(thermal_frame, own.get(name, name)), _OTHER, seed, "known",
                             name)[1]
             for name in identify.structures}
    new, same = {}, {}
    for name, crystal in crystals.items():
        evidence, summary = _embedded(identify, functools.partial(hot_frame, crystal), _NEW, seed, "new", name)
        best, counts = np.unique(evidence.argmax(axis=1), return_counts=True)
        rivals = [identify.structures[i] for i in best[counts >= _NAMED * len(evidence)]]
        for rival in rivals:
            more = _embedded(identify, functools.partial(thermal_frame, own.get(rival, rival)), _RIVAL, seed, "rival",
                             rival)[1]
            known[rival] = np.concatenate([known[rival], more])
            if name not in same and not _told_apart(summary, more):
                same[name] = usual_name(rival)
        if name not in same:
            new[name] = summary
    return _fitted(new, same, np.concatenate(list(known.values())))


def _embedded(identify, make, count, seed, *key):
    """Evidence (n, C) and summary (n, d) of all particles of `count` new frames."""
    found = [identify.evidence(make(_SETTINGS, rng(seed, *key, number))) for number in range(count)]
    return tuple(np.concatenate(part) for part in zip(*found))


def _classifier():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=_PENALTY, max_iter=500)


def _told_apart(new, known):
    """Whether a classifier tells the particles (n, d) and (m, d) from each other, in frames that it has not seen.

    The first half of the rows is learned, the second asked, so that these are of other frames.
    """
    halves = [(rows[:len(rows) // 2], rows[len(rows) // 2:]) for rows in (new, known)]
    (a, b), (c, d) = halves
    mean, scale = np.concatenate([a, c]).mean(axis=0), np.concatenate([a, c]).std(axis=0)
    fitted = _classifier().fit((np.concatenate([a, c]) - mean) / scale, np.repeat([1, 0], [len(a), len(c)]))
    right = [np.mean(fitted.predict((rows - mean) / scale) == label) for rows, label in ((b, 1), (d, 0))]
    return np.mean(right) >= _TOLD_APART


def _fitted(new, same, known):
    rows = np.concatenate([known, *new.values()])
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
    labels = np.repeat(np.arange(1 + len(new)), [len(known), *map(len, new.values())])
    classifier = _classifier().fit((rows - mean) / scale, labels) if new else None
    return NewStructures(tuple(new), same, classifier, mean, scale)
