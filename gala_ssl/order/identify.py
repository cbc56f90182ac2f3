"""Which structure is this particle part of? By a network that classifies frames, trained on thermal environments."""
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from scipy.special import log_softmax

from gala_ssl.base.errors import InputError, check_choice
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.objects import FrameLike, as_frame
from gala_ssl.frames.trajectory import Trajectory
from gala_ssl.order.decision import Decision, within
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.identification import Identification
from gala_ssl.order.names import DISORDERED, UNKNOWN, usual_name
from gala_ssl.order.pooling import POOLED, Surroundings, in_parts
from gala_ssl.order.regions import at_edge
from gala_ssl.order.unknown import KnownOrNot

_SMALLEST = 1e-9
# What part of the particles inside a crystal has whose name those at an edge may get; how many an inside has.
_INSIDE, _ENOUGH = 0.05, 13
# If more than this fraction of the inside is unknown, what has order at an edge is so too.
_MOST = 0.5


class Identifier:
    """Names the structure of each particle.

    The network's log-probabilities are averaged over a particle and its 12 nearest neighbours, so that what is
    written of one noisy cloud is outvoted by those beside it. At an interface, the larger side wins. Probabilities are
    calibrated on hot crystals (`gala_ssl.order.decision`). Structures that cannot be told apart are one family: the
    likeliest family is named, unless names were asked for.

    Args:
        embedding: a `gala_ssl.Embedding` of frame classification.
        among: names to choose from, short ones or those of prototypes; all by default.
        pooled: neighbours that evidence is pooled with; 0 takes each particle by itself.
        also: {name: frame} of structures of one's own, each a perfect crystal in a periodic cell, that particles may be
            named by as well, see `gala_ssl.order.also`. Fitting takes some seconds.

    Warns (UserWarning) if a structure in `also` cannot be told from one that the network knows; it gets no name then.

    Call on a Frame; returns an Identification.

    Raises:
        InputError: the network is of another task, a name it does not know, or what the embedding refuses.

    Example:
        >>> name = Identifier(gala_ssl.Embedding.from_pretrained("frame_classification", weights="thermal"))
        >>> name(gala_ssl.read_frames("run.gsd", -1)[0])
        Identification(4096 particles: bcc 67%, liquid 33%)
    """

    def __init__(self, embedding: Embedding, among: Sequence[str] | None = None, pooled: int = POOLED,
                 also: Mapping[str, FrameLike] | None = None):
        if embedding.name != "frame_classification":
            raise InputError(f"Structures are named by a network of frame_classification, not of {embedding.name}.",
                             option="embedding", value=embedding.name)
        self.embedding, self.pooled = embedding, pooled
        self.structures = embedding.card["structures"]
        self._decision = Decision.from_card(embedding.card, pooled)
        # Only the names asked for are compared, so that what is not among them is not unknown.
        self._unknown = KnownOrNot.from_card(embedding.card) if among is None and pooled else None
        self._groups = (self._decision.groups(self.structures) if among is None
                        else [[column] for column in self._columns(among)])
        self.names = tuple(usual_name(self.structures[group[0]]) for group in self._groups)
        self._disordered = np.flatnonzero(np.isin(self.names, DISORDERED))
        self._new = None
        if also:
            from gala_ssl.order.also import fit_new

            self._new = fit_new(self, also)
            self.names += self._new.names
            for sentence in self._new.sentences():
                warnings.warn(sentence, stacklevel=2)

    def __call__(self, frame: FrameLike) -> Identification:
        frame = as_frame(frame)
        return self._answer(self.embedding.parts(frame, "summary and answer"), frame)

    def each(self, frames: Iterable[FrameLike]) -> Iterator[tuple[Frame, Identification]]:
        """Yield each frame of a trajectory or list, and its Identification; small frames are computed together."""
        for frame, parts in self.embedding.each(frames, "summary and answer"):
            yield frame, self._answer(parts, frame)

    @property
    def answers(self):
        """All names that a particle may get, "unknown" with them."""
        return *self.names, UNKNOWN

    def evidence(self, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
        """What the network makes of each particle, pooled over neighbours.

        Returns:
            (N, C) logarithms of the probabilities of all C structures, and (N, d) the summary of the head. Rows of
            particles without neighbours in the embedding are NaN, and do not count for others.
        """
        return self._pooled(self.embedding.parts(frame, "summary and answer"), self._around(frame))

    def _answer(self, parts, frame):
        around = self._around(frame)
        return self.decide(*self._pooled(parts, around), frame, around if self.pooled == POOLED else None)

    def _around(self, frame):
        return Surroundings(frame, self.pooled) if self.pooled else None

    def _pooled(self, parts, around):
        both = np.concatenate(list(parts))
        width = both.shape[1] - len(self.structures)
        both[:, width:] = np.log(np.maximum(both[:, width:], _SMALLEST))
        both = around(both) if around else both
        return both[:, width:], both[:, :width]

    def decide(self, evidence: np.ndarray, summary: np.ndarray, frame: Frame | None = None,
               around: Surroundings | None = None) -> Identification:
        """The Identification from what `evidence` returns; without the frame, all particles count as bulk.

        `around` is the `Surroundings` of 12 neighbours of the frame, where they are known already.
        """
        scores, column = in_parts(self._scores, evidence, summary)
        best, bare, strange = scores.argmax(axis=1), np.isnan(evidence).any(axis=1), np.zeros(len(scores), bool)
        member = np.array([usual_name(name) for name in self.structures])[column]
        if self._unknown is not None:
            edge = np.zeros(len(best), bool)
            if frame is not None:
                around = around or Surroundings(frame)
                edge = at_edge(frame, around)
            strange = self._unknown.strangeness(summary, around, edge) > self._unknown.threshold
            # What has no order is not of an unknown order.
            strange &= ~np.isin(best, self._disordered) & (best < len(self._groups)) & ~bare
            inside = ~(edge | bare)
            self._name_edges(best, member, edge & ~bare, inside & ~strange, scores)
            if np.count_nonzero(strange[inside]) > _MOST * np.count_nonzero(inside):
                strange |= edge & ~bare & ~np.isin(best, self._disordered)
        nearest, known = np.array(self.names)[best], ~(bare | strange)
        member = np.where(best < len(self._groups), member, nearest)
        nearest, member = (np.where(bare, UNKNOWN, names) for names in (nearest, member))
        return Identification(np.where(known, nearest, UNKNOWN), np.exp(scores[np.arange(len(best)), best]),
                              self.names, scores, known, nearest, member)

    def _scores(self, evidence, summary):
        """(n, len(names)) float32 logarithms of probabilities, and (n,) the likeliest structure of the likeliest."""
        with np.errstate(invalid="ignore"):  # of NaN
            scores, column = within(self._decision.scores(evidence, self.structures), self._groups)
            scores = log_softmax(scores, axis=1)
        if self._new:
            scores = self._new.scores(scores, summary)
        return scores.astype(np.float32), column

    def _name_edges(self, best, member, edge, inside, scores):
        """Change names, in place, of particles at an edge: no crystal is whole there.

        Trainings have crystals with a surface and liquids without one, so that a half-empty neighbourhood of a liquid
        is taken for a crystal with many sites (mC34-Pu). At an edge particles are therefore of a crystal that the
        inside has as well, or liquid or gas, whichever is likeliest.
        """
        inside = best[inside]
        if len(inside) < _ENOUGH:  # such as of a very small cluster, which keeps the names that it has
            return
        there = np.bincount(inside, minlength=len(self.names)) >= _INSIDE * len(inside)
        there[self._disordered] = True
        wrong, names = edge & ~there[best], np.flatnonzero(there)
        best[wrong] = names[scores[wrong][:, names].argmax(axis=1)]
        member[wrong] = np.array(self.names)[best[wrong]]

    def _columns(self, among):
        spoken = [usual_name(name) for name in self.structures]
        for name in among:
            if name not in self.structures:
                check_choice("structure", name, spoken)
        return [self.structures.index(name) if name in self.structures else spoken.index(name) for name in among]


def identify(frames: FrameLike | Sequence[FrameLike], *, among: Sequence[str] | None = None,
             also: Mapping[str, FrameLike] | None = None, weights: str | os.PathLike = "thermal", pooled: int = POOLED,
             ignore_types: bool = False, engine: str = "auto",
             progress: bool = True) -> Identification | list[Identification]:
    """Name the structure of each particle of a frame, or of each frame of a trajectory.

    Each call loads the network, which takes about a second; an `Identifier` keeps it.

    Args:
        frames: a Frame of N particles or what `gala_ssl.as_frame` makes one of; a list of these, or what
            `gala_ssl.read_frames` returns.
        among, also, pooled: of `Identifier`. weights, ignore_types, engine, progress: of
            `gala_ssl.Embedding.from_pretrained`.

    Returns:
        Identification: of the frame; of a sequence a list of them.

    Raises:
        InputError: a name that the network does not know, and what the embedding refuses.

    Example:
        >>> found = gala_ssl.identify(gala_ssl.read_frames("run.gsd", -1)[0])
        >>> found.table().query("structure == 'bcc' and probability > 0.9")
    """
    name = Identifier(Embedding.from_pretrained("frame_classification", weights=weights, ignore_types=ignore_types,
                                                engine=engine, progress=progress), among, pooled, also)
    # A tuple (box, points), as freud takes it, is one frame.
    return [found for _, found in name.each(frames)] if isinstance(frames, (Trajectory, list)) else name(frames)
