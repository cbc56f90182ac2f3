"""One thread a process, one set of random examples, and the markers that choose tests by Keras backend."""
import os
import subprocess

# Tests run beside each other and beside trainings; on networks so small, threads only wait for each other.
for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# glibc's own number for two cores; that it is set keeps commands that train from changing malloc in a test's process.
os.environ.setdefault("MALLOC_ARENA_MAX", "16")

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.disks import Disk

pytest.register_assert_rewrite("tests.properties")

# The same examples each time: `make test` says whether the code changed, not whether the dice fell badly. The long tier
# looks at eight times as many. HYPOTHESIS_PROFILE=search looks at ten times as many again, new ones, and for the
# simplest that fails: in hours.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
_SAME = {"derandomize": True, "phases": [Phase.explicit, Phase.generate]}
settings.register_profile("quick", max_examples=12, **_SAME, **_COMMON)
settings.register_profile("long", max_examples=96, **_SAME, **_COMMON)
settings.register_profile("search", max_examples=1000, print_blob=True, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_collection_modifyitems(items):
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        return
    skip = pytest.mark.skip(reason="needs Keras's TensorFlow backend")
    for item in items:
        if item.get_closest_marker("tensorflow"):
            item.add_marker(skip)


@pytest.fixture
def disk(tmp_path):
    """A disk of 4 MB, where one can be mounted."""
    try:
        mounted = Disk(tmp_path / "disk", 4096)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be mounted: {getattr(error, 'stderr', '') or error}")
    yield mounted
    mounted.unmount()
