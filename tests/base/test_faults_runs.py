"""Run directories where there are no locks or nothing can be written, and runs known by what they hold."""
import errno
import fcntl
import os

import pytest

from gala_ssl.base.runs import LOCK, RunConflict, run_lock
from tests.refusals import refused


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_gives_a_sentence(tmp_path, monkeypatch, number):
    def flock(*arguments):
        raise OSError(number, os.strerror(number))
    monkeypatch.setattr(fcntl, "flock", flock)
    with refused(path=str(tmp_path)) as caught, run_lock(tmp_path):
        raise AssertionError("two processes could be here")
    assert not isinstance(caught.value, RunConflict)


def test_a_run_on_a_disk_that_is_read_only_can_be_read(disk):
    run = disk.path / "run"
    with run_lock(run):
        (run / "card.json").write_text("{}")
    disk.remount("ro")
    with run_lock(run):
        assert {path.name for path in run.iterdir()} == {"card.json", LOCK}
