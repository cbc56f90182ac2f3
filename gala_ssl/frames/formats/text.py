"""Text files of frames one after the other: where each starts, what is missing of it, and one read at a time."""
import abc
import warnings

import numpy as np

from gala_ssl.base.errors import InputError, InputWarning, pluralize
from gala_ssl.frames.formats.base import Reader

_BLOCK = 1 << 22


class TextReader(Reader):
    """A reader of a format of text.

    A subclass defines `find` and `parse`. What is not complete of a file is left out with a warning: at its end,
    because a simulation is still running or was killed, and in the middle. Only where nothing is complete, or by
    `partial`, it is otherwise.
    """

    def __init__(self, path, partial=False):
        super().__init__(path, partial)
        self._spans = []
        try:
            with open(self.file, "rb") as file:
                for start, stop, problem in self.find(file):
                    if problem:
                        self.missing[len(self._spans)] = problem
                    self._spans.append((start, stop))
                if not self._spans:
                    raise ValueError("it holds no frame")
                self._check_last_line(file)
        except InputError:
            raise
        except Exception as error:  # what a parser of someone's text may raise
            raise self.unreadable(self.path, error) from error
        self._settle()

    @abc.abstractmethod
    def find(self, file):
        """Yield for each frame of an open binary file the offsets of its start and end, and what is missing or None."""

    @abc.abstractmethod
    def parse(self, text, number):
        """Return the Frame of the text of one frame; any exception says that it cannot be read."""

    def __len__(self):
        return len(self._spans)

    def read(self, number):
        start, stop = self._spans[number]
        try:
            with open(self.file, "rb") as file:
                file.seek(start)
                content = file.read(stop - start)
            if number == len(self) - 1 and not content.endswith((b"\n", b"\r")):
                content = content[:content.rfind(b"\n") + 1]  # of `partial`: the last number may be cut off
            return self.parse(decoded(content), number)
        except InputError:
            raise
        except Exception as error:
            raise self.unreadable(self.source(number), error) from error

    def _check_last_line(self, file):
        """A last line that has no end may be cut off in the middle of a number."""
        file.seek(self._spans[-1][1] - 1)
        rest = file.read()
        if len(self._spans) - 1 not in self.missing and rest and not rest.endswith((b"\n", b"\r")):
            self.missing[len(self._spans) - 1] = NO_END

    def _settle(self):
        """Leave out the frames that are incomplete, and say so; with `partial`, only those without particles."""
        problems = self.missing
        if self.partial:
            self.missing = {number: problem for number, problem in problems.items() if problem == EMPTY}
        if len(self.missing) == len(self._spans):
            number, problem = next(iter(problems.items()))
            way = "" if problem == EMPTY else ", or read what is there with partial=True, on the command line --partial"
            raise InputError(f"{self.source(number)} cannot be read as {self.name}, because {problem}; it may be "
                             f"truncated, so copy or write it again{way}.", path=self.path, frame=self.source(number),
                             option="partial", value=False)
        for number, problem in problems.items():
            warnings.warn(InputWarning(f"{self.source(number)} is incomplete, because {problem}; it is "
                                       f"{'read as it is' if number not in self.missing else 'left out'}.",
                                       path=self.path, frame=self.source(number)), stacklevel=4)
        while len(self._spans) - 1 in self.missing:
            del self.missing[len(self._spans) - 1]
            del self._spans[-1]


EMPTY = "it has no particles"
NO_END = "its last line has no end, so that its last number may be cut off; if it is whole, end the line"


def lacking(found, count):
    """What is missing of a frame with so many of its particles, as `TextReader.find` yields it; None if nothing is."""
    if not count or not found:
        return EMPTY
    return None if found >= count else f"{found} of {pluralize(count, 'particle')} are there"


def spans(file, marker):
    """Yield (offset, bytes) of the parts of a binary file that start where a line starts with `marker`.

    What is before the first is a part as well, unless it is empty. One part and some megabytes are in memory at a time.
    """
    buffer, start, searched = bytearray(), 0, 0
    while True:
        block, begin = file.read(_BLOCK), 0
        buffer += block
        while (place := buffer.find(b"\n" + marker, max(searched, begin))) >= 0:
            yield start + begin, bytes(buffer[begin:place + 1])
            begin, searched = place + 1, place + 1
        if not block:
            if len(buffer) > begin:
                yield start + begin, bytes(buffer[begin:])
            return
        del buffer[:begin]
        start, searched = start + begin, max(0, len(buffer) - len(marker) - 1)


def decoded(content):
    """Text in UTF-8 or, where it is none, in Latin-1."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def table(rows, width, least=None):
    """Words of rows of text as (width, N) lists, one a column.

    Args:
        rows: of text. width: words in each; with `least`, so many are enough, and further ones are left out.
    """
    split = [row.split() for row in rows]
    for row, words in enumerate(split):
        if len(words) != width and not (least and len(words) >= least):
            raise ValueError(f"row {row} has {pluralize(len(words), 'word')} in place of {width}")
    return [list(column) for column in zip(*split)] if split else [[] for _ in range(width)]


def numbers(words):
    """(N,) float64 of words."""
    return np.fromiter(map(float, words), np.float64, len(words))


def integers(words):
    """(N,) int64 of words, or None where they are not whole numbers that fit, or one is there twice."""
    try:
        found = np.array([int(word) for word in words], np.int64)
    except (ValueError, OverflowError):
        return None
    return found if len(np.unique(found)) == len(found) else None
