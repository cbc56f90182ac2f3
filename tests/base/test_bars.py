"""Bars, their lines in a log, and the last line of a command."""
import re

import pytest

from gala_ssl.base import progress
from gala_ssl.base.progress import Bar, Work, duration, listed, logged
from gala_ssl.frames import prototypes


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test turns: [seconds]."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    return now


@pytest.fixture
def counting(clock, capsys):
    """Count a unit each `step` seconds with a bar; returns what it writes to standard error, which is no terminal."""
    def count(seconds, step=1.0, **settings):
        with Bar(total=round(seconds / step), desc="frames", unit="frame", **settings) as bar:
            for _ in range(round(seconds / step)):
                clock[0] += step
                bar.update()
                bar.set_postfix_str("some more")
        return capsys.readouterr().err
    return count


def test_a_log_gets_lines_further_and_further_apart(counting):
    with logged():
        first = counting(60)
        assert first.count("\n") == 6 and "\r" not in first
        assert re.match(r"frames: 10 of 60,  1\.00 frame/s(, some more)?; 00:50 left after 00:10\n", first)
        assert counting(3 * 3600, step=10).count("\n") < 60


def test_a_library_and_what_is_quiet_or_short_write_nothing_into_a_log(counting):
    assert counting(60) == ""
    with logged():
        assert counting(60, shown=False) == "" and counting(5) == ""


def test_the_last_line_says_what_was_read_and_how_fast(clock):
    work, frame = Work(), prototypes.build("cI2-W", 60)
    for _ in work.each([frame, frame]):
        clock[0] += 1.0
    count = 2 * len(frame)
    assert work.sentence("wrote run.csv") == (
        f"Read 2 frames ({count} particles) and wrote run.csv in 2.0 s: {count // 2} particles a second.")
    assert work.sentence().startswith(f"Read 2 frames ({count} particles) in 2.0 s: ")


@pytest.mark.parametrize("seconds, words", [
    (0.04, "0.0 s"), (9.94, "9.9 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599.6, "1 h 0 min"), (7800, "2 h 10 min")])
def test_times_for_reading(seconds, words):
    assert duration(seconds) == words


def test_lists_for_reading():
    assert [listed("a"), listed("ab"), listed("abc")] == ["a", "a and b", "a, b and c"]
