"""Frames of files as a sequence."""
import collections.abc
import itertools
import pathlib
import typing

from gala_ssl.base.errors import InputError, pluralize
from gala_ssl.frames.frame import Frame


class Trajectory(collections.abc.Sequence[Frame]):
    """Frames of a file or of several as a sequence, each read when it is asked for (see `read_frames`).

    Args:
        places: (reader, number in its file) of every frame that there is.
        numbers: of the frames in the sequence, among these.

    Attributes:
        numbers: list of int. paths: the files, in their order.
    """

    def __init__(self, places, numbers):
        self._places, self.numbers = places, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @typing.overload
    def __getitem__(self, index: int) -> Frame: ...

    @typing.overload
    def __getitem__(self, index: slice) -> "Trajectory": ...

    def __getitem__(self, index):
        if isinstance(index, slice):
            return Trajectory(self._places, self.numbers[index])
        reader, number = self._places[self.numbers[index]]
        return reader.read(number)

    def __repr__(self):
        if not len(self):
            return "Trajectory(no frames)"
        try:
            particles = f" of {pluralize(len(self[0]), 'particle')}"
        except InputError:
            particles = ""
        kinds = dict.fromkeys(self._places[number][0].name for number in self.numbers)
        return f"Trajectory({pluralize(len(self), 'frame')}{particles}, {', '.join(kinds)})"

    def by_file(self):
        """Yield for each run of frames of one file its reader and the frames' numbers in the file."""
        places = [self._places[number] for number in self.numbers]
        for reader, group in itertools.groupby(places, key=lambda place: place[0]):
            yield reader, [number for _, number in group]

    @property
    def paths(self) -> list[pathlib.Path]:
        return list(dict.fromkeys(self._places[number][0].path for number in self.numbers))

    @property
    def path(self) -> pathlib.Path | None:
        """The first file."""
        return self._places[0][0].path if self._places else None
