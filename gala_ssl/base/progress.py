"""Progress of what takes long: a bar on a terminal, in the log of a command a line now and then; and what was done."""
import contextlib
import contextvars
import sys
import time
from collections.abc import Collection, Iterable, Iterator

from tqdm import tqdm

from gala_ssl.base.errors import pluralize

# Seconds between two lines in a log; and the part of the time since the command began that is between them later.
_EVERY, _PART = 10.0, 0.1
# When the command began whose standard error is written to even if it is no terminal; None in a library.
_began: contextvars.ContextVar[float | None] = contextvars.ContextVar("began", default=None)


@contextlib.contextmanager
def logged() -> Iterator[None]:
    """In the block, bars write lines to a standard error that is no terminal; for commands."""
    token = _began.set(time.monotonic())
    try:
        yield
    finally:
        _began.reset(token)


class Bar(tqdm):
    """A bar of `total` units, with rate and time left.

    On a terminal it is tqdm's. Elsewhere it writes nothing, but in the block of `logged` a line after ten seconds, and
    then lines further and further apart: ten in the first two minutes, fifty in three hours.

    Args:
        iterable: what to count, or None for a bar that is told by `update`.
        desc: what is done. unit: what is counted, in the singular. shown: False for no bar and no line.
        Others: of tqdm.
    """

    def __init__(self, iterable: Iterable | None = None, desc: str | None = None, *, shown: bool = True,
                 unit: str = "it", **settings):
        began = _began.get()
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._lines = not terminal and began is not None
        self._next = time.monotonic() + _EVERY
        if self._lines:  # each count asks for the time, and tqdm's watching thread has nothing to do
            settings |= {"delay": _EVERY, "mininterval": _EVERY, "miniters": 1, "leave": False, "bar_format":
                         "{desc}: {n_fmt} of {total_fmt}, {rate_fmt}{postfix}; {remaining} left after {elapsed}"}
        super().__init__(iterable, desc, disable=not (shown and (terminal or self._lines)),
                         unit=unit if terminal else f" {unit}", **settings)

    def display(self, msg=None, pos=None):
        if not self._lines:
            return super().display(msg, pos)
        now = time.monotonic()
        if msg is None and now >= self._next:
            self._next = now + max(_EVERY, _PART * (now - (_began.get() or now)))
            print(self, file=self.fp, flush=True)

    def clear(self, *arguments, **settings):
        if not self._lines:
            super().clear(*arguments, **settings)


class Work:
    """What a command reads, how much and since when: the bar of its frames and the start of its last line."""

    def __init__(self):
        self.start, self.frames, self.particles = time.monotonic(), 0, 0

    def each(self, frames: Collection, shown: bool = True) -> Iterator:
        """Yield the frames of a sequence and count them, with a bar that also has particles a second."""
        with Bar(total=len(frames), desc="frames", unit="frame", shown=shown) as bar:
            for frame in frames:
                self.read(frame)
                yield frame
                bar.set_postfix_str(f"{self.rate()} particles/s", refresh=False)
                bar.update()

    def read(self, *frames) -> None:
        """Count frames that were read in another way."""
        self.frames += len(frames)
        self.particles += sum(map(len, frames))

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start

    def rate(self) -> str:
        """Particles a second until now, to two digits."""
        return f"{float(f'{self.particles / max(self.seconds, 1e-3):.2g}'):,.0f}"

    def sentence(self, done: str = "") -> str:
        """The last line of a command: what was read, what was `done`, such as "wrote run.csv", how long, how fast."""
        return (f"Read {pluralize(self.frames, 'frame')} ({pluralize(self.particles, 'particle')})"
                f"{done and f' and {done}'} in {duration(self.seconds)}"
                + (f": {self.rate()} particles a second." if self.particles > self.seconds else "."))


def duration(seconds: float) -> str:
    """A time for reading: "0.8 s", "42 s", "3 min 5 s", "2 h 10 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def say(text: str) -> None:
    """Print a line to standard output, above the bars of a terminal."""
    tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


def listed(names: Iterable) -> str:
    """Names for a sentence: "a", "a and b", "a, b and c"."""
    *others, last = map(str, names)
    return f"{', '.join(others)} and {last}" if others else last
