"""A small network and a frame, as the tests of embeddings take them."""
import pytest

from gala_ssl import prototypes
from tests import tiny


@pytest.fixture(scope="module")
def directory():
    """A directory with weights for denoising."""
    return tiny.FOLDER


@pytest.fixture(scope="module")
def embed():
    return tiny.embedding()


@pytest.fixture(scope="module")
def frame():
    """Some 300 particles: more than a chunk, and not a multiple of one."""
    frame = prototypes.build("cI2-W", 300, noise=0.05, seed=1)
    assert 256 < len(frame) != 512
    return frame
