"""A copy of a trajectory's frames with numbers of ours for each particle, for OVITO to colour by."""
from gala_ssl.frames.formats import writer_of
from gala_ssl.frames.formats.gsd import original, snapshot


def write_components(path, frames, components, spans):
    """Write the frames with columns component_1 and so on, in the format of the path's name.

    Frames of a GSD file keep all they have: velocities, bonds, logs; but no components of an earlier embedding.

    Args:
        path: to write. frames: of `gala_ssl.read_frames`.
        components: (rows, c), rows of all frames. spans: first row of each frame and the one after its last.
    """
    with writer_of(path)(path) as file:
        for frame, (start, stop) in zip(frames, spans):
            of_frame = components[start:stop]
            file.write(frame, {f"component_{c + 1}": of_frame[:, c].copy() for c in range(of_frame.shape[1])})


def copied(frames, i):
    """Frame i of `gala_ssl.read_frames` as `gsd.hoomd.Frame`, with all that a GSD file has of it."""
    frame = frames[i]
    return original(frame) or snapshot(frame)
