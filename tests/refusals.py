"""What a user gave that was wrong, by the fields of the error; its sentence is tested once, in test_messages.py."""
import contextlib

import pytest

from gala_ssl.base.errors import InputError


@contextlib.contextmanager
def refused(**fields):
    """Assert that the block raises an InputError with these fields, such as option="k" and value=0."""
    with pytest.raises(InputError) as caught:
        yield caught
    found = {name: getattr(caught.value, name) for name in fields}
    assert repr(found) == repr(fields), caught.value  # NaN is not itself
