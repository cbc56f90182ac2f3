"""Files that appear whole: their permissions, and what is left of those that a killed process was writing."""
import os

import pytest

from gala_ssl.base.files import written_whole


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_file_has_the_permissions_of_any_new_file(tmp_path, monkeypatch, mask):
    """Without a moment in which files that other threads make would be everybody's to write."""
    before = os.umask(mask)
    monkeypatch.setattr(os, "umask", None)
    try:
        (tmp_path / "plain").touch()
        with written_whole(tmp_path / "whole.txt") as temporary:
            assert temporary.stat().st_mode == (tmp_path / "plain").stat().st_mode
            temporary.write_text("whole")
    finally:
        monkeypatch.undo()
        os.umask(before)
    assert (tmp_path / "whole.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain", "whole.txt"]
