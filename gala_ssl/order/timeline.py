"""What the frames of a trajectory hold: fractions of names, the largest cluster, and when the sample ordered."""
import numpy as np

from gala_ssl.frames.formats.gsd import GSDReader, logged, opened
from gala_ssl.order.clusters import largest_cluster
from gala_ssl.order.transitions import find_transitions, in_words


class Timeline:
    """The names in each frame of a trajectory, added frame by frame.

    Args:
        frames: of `gala_ssl.read_frames`; steps and temperatures are read from its file where it has them.

    Attributes:
        numbers: of the frames in their file. temperatures: (T,) kT, or None.

    Example:
        >>> timeline = Timeline(frames)
        >>> for frame in frames:
        ...     timeline.add(frame, identify(frame).structure)
        >>> print(*timeline.sentences(), sep="\\n")
        bcc 0.3% until step 21,000, 61% from step 27,000; froze between steps 21,000 and 27,000.
    """

    def __init__(self, frames):
        self.numbers = list(frames.numbers)
        self._in_file, self._steps = steps_of(frames), []
        logs = logged(frames, ("kT",))
        self.temperatures = None if logs is None else logs["kT"]
        self._fractions, self._largest = [], []

    def __len__(self):
        return len(self._fractions)

    def add(self, frame, names):
        """Add the next frame and the names of its N particles, (N,)."""
        self._steps.append(getattr(frame, "step", None))
        self._fractions.append(shares(names))
        name, members = largest_cluster(frame, names)
        self._largest.append((name, len(members)))

    @property
    def steps(self):
        """(T,) int, the time step of each frame so far; None where frames have none, or the same."""
        steps = self._steps if None not in self._steps else self._in_file
        return None if steps is None or len(set(steps)) < len(steps) else np.array(steps[:len(self)], int)

    def fractions(self):
        """pandas.DataFrame: a row a frame, a column a name, the most frequent one first; each row sums up to 1."""
        import pandas as pd  # here, because a report of one frame does not need it

        table = pd.DataFrame(self._fractions).fillna(0.0)
        table.index = pd.Index(self.numbers[:len(self)], name="frame")
        return table[table.mean().sort_values(ascending=False, kind="stable").index]

    def table(self):
        """pandas.DataFrame with a row a frame.

        Columns: step and kT where the file has them; largest_cluster, the name of the largest cluster of a solid, and
        its size in particles; then the fraction of each name.
        """
        table = self.fractions()
        front = {"step": self.steps, "kT": self.temperatures,
                 "largest_cluster": [name for name, _ in self._largest], "size": [size for _, size in self._largest]}
        for place, (name, values) in enumerate((key, value) for key, value in front.items() if value is not None):
            table.insert(place, name, np.asarray(values)[:len(self)])
        return table

    def transitions(self, **options):
        """The Transitions found, see `gala_ssl.order.transitions.find_transitions` for the options."""
        return find_transitions(self.fractions(), **options)

    def sentences(self):
        """When the sample changed, in sentences: one a transition, or one that says that none was found."""
        places, unit = (self.numbers, "frame") if self.steps is None else (self.steps, "step")
        return in_words(self.fractions(), self.transitions(), places, unit, self.temperatures)


def shares(names):
    """{name: fraction of the particles that have it}, the most frequent one first."""
    names, first, counts = np.unique(np.asarray(names), return_index=True, return_counts=True)
    return {str(names[i]): counts[i] / counts.sum() for i in np.lexsort((first, -counts))}


def steps_of(frames):
    """(T,) int, the time step of each frame as its file has it, or None where it has none."""
    if not all(isinstance(reader, GSDReader) for reader, _ in frames.by_file()):
        return None
    steps = []
    for reader, numbers in frames.by_file():
        with opened(reader.path, reader.file) as trajectory:
            steps += [trajectory[number].configuration.step for number in numbers]
    steps = np.array(steps, int)
    return steps
