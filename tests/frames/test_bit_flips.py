"""Files in which bits were flipped: a sentence or a finite result, and the process lives."""
import os
import signal
import warnings

import gsd.fl
import numpy as np
import pytest

from gala_ssl.base.errors import InputError, InputWarning
from gala_ssl.clouds.lengths import nearest_distances
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames.reading import read_frames
from tests import bad_files
from tests.bad_files import FORMATS, NEIGHBORS, good
from tests.strategies import generator, often

# The child reads a file and ends; no thread of the parent is missed there.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

# Of a GSD file: the sizes and places of its index and names, then the index, then everything.
PARTS = {"header": (0, 48), "index": (256, 1280), "all": (0, None)}
# (byte, bit) that once killed the process, hung it or gave a traceback.
FOUND = [
    [(23, 7)],  # the number of entries of the index times their size is beyond 64 bits: a segmentation fault
    [(16, 7), (17, 0)],  # no entries at all
]


def outcome(path):
    """What the reader makes of a file: "sentence", "finite", or what is wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", InputWarning)
            for frame in read_frames(path):
                if not np.isfinite(nearest_distances(frame)).all() or not np.isfinite(
                        point_clouds(frame, Nearest(NEIGHBORS)).bonds).all():
                    return "not finite"
        return "finite"
    except InputError as error:
        return "sentence" if str(path) in str(error) else f"no file named: {error}"


def lives(path):
    """Whether a process of its own reads the file and ends well, within seconds."""
    child = os.fork()
    if not child:
        signal.alarm(10)
        try:
            found = outcome(path)
            os._exit(0 if found in ("finite", "sentence") else 1)
        finally:
            os._exit(2)
    return os.waitpid(child, 0)[1] == 0


def flipped(content, bits):
    changed = bytearray(content)
    for byte, bit in bits:
        changed[byte] ^= 1 << bit
    return bytes(changed)


def written(path):
    bad_files.write(path, [good(i) for i in range(FORMATS[path.suffix[1:]][1])])
    return path.read_bytes()


@pytest.mark.parametrize("bits", FOUND)
def test_what_once_went_wrong_in_gsd(tmp_path, bits):
    path = tmp_path / "run.gsd"
    path.write_bytes(flipped(written(path), bits))
    assert lives(path) and outcome(path) == "sentence"


@pytest.mark.parametrize("name", ["particles/position", "configuration/box"])
def test_a_signalling_nan_is_refused_as_any_other(tmp_path, name):
    """NumPy warns where it compares or casts one."""
    path = tmp_path / "run.gsd"
    numbers = {"particles/position": np.eye(3, dtype=np.float32),
               "configuration/box": np.array([4, 4, 4, 0, 0, 0], np.float32)}
    numbers[name].reshape(-1).view(np.uint32)[0] = 0x7FA00000
    with gsd.fl.open(path, "w", "test", "hoomd", [1, 4]) as file:
        file.write_chunk("particles/N", np.array([3], np.uint32))
        for part, values in numbers.items():
            file.write_chunk(part, values)
        file.end_frame()
    assert outcome(path) == "sentence"


@pytest.mark.parametrize("name", ["particles", "bonds", "constraints"])
@pytest.mark.parametrize("count", [2**32 - 1, 2**30])
def test_a_count_that_the_file_has_no_room_for(tmp_path, name, count):
    """gsd would fill the memory with defaults of that many particles, and the process be killed."""
    path = tmp_path / "run.gsd"
    with gsd.fl.open(path, "w", "test", "hoomd", [1, 4]) as file:
        file.write_chunk("configuration/box", np.array([4, 4, 4, 0, 0, 0], np.float32))
        file.write_chunk(f"{name}/N", np.array([count], np.uint32))
        file.end_frame()
    assert lives(path) and outcome(path) == "sentence"


@pytest.mark.hypothesis
@pytest.mark.parametrize("part", PARTS)
def test_bits_of_a_gsd_file(tmp_path, part):
    path, rng = tmp_path / "run.gsd", generator()
    content = written(path)
    start, stop = PARTS[part]
    for _ in range(often(40)):
        bits = rng.integers((start, 0), (stop or len(content), 8), size=(rng.choice([1, 1, 3]), 2))
        path.write_bytes(flipped(content, bits))
        assert lives(path), bits.tolist()


@pytest.mark.hypothesis
@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if suffix != "gsd"])
def test_bits_of_a_text_file(tmp_path, suffix):
    path, rng = tmp_path / f"run.{suffix}", generator()
    content, found = written(path), []
    for _ in range(often(160)):
        bits = rng.integers((0, 0), (len(content), 8), size=(rng.choice([1, 1, 20]), 2))
        path.write_bytes(flipped(content, bits))
        found.append(outcome(path))
        assert found[-1] in ("finite", "sentence"), (found[-1], bits.tolist())
    if len(found) >= 60:  # of fewer, all may be of one kind
        assert {"finite", "sentence"} == set(found)
