"""What featurizers have in common: callables `frame -> (N, dimension)` with a `name` and a `dimension`."""
import abc
import typing
from collections.abc import Iterable, Iterator

import numpy as np

from gala_ssl.frames.frame import Frame
from gala_ssl.frames.objects import FrameLike, as_frame
from gala_ssl.frames.trajectory import Trajectory

if typing.TYPE_CHECKING:
    import pandas as pd


class OrderParameter(typing.Protocol):
    """Numbers for each particle of a frame; any object with these three may stand where a featurizer is asked for.

    Attributes:
        name: by which tables know it. dimension: numbers a particle.

    Call on a frame of N particles; returns (N, dimension). A particle about which nothing can be said, because it has
    no neighbours, has a row of NaN.
    """

    name: str
    dimension: int

    def __call__(self, frame: FrameLike, /) -> np.ndarray: ...


class Featurizer(abc.ABC):
    """An order parameter with a line about itself, and a table of what it makes of frames."""

    name: str
    dimension: int

    @abc.abstractmethod
    def __call__(self, frame: FrameLike, /) -> np.ndarray:
        """Return (N, dimension) float32."""

    def __repr__(self):
        return f"{type(self).__name__}({self.name}, {self.dimension} numbers a particle)"

    def each(self, frames: Iterable[FrameLike]) -> Iterator[tuple[Frame, Iterable[np.ndarray]]]:
        """Yield each of the frames and its numbers, in parts (n, dimension)."""
        for frame in map(as_frame, frames):
            yield frame, [self(frame)]

    def table(self, frames: FrameLike) -> "pd.DataFrame":
        """The numbers of all particles as a table.

        Args:
            frames: a Frame, a list of them, or what `gala_ssl.read_frames` returns.

        Returns:
            DataFrame of float32 with a row a particle: index (frame, particle), the number of the frame in its file,
            or its place in another sequence, and the id of the particle, or its number where it has none;
            columns name_1, name_2 and so on.
        """
        import pandas as pd  # which takes half a second, and embedding does without

        frames = frames if isinstance(frames, (Trajectory, list)) else [frames]
        names = [f"{self.name}_{i + 1}" for i in range(self.dimension)]
        tables = [pd.DataFrame(np.concatenate(list(parts)), frame.ids, names) for frame, parts in self.each(frames)]
        numbers = list(getattr(frames, "numbers", range(len(tables))))
        return pd.concat(tables, keys=numbers, names=["frame", "particle"])
