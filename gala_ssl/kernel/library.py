"""The compiled library: found beside this file, opened once, and called for several clouds at a time by threads."""
import concurrent.futures
import ctypes
import functools
import importlib.machinery
import os
import pathlib

import numpy as np

from gala_ssl.base.errors import InputError, check_choice

# From the plainest on, in the numbers that the library has for them.
INSTRUCTION_SETS = ("plain", "avx2", "avx512")
# Bonds that a cloud may have.
MOST_BONDS = 64
# Clouds that a thread takes at a time, at least and at most: multiples of the widest vectors, so that the same clouds
# are beside each other, and a result does not depend on the number of threads.
_LANES, CHUNK = 16, 128
# Clouds that a thread learns from at a time, and what it finds of each block for running statistics, see learn.h.
_LESSON, _STATISTICS = 64, 33
_FLOATS = np.ctypeslib.ndpointer(np.float32, flags="C")
_DOUBLES = np.ctypeslib.ndpointer(np.float64, flags="C")
_INTEGERS = np.ctypeslib.ndpointer(np.int32, flags="C")


class NotForKernel(InputError):
    """The compiled kernel is not there, or does not know such a network or such clouds; Keras does."""


@functools.cache
def library():
    """The ctypes library; NotForKernel where none was compiled."""
    # The general names first: what was built for one version of Python is of an older gala_ssl.
    for suffix in reversed(importlib.machinery.EXTENSION_SUFFIXES):
        path = pathlib.Path(__file__).with_name(f"_forward{suffix}")
        if path.exists():
            try:
                found = ctypes.CDLL(str(path))
            except OSError as error:
                raise NotForKernel(f"The compiled kernel {path} cannot be opened ({error}); install gala_ssl again.",
                                   path=path) from error
            found.gala_forward.argtypes = [ctypes.c_int, _INTEGERS, _FLOATS, _FLOATS, _FLOATS, ctypes.c_long,
                                           ctypes.c_int, ctypes.c_int, _FLOATS]
            found.gala_learn.argtypes = [ctypes.c_int, _INTEGERS, _FLOATS, _FLOATS, ctypes.c_long, *[_FLOATS] * 4,
                                         ctypes.c_long, ctypes.c_int, _FLOATS, *[_DOUBLES] * 3]
            return found
    raise NotForKernel("The compiled kernel is not there, because gala_ssl was installed without a C++ compiler; "
                       "install one, such as g++, and gala_ssl again.", option="engine", value="kernel")


def instruction_set(asked=None):
    """The best instruction set of this processor that the library has code for, of INSTRUCTION_SETS.

    Args:
        asked: another one that the processor has, for tests; InputError where it has not.
    """
    best = library().gala_best()
    if asked is not None:
        check_choice("instruction set of this processor", asked, INSTRUCTION_SETS[:best + 1])
    return asked or INSTRUCTION_SETS[best]


def threads():
    """How many threads compute: OMP_NUM_THREADS if it is set, else as many as this process has processors."""
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def forward(shape, weights, bonds, types, wanted, out, chosen, count):
    """Fill `out`, whose first axis is that of the clouds.

    Args:
        shape, weights: of `gala_ssl.kernel.fold.folded`.
        bonds: (n, k, 3). types: (n, k, types). wanted: number of `gala_ssl.kernel.network.WANTED`.
        out: (n, ...); where its rows are bonds, those of padding keep what they hold.
        chosen: instruction set. count: number of threads.
    """
    known, number = library(), INSTRUCTION_SETS.index(chosen)

    def part(rows):
        if known.gala_forward(number, shape, weights, bonds[rows], types[rows], len(bonds[rows]), bonds.shape[1],
                              wanted, out[rows]):
            raise MemoryError(f"There is no memory for clouds of {bonds.shape[1]} bonds.")

    size = min(CHUNK, -(-len(bonds) // (_LANES * count)) * _LANES)
    rows = [slice(first, first + size) for first in range(0, len(bonds), size)]
    if count == 1 or len(rows) == 1:
        return part(slice(None))
    with concurrent.futures.ThreadPoolExecutor(min(count, len(rows))) as pool:
        list(pool.map(part, rows))


def learn(shape, weights, back, bonds, types, target, weight, answer, parts, chosen, count):
    """Fill `answer` and return the loss, the gradient of `weights` and `parts` rows of statistics.

    Args:
        shape, weights, back: of `gala_ssl.kernel.fold.folded`, the last of transposed kernels.
        bonds: (n, k, 3). types: (n, k, types). target, weight, answer: see learn.h. parts: number of blocks and one.
        chosen: instruction set. count: number of threads.
    """
    known, number = library(), INSTRUCTION_SETS.index(chosen)

    def part(rows):
        found = np.zeros(1), np.zeros(len(weights)), np.zeros((parts, _STATISTICS))
        if known.gala_learn(number, shape, weights, back, len(weights), bonds[rows], types[rows], target[rows],
                            weight[rows], len(bonds[rows]), bonds.shape[1], answer[rows], *found):
            raise MemoryError(f"There is no memory for learning from clouds of {bonds.shape[1]} bonds.")
        return found

    rows = [slice(first, first + _LESSON) for first in range(0, len(bonds), _LESSON)]
    with concurrent.futures.ThreadPoolExecutor(min(count, len(rows))) as pool:
        loss, gradient, statistics = map(sum, zip(*pool.map(part, rows)))
    return float(loss[0]), gradient, statistics
