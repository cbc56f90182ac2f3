"""Weights that were released are read as long as the package lives, and say the same."""
import numpy as np
import pytest

from gala_ssl.base.files import read_json
from gala_ssl.base.provenance import sha256
from gala_ssl.kernel import NotForKernel, library
from gala_ssl.tasks.models.sets import SETS
from gala_ssl.version import __version__
from tests.released import FOLDER, embedded, networks

try:
    library.library()
except NotForKernel:
    pytest.skip("the kernel was not compiled: there is no C++ compiler", allow_module_level=True)

RELEASED = [(path.stem, name, known) for path in sorted(FOLDER.glob("*.json"))
            for name, known in read_json(path).items()]


def test_this_version_has_the_numbers_of_all_that_ships():
    known = {name for version, name, _ in RELEASED if version == __version__}
    assert known == {f"{name}/{path.stem}" for name, path in networks()}


@pytest.mark.parametrize(("version", "name", "known"), RELEASED, ids=[f"{a}-{b}" for a, b, _ in RELEASED])
def test_released_weights_are_the_same_and_say_the_same(version, name, known):
    folder, task = name.split("/")
    assert sha256(SETS[folder] / f"{task}.safetensors") == known["sha256"], \
        "other weights need another name or version; python -m tests.released"
    expected = np.array(known["embedding"])
    np.testing.assert_allclose(embedded(folder, task)[:2], expected, atol=1e-4 * abs(expected).max())
