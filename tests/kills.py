"""Processes that are killed, and what they leave: files that are whole, or under a name that no reader looks for."""
import itertools
import json
import multiprocessing
import os
import pathlib
import signal

import gsd.hoomd
import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from safetensors.numpy import load_file

# What takes long to load, of a training, of `gala-ssl embed` and of the script of Table 1.
_LOADED = ["pytest", "tests.small_networks", "gala_ssl.training.pretrain", "gala_ssl.order.embedding",
           "gala_ssl.order.embedding_files", "gala_ssl.order.classical", "gala_ssl.order.compare",
           "gala_ssl.plot.plots"]


def kill_at_rename(n, side):
    """From now on this process kills itself "before" or "after" the n-th file gets its final name."""
    move, count = pathlib.Path.replace, itertools.count(1)

    def replace(self, target):
        now = next(count)
        if (now, "before") == (n, side):
            os.kill(os.getpid(), signal.SIGKILL)
        move(self, target)
        if (now, "after") == (n, side):
            os.kill(os.getpid(), signal.SIGKILL)

    pathlib.Path.replace = replace


def starter():
    """A function that calls a function in a process of its own, and gives its exit code.

    The process has loaded already what takes long; one that does not end within `timeout` seconds is killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)

    def start(function, *arguments, timeout=None, **keywords):
        process = context.Process(target=function, args=arguments, kwargs=keywords)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
        return process.exitcode

    return start


def final(folder):
    """The files in a folder and those under it, but for what was being written aside, sorted."""
    found = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in found if not any(part.startswith(".writing-") for part in path.parts)]


def content(path):
    """What is in a file, read to its end as its suffix says: an error unless it is whole."""
    return _READ.get(path.suffix, pathlib.Path.read_text)(path)


def _json(path):
    return json.loads(path.read_text())


def _csv(path):
    assert path.read_bytes().endswith(b"\n"), f"{path} is cut off"
    return pd.read_csv(path, keep_default_na=False).to_dict("list")


def _npz(path):
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def _h5(path):
    with h5py.File(path) as file:
        return {name: data[()] for name, data in file.items()}


def _gsd(path):
    with gsd.hoomd.open(path) as file:
        return [(frame.configuration.step, frame.particles.position, frame.log) for frame in file]




_READ = {".json": _json, ".csv": _csv, ".npz": _npz, ".h5": _h5, ".gsd": _gsd, ".safetensors": load_file,
         ".png": plt.imread}
