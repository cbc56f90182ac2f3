"""A copy of a trajectory's frames with numbers of ours for each particle, for OVITO to colour by."""
import gsd.hoomd

from gala_ssl.frames.formats.gsd import opened, snapshot

LOG = "particles/gala_ssl/component_"


def write_coloured(path, frames, components, spans):
    """Write a GSD file of the frames with `log/particles/gala_ssl/component_1` and so on.

    Frames of a GSD file keep all they have: velocities, bonds, logs; but no components of an earlier embedding.

    Args:
        path: to write. frames: of `gala_ssl.read_frames`.
        components: (rows, c), rows of all frames. spans: first row of each frame and the one after its last.
    """
    with gsd.hoomd.open(path, "w") as trajectory:
        for i, (start, stop) in enumerate(spans):
            frame = copied(frames, i)
            of_frame = components[start:stop]
            others = {name: value for name, value in frame.log.items() if not name.startswith(LOG)}
            frame.log = {**others, **{f"{LOG}{c + 1}": of_frame[:, c].copy() for c in range(of_frame.shape[1])}}
            trajectory.append(frame)


def copied(frames, i):
    """Frame i of `gala_ssl.read_frames` as `gsd.hoomd.Frame`, with all that a GSD file has of it."""
    if frames.path.suffix.lower() != ".gsd":
        return snapshot(frames[i])
    with opened(frames.path) as source:
        return source[frames.numbers[i]]
