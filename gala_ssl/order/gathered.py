"""Frames of a trajectory through a network: small ones together, so that each call of it has enough to do."""
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.clouds.neighborhoods import PointClouds
from gala_ssl.frames.objects import as_frame
from gala_ssl.order.network import at_a_time


def each(embed, frames, wanted):
    """Yield (frame, iterator of the parts of its rows) for frames in order.

    Frames that are smaller than what the network takes at a time are computed together, as many as fit: a call of Keras
    is filled up with empty clouds, and one of the kernel has no work for several threads in a few. Only their clouds
    wait in memory.

    Args:
        embed: an Embedding. frames: an iterable of what `as_frame` takes. wanted: of the network.
    """
    most, waiting, count = at_a_time(embed.neighbors.most, embed.network.most), [], 0
    for frame in map(as_frame, frames):
        if count + len(frame) > most:
            yield from _together(embed, waiting, wanted)
            waiting, count = [], 0
        if len(frame) > most:
            yield frame, embed.parts(frame, wanted)
        else:
            waiting.append((frame, *embed.searched(frame)))
            count += len(frame)
    yield from _together(embed, waiting, wanted)


def _together(embed, waiting, wanted):
    """Yield the frames of pairs (frame, clouds) and their parts, computed at once."""
    if not waiting:
        return
    clouds = PointClouds.concatenate(clouds for _, clouds in waiting)
    found = embed.compute(clouds, wanted, max(len(frame) for frame, _ in waiting))
    start = 0
    for frame, clouds in waiting:
        yield frame, iter([checked(found[start:start + len(frame)], clouds, wanted, frame, embed.name)])
        start += len(frame)


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
