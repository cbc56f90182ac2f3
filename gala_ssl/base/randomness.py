"""Random streams by name: every use of chance draws from a stream of its own."""
import hashlib

import numpy as np

# The shipped weights, trajectories and results were made with these streams, so they keep the numbers of version 0.1.0:
# those of the generator of (seed, the numbers here, the further numbers). Of one seed some are the same stream: those
# without a number here and noise level 0, and split and noise level 1. A noise level gives no more than the seed of
# "prototype noise", and the others never meet in one result; neither do order of clouds and thermal environments, of
# which epoch 11 of the one is epoch 2 of the other: what is thermal has no order of clouds.
_NUMBERED = {
    "bootstrap": (), "environments to compare": (), "orientations": (), "start of a simulation": (),
    "noise level": (), "period of a simulation": (), "prototype noise": (),
    "split": (1,), "order of clouds": (2,), "choice of clouds": (3,), "questions": (4,), "fraction of clouds": (5,),
    "particles of a frame": (6,), "thermal environments": (11,),
}


def rng(seed, purpose, *further):
    """Return the random generator of one purpose.

    Args:
        seed: a whole number from 0 up, or a tuple of them.
        purpose: what is drawn, in words; other words give another stream.
        further: whole numbers from 0 up or words, which stream of this purpose, such as the epoch.

    Returns:
        numpy.random.Generator: equal arguments give equal numbers.

    Example:
        >>> rng(13, "dropout", 1).integers(10) == rng(13, "dropout", 1).integers(10)
        True
    """
    seeds = np.atleast_1d(seed).tolist()
    if purpose in _NUMBERED:
        return np.random.default_rng([*seeds, *_NUMBERED[purpose], *further])
    # With its type and length in front, no part runs into the next: 13 and then 0 is neither 13 alone nor 130.
    parts = [len(seeds), *seeds, purpose, *(part if isinstance(part, str) else int(part) for part in further)]
    text = "".join(f"{type(part).__name__} {len(str(part))} {part}" for part in parts)
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))
