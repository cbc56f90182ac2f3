"""Which structure is this particle part of? By a network that classifies frames, trained on thermal environments."""
import dataclasses
import os
from collections.abc import Sequence

import numpy as np
from scipy.special import log_softmax

from gala_ssl.base.errors import InputError, check_choice
from gala_ssl.clouds.neighbors import NeighborSearch
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.objects import as_frame
from gala_ssl.frames.trajectory import Trajectory
from gala_ssl.order.embedding import Embedding

# Neighbours whose evidence is pooled with a particle's own.
POOLED = 12
# Names that people use, beside those of the prototypes.
SHORT_NAMES = {
    "cF4-Cu": "fcc", "hP2-Mg": "hcp", "cI2-W": "bcc", "cP1-Po": "sc", "cF8-C": "diamond", "tI4-Sn": "beta-Sn",
    "hP4-La": "dhcp", "cP20-Mn": "beta-Mn", "cI58-Mn": "alpha-Mn", "cP46-Si": "clathrate I",
    "cF136-Si": "clathrate II", "hP1-HgSn6-10": "simple hexagonal", "tP30-U": "beta-U",
}
_SMALLEST = 1e-9
_SEARCHED = 65536


@dataclasses.dataclass(frozen=True, eq=False)
class Identification:
    """What the particles of a frame are.

    Attributes:
        structure: (N,) names, such as "fcc", "liquid" or, where there is no short one, of the prototype.
        probability: (N,) float32, of that name among those asked for.
        names: all names asked for. log_probabilities: (N, len(names)) float32, pooled over neighbours and normalised.
    """

    structure: np.ndarray
    probability: np.ndarray
    names: tuple
    log_probabilities: np.ndarray

    def __len__(self):
        return len(self.structure)

    def __repr__(self):
        found = ", ".join(f"{name} {fraction:.0%}" for name, fraction in self.fractions().items() if fraction >= 0.005)
        return f"Identification({len(self)} particles: {found})"

    def fractions(self):
        """pandas.Series: the fraction of the particles that each name has, the largest first."""
        import pandas as pd  # here and below, because naming alone does not need it

        return pd.Series(self.structure, name="fraction").value_counts(normalize=True)

    def table(self):
        """pandas.DataFrame with a row a particle: structure, probability."""
        import pandas as pd

        return pd.DataFrame({"structure": self.structure, "probability": self.probability},
                            index=pd.RangeIndex(len(self), name="particle"))


class Identifier:
    """Names the structure of each particle.

    The network's log-probabilities are averaged over a particle and its 12 nearest neighbours, so that what is
    written of one noisy cloud is outvoted by those beside it. At an interface, the larger side wins.

    Args:
        embedding: a `gala_ssl.Embedding` of frame classification.
        among: names to choose from, short ones or those of prototypes; all by default.
        pooled: neighbours that evidence is pooled with; 0 takes each particle by itself.

    Call on a Frame; returns an Identification.

    Raises:
        InputError: the network is of another task, a name it does not know, or what the embedding refuses.

    Example:
        >>> name = Identifier(gala_ssl.Embedding.from_pretrained("frame_classification", weights="thermal"))
        >>> name(gala_ssl.read_frames("run.gsd", -1)[0])
        Identification(4096 particles: bcc 67%, liquid 33%)
    """

    def __init__(self, embedding: Embedding, among: Sequence[str] | None = None, pooled: int = POOLED):
        if embedding.name != "frame_classification":
            raise InputError(f"Structures are named by a network of frame_classification, not of {embedding.name}.")
        self.embedding, self.pooled = embedding, pooled
        known = embedding.card["structures"]
        spoken = [SHORT_NAMES.get(name, name) for name in known]
        wanted = spoken if among is None else list(among)
        for name in wanted:
            if name not in known:
                check_choice("structure", name, spoken)
        self._columns = [known.index(name) if name in known else spoken.index(name) for name in wanted]
        self.names = tuple(spoken[column] for column in self._columns)

    def __call__(self, frame: Frame) -> Identification:
        frame = as_frame(frame)
        found = np.concatenate(list(self.embedding.parts(frame, "answer")))
        scores = np.log(np.maximum(found[:, self._columns], _SMALLEST))
        if self.pooled:
            scores = pooled(scores, frame, self.pooled)
        scores = log_softmax(scores, axis=1)
        best = scores.argmax(axis=1)
        probability = np.exp(scores[np.arange(len(best)), best])
        return Identification(np.array(self.names)[best], probability, self.names, scores)


def identify(frames: Frame | Sequence[Frame], *, among: Sequence[str] | None = None,
             weights: str | os.PathLike = "thermal", pooled: int = POOLED, ignore_types: bool = False,
             engine: str = "auto", progress: bool = True) -> Identification | list[Identification]:
    """Name the structure of each particle of a frame, or of each frame of a trajectory.

    Each call loads the network, which takes about a second; an `Identifier` keeps it.

    Args:
        frames: a Frame of N particles or what `gala_ssl.as_frame` makes one of; a list of these, or what
            `gala_ssl.read_frames` returns.
        among, pooled: of `Identifier`. weights, ignore_types, engine, progress: of
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
                                                engine=engine, progress=progress), among, pooled)
    # A tuple (box, points), as freud takes it, is one frame.
    several = isinstance(frames, (Trajectory, list))
    return [name(frame) for frame in frames] if several else name(frames)


def pooled(values, frame, neighbors=POOLED):
    """Values (N, d) averaged over each particle and its nearest neighbours.

    Args:
        values: (N, d), a row a particle of `frame`. neighbors: how many.
    """
    search, total = NeighborSearch(frame, Nearest(neighbors)), np.array(values)
    for start in range(0, len(frame), _SEARCHED):
        found = search.find(start, start + _SEARCHED)
        np.add.at(total, np.asarray(found.query_point_indices) + start, values[np.asarray(found.point_indices)])
        total[start:start + found.num_query_points] /= found.neighbor_counts[:, None] + 1
    return total
