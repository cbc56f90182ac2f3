"""One method on one frame in a process of its own: the rate, the memory, and how soon the first numbers were there.

    python benchmarks/one_method.py METHOD TASK PARTICLES

METHOD is one of METHODS in `benchmarks/kernel.py`, which calls this. Prints JSON.
"""
import json
import os
import pathlib
import sys
import time

# Before TensorFlow starts its threads.
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import numpy as np


def method(name, task):
    """A function of a frame by the name of a method, one of METHODS."""
    if name in ("q4 and q6", "averaged q4 and q6"):
        from gala_ssl.order.classical import AveragedSteinhardt, Steinhardt

        return (AveragedSteinhardt if "averaged" in name else Steinhardt)(degrees=(4, 6), neighbors=(12,))
    if "mdapy" in name:
        from gala_ssl.simulation import classical_names

        return classical_names.template_matching if "PTM" in name else classical_names.adaptive_common_neighbors
    from gala_ssl.order.embedding import Embedding

    embed = Embedding.from_pretrained("frame_classification" if "identify" in name else task, weights="thermal",
                                      engine="keras" if "keras" in name else "kernel", progress=False, jit_compile=True)
    if "keras" not in name:
        embed.network.kernel.threads = 2 if "2 threads" in name else 1
    if "identify" in name:
        from gala_ssl.order.identify import Identifier

        return Identifier(embed)
    return embed


def hot_crystal(size):
    from gala_ssl.frames import prototypes

    return prototypes.build("cF4-Cu", size, noise=0.05)


def grid(count, rng):
    """(count, 3) places in a unit box, on a grid with noise."""
    edge = int(np.ceil(count ** (1 / 3)))
    places = np.stack(np.meshgrid(*3 * [np.arange(edge)]), axis=-1).reshape(-1, 3)[:count]
    return (places + rng.normal(scale=0.05, size=(count, 3))) / edge % 1


def timed(call):
    """(seconds of the processor, seconds of the wall)."""
    start = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - start[0], time.perf_counter() - start[1]


def memory(name):
    """Bytes by the name that Linux has for them: VmRSS, resident now; VmHWM, at most."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith(name)))


def main(name, task, size):
    from gala_ssl.frames.frame import Frame

    small = Frame(4 * grid(64, np.random.default_rng(0)), [4, 4, 4, 0, 0, 0])
    compute = method(name, task)
    compute(small)
    first, before = time.process_time(), memory("VmRSS")
    frame = hot_crystal(int(size))
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    cpu, wall = timed(lambda: compute(frame))
    peak = memory("VmHWM")
    print(json.dumps({"particles": len(frame), "particles_per_cpu_s": len(frame) / cpu,
                      "particles_per_s": len(frame) / wall, "first_cpu_s": first, "peak_gb": peak / 1e9,
                      "bytes_a_particle": (peak - before) / len(frame)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
