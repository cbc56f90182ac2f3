"""What a user gave that was wrong, by the fields of the error; its sentence is tested once, in tests/base."""
import contextlib
import re

import pytest

from gala_ssl.base.errors import InputError


@contextlib.contextmanager
def refused(**fields):
    """Assert that the block raises an InputError with these fields, such as option="k" and value=0."""
    with pytest.raises(InputError) as caught:
        yield caught
    found = {name: getattr(caught.value, name) for name in fields}
    assert repr(found) == repr(fields), caught.value  # NaN is not itself


def assert_says(call, sentence, folder):
    """Assert that call(folder) raises an InputError of this sentence.

    In it, FOLDER is the path of the folder, and "..." what another library says.
    """
    with pytest.raises(InputError) as caught:
        call(folder)
    said = str(caught.value).replace(str(folder), "FOLDER")
    assert re.fullmatch(re.escape(sentence).replace(re.escape("..."), ".+"), said), said


def failed(capsys, call, *arguments):
    """Run what is wrong; return the one line that it says."""
    with pytest.raises(SystemExit) as stop:
        call(*arguments)
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert said.err.splitlines()[-1].startswith("error: ") and "Traceback" not in said.err
    return said.err.splitlines()[-1]
