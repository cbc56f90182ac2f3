"""What is freed stays with the process: taking it again costs no page from the system."""
import os
import pathlib
import platform
import resource
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library than glibc")

# Pages of the second hundred megabytes that a thread takes, as XLA does, after it freed the first.
TAKE_AGAIN = """
import resource, threading
from gala_ssl.base.memory import keep_freed_memory
keep_freed_memory()
def take():
    b"." * 10**8
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    b"." * 10**8
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
thread = threading.Thread(target=take)
thread.start()
thread.join()
"""


def pages(**environment):
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    done = subprocess.run([sys.executable, "-c", TAKE_AGAIN],
                          env={**plain, **environment, "PYTHONPATH": str(pathlib.Path(__file__).parents[2])},
                          capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_what_was_freed_is_taken_again_without_the_system():
    assert pages() < 100


@pytest.mark.parametrize("environment", [
    {"MALLOC_MMAP_MAX_": "65536"}, {"GLIBC_TUNABLES": "glibc.malloc.mmap_max=65536"}])
def test_who_tells_malloc_otherwise_is_heard(environment):
    assert pages(**environment) > 0.9 * 10**8 / resource.getpagesize()
