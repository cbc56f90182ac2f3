"""Memory that a training frees stays with its process, where the C library takes such a wish (glibc).

A training step takes and frees hundreds of megabytes. glibc gives pieces of that size back to the system each time, and
the system clears every page before it gives it out again: two fifths of the step (`benchmarks/allocation.py`). Commands
that train ask for this, for the rest of their process; those that embed do not, because what they hold at a time would
grow, and importing this module changes nothing.
"""
import ctypes
import os

# For processes that are to be started: no piece comes from the system by itself, no thread has memory of its own, which
# could not grow that large, and up to so many bytes are kept.
ENVIRONMENT = {"MALLOC_MMAP_MAX_": "0", "MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1)}
# The same as parameters of mallopt, from malloc.h.
_PARAMETERS = {"MALLOC_MMAP_MAX_": -4, "MALLOC_ARENA_MAX": -8, "MALLOC_TRIM_THRESHOLD_": -1}


def keep_freed_memory():
    """Keep freed memory in this process from now on, unless an environment variable sets malloc's behaviour.

    To be called before TensorFlow is imported: its threads would have memory of their own by then.
    """
    if "GLIBC_TUNABLES" in os.environ or any(name.startswith("MALLOC_") for name in os.environ):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    for name, value in ENVIRONMENT.items():
        mallopt(_PARAMETERS[name], int(value))
