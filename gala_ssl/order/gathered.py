"""Frames of a trajectory through a network: small ones together, so that each call of it has enough to do."""
import collections
import concurrent.futures

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.clouds.neighborhoods import PointClouds
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.objects import as_frame
from gala_ssl.order.network import at_a_time

_END = object()


def each(embed, frames, wanted):
    """Yield (frame, iterator of the parts of its rows) for frames in order.

    Frames that are smaller than what the network takes at a time are computed together, as many as fit: a call of Keras
    is filled up with empty clouds, and one of the kernel has no work for several threads in a few. Only their clouds
    wait in memory.

    Args:
        embed: an Embedding. frames: an iterable of what `as_frame` takes. wanted: of the network.
    """
    most = at_a_time(embed.neighbors.most, embed.network.most)
    for group in ahead(_groups(embed, map(as_frame, frames), most), embed.network.in_flight):
        if isinstance(group, Frame):
            yield group, embed.parts(group, wanted)
            continue
        found = embed.compute(PointClouds.concatenate(clouds for _, clouds in group), wanted,
                              max(len(frame) for frame, _ in group))
        start = 0
        for frame, clouds in group:
            yield frame, iter([checked(found[start:start + len(frame)], clouds, wanted, frame, embed.name)])
            start += len(frame)


def _groups(embed, frames, most):
    """Yield larger frames as they are, and smaller ones in lists of (frame, its clouds), up to `most` clouds in all."""
    waiting, count = [], 0
    for frame in frames:
        if waiting and count + len(frame) > most:
            yield waiting
            waiting, count = [], 0
        if len(frame) > most:
            yield frame
        else:
            waiting.append((frame, PointClouds.concatenate(embed.searched(frame))))
            count += len(frame)
    if waiting:
        yield waiting


def ahead(items, count):
    """Yield what an iterator gives, which a thread asks for up to `count` items before they are needed.

    So neighbours are searched while an accelerator computes. On a processor it does not pay, see results/benchmarks.
    """
    if not count:
        yield from items
        return
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = collections.deque(pool.submit(next, items, _END) for _ in range(count))
        while (item := waiting.popleft().result()) is not _END:
            waiting.append(pool.submit(next, items, _END))
            yield item


def checked(found, clouds, wanted, frame, name):
    """What the network made of clouds; rows of those without bonds are NaN, unless values of bonds are wanted.

    Raises:
        InputError: NaN or infinity where there are bonds.
    """
    there = clouds.mask.any(axis=1)
    if not np.isfinite(found[there]).all():
        where = getattr(frame, "where", None)
        raise InputError(f"The {name} network makes NaN or infinity of particles of {where or 'the point clouds'}; "
                         f"their bonds are of too different lengths for single precision, or the weights are damaged.",
                         frame=where, option="task", value=name)
    if wanted == "bonds" or there.all():
        return found
    found = np.array(found)
    found[~there] = np.nan
    return found
