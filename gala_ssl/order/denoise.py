"""Take the thermal motion off the particles of a frame, so that the structure below it can be seen."""
import copy
import dataclasses
import os
from collections.abc import Callable

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.progress import Bar
from gala_ssl.clouds.lengths import own_mean_bond
from gala_ssl.clouds.neighborhoods import cloud_chunks
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.objects import FrameLike, as_frame
from gala_ssl.order.embedding import SEARCHED, Embedding
from gala_ssl.order.pooling import pooled

# The part of the network's answer that a particle moves in a step, and the steps.
PART, STEPS = 0.5, 8
# Where the network still asks for more than this at the end, in nearest distances (mean over a particle and its 12
# nearest), there is no site to settle on: in hot crystals it is 0.004 to 0.007, in melts 0.018 to 0.035.
UNSURE = 0.012


@dataclasses.dataclass(frozen=True, eq=False)
class Denoised:
    """A frame without thermal motion.

    Attributes:
        frame: the Frame. moved: (N,) float32, how far each particle is from where it was, in nearest distances.
        settled: (N,) bool; the others stay where they were, those without neighbours among them.
    """

    frame: Frame
    moved: np.ndarray
    settled: np.ndarray

    def __repr__(self):
        return (f"Denoised({len(self.frame)} particles: {self.settled.mean():.0%} settled, moved by "
                f"{self.moved.mean():.3f} nearest distances on average)")


class Denoiser:
    """Moves each particle, in small steps, to where the network of shift identification says that its site is.

    The network sees the 20 nearest neighbours of a particle and answers how far it is from its site. All particles move
    by half of the answers at once, several times. Where the network still asks for more at the end, as in a liquid,
    particles have no site: they are put back, so that a liquid does not become a crystal.

    Args:
        embedding: a `gala_ssl.Embedding` of shift identification, trained on thermal environments.

    Call on a Frame of N particles, or what `gala_ssl.as_frame` makes one of, with the number of `steps`; returns a
    Denoised.

    Raises:
        InputError: the network is of another task or length scale, fewer than one step, and what the embedding refuses.

    Example:
        >>> denoise = Denoiser(gala_ssl.Embedding.from_pretrained("shift_identification", weights="thermal"))
        >>> denoise(gala_ssl.read_frames("run.gsd", -1)[0])
        Denoised(4096 particles: 67% settled, moved by 0.052 nearest distances on average)
    """

    def __init__(self, embedding: Embedding):
        if embedding.name != "shift_identification" or embedding.length_scale != "mean_bond":
            raise InputError("Frames are denoised by a network of shift_identification with the length scale "
                             f"mean_bond, not of {embedding.name} with {embedding.length_scale}.", option="embedding",
                             value=embedding.name)
        self.embedding = embedding
        # One bar for all steps, in place of one for each.
        self._network = copy.copy(embedding)
        self._network.progress = False

    def __call__(self, frame: FrameLike, steps: int = STEPS) -> Denoised:
        frame = as_frame(frame)
        if int(steps) != steps or steps < 1:
            raise InputError(f"Denoising takes a whole number of steps, at least 1, not {steps!r}.", option="steps",
                             value=steps)
        now, total = frame, np.zeros((len(frame), 3))
        with Bar(total=(int(steps) + 1) * len(frame), desc="steps", unit="particle", unit_scale=True, leave=False,
                 shown=self.embedding.progress) as bar:
            for _ in range(int(steps)):
                answer, _ = self.answers(now, bar.update)
                total += PART * np.nan_to_num(answer)
                now = _moved(frame, total)
            answer, length = self.answers(now, bar.update)
        left = pooled((np.linalg.norm(answer, axis=1) / length)[:, None], now)[:, 0]
        settled = left <= UNSURE
        total[~settled] = 0  # as well where the answer is NaN
        moved = np.linalg.norm(total, axis=1) / length
        return Denoised(_moved(frame, total), moved.astype(np.float32), settled)

    def answers(self, frame: Frame, count: Callable[[int], object] = int) -> tuple[np.ndarray, np.ndarray]:
        """(N, 3) vectors from each particle to its site, and (N,) nearest distances, in the frame's unit of length.

        The vector of a particle without neighbours is NaN, and its distance 1.

        Args:
            count: called with the number of particles that were done since it was called last.
        """
        found, lengths = [], []
        scale = self.embedding.card["data"]["x_scale"]
        for clouds in cloud_chunks(frame, SEARCHED, self.embedding.neighbors):
            length = np.where(clouds.mask.any(axis=1), own_mean_bond(clouds.bonds), 1)
            parts = list(self._network.parts(clouds.scaled(length), "answer"))
            found.append(np.concatenate(parts) * scale * length[:, None])
            lengths.append(length)
            count(len(clouds))
        return np.concatenate(found), np.concatenate(lengths)


def _moved(frame, vectors):
    """The frame with its particles moved by `vectors` (N, 3) and wrapped into the box along its periodic vectors."""
    inside = (frame.positions + vectors) @ np.linalg.inv(frame.cell)
    inside -= np.where(frame.periodic, np.floor(inside + 0.5), 0)
    return dataclasses.replace(frame, positions=inside @ frame.cell)


def denoise(frame: FrameLike, steps: int = STEPS, *, weights: str | os.PathLike = "thermal", ignore_types: bool = False,
            progress: bool = True) -> Frame:
    """Return the frame with thermal motion taken off its particles; those without a site stay where they are.

    Each call loads the network; a `Denoiser` keeps it and also says which particles settled.

    Args:
        frame: a Frame, or what `gala_ssl.as_frame` makes one of.
        steps: small steps, each a call of the network on all particles.
        weights, ignore_types, progress: of `gala_ssl.Embedding.from_pretrained`.

    Example:
        >>> settled = gala_ssl.denoise(gala_ssl.read_frames("run.gsd", -1)[0])
    """
    return Denoiser(Embedding.from_pretrained("shift_identification", weights=weights, ignore_types=ignore_types,
                                              progress=progress))(frame, steps).frame
