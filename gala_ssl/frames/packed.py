"""Many small periodic frames in one compact .npz file: fractional coordinates as 16-bit integers.

Layout of the file, for n frames of N_i particles:

- `positions`: (sum N_i, 3) uint16, u. The fractional coordinate is (u + 0.5) / 65536 from one face of the box to the
  other, so it is in error by at most 1 / 131072 along each edge: for 1,000 to 2,000 particles about 1e-4 of the
  nearest distance a coordinate.
- `offsets`: (n + 1,) int64; frame i has the rows offsets[i] to offsets[i + 1].
- `boxes`: (n, 6) float64, `Lx, Ly, Lz, xy, xz, yz` as in `Frame`.
"""
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.frames.frame import Frame, cell_of

LEVELS = 2 ** 16


def pack(positions, box):
    """Positions (N, 3), centred on the box's centre or wrapped in any way, as (N, 3) uint16."""
    fractions = np.linalg.solve(cell_of(box).T, np.asarray(positions, float).T).T + 0.5
    return np.floor((fractions - np.floor(fractions)) * LEVELS).astype(np.int64).astype(np.uint16)


def unpack(packed, box):
    """Positions (N, 3) float64 in the box centred at the origin, of what `pack` made."""
    return ((np.asarray(packed, float) + 0.5) / LEVELS - 0.5) @ cell_of(box)


def save_packed(file, frames):
    """Write frames, a sequence of (positions (N, 3), box (6,)), to a path or an open binary file."""
    boxes = np.array([box for _, box in frames], float).reshape(-1, 6)
    counts = [len(positions) for positions, _ in frames]
    np.savez_compressed(
        file, positions=np.concatenate([pack(*frame) for frame in frames]),
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), boxes=boxes)


def load_packed(path, labels=None):
    """The frames of a file that `save_packed` wrote, a list of `Frame`.

    Args:
        path: of the file.
        labels: the frames' labels, in their order; none where left out.
    """
    with np.load(path) as data:
        positions, offsets, boxes = data["positions"], data["offsets"], data["boxes"]
    if len(offsets) != len(boxes) + 1 or offsets[-1] != len(positions):
        raise InputError(f"In {path} the offsets, boxes and positions do not belong together.", path=path,
                         option="offsets")
    labels = [""] * len(boxes) if labels is None else list(labels)
    if len(labels) != len(boxes):
        raise InputError(f"{path} has {len(boxes)} frames, but {len(labels)} labels are given.", path=path,
                         option="labels", value=len(labels))
    return [Frame(unpack(positions[low:high], box), box, label=label, source=f"{path}, frame {index}")
            for index, (low, high, box, label) in enumerate(zip(offsets, offsets[1:], boxes, labels))]
