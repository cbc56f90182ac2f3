"""What featurizers have in common: callables `frame -> (N, dimension)` with a `name` and a `dimension`."""
import typing

from gala_ssl.frames.frame import Frame

if typing.TYPE_CHECKING:
    import pandas as pd


class Featurizer:
    """A line about itself, and a table of what it makes of frames."""

    def __repr__(self):
        return f"{type(self).__name__}({self.name}, {self.dimension} numbers a particle)"

    def table(self, frames) -> "pd.DataFrame":
        """The numbers of all particles as a table.

        Args:
            frames: a Frame, or a sequence of them, such as `gala_ssl.read_frames` returns.

        Returns:
            DataFrame of float32 with a row a particle: index (frame, particle), the number of the frame in its file,
            or its place in another sequence, and that of the particle; columns name_1, name_2 and so on.
        """
        import pandas as pd  # which takes half a second, and embedding does without

        frames = [frames] if isinstance(frames, Frame) else frames
        tables = [pd.DataFrame(self(frame), columns=[f"{self.name}_{i + 1}" for i in range(self.dimension)])
                  for frame in frames]
        numbers = list(getattr(frames, "numbers", range(len(tables))))
        return pd.concat(tables, keys=numbers, names=["frame", "particle"])
