"""One page of HTML with a trajectory in it: particles in space, linked to a map of them, offline."""
import base64
import html
import importlib.resources
import json
import re
import zlib

import matplotlib
import numpy as np
from matplotlib.colors import to_hex

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import write_text
from gala_ssl.clouds.lengths import nearest_distances
from gala_ssl.plot.drawings import MAP, centred
from gala_ssl.plot.style import name_colors

# Whole numbers that coordinates are rounded to, and shades of a colour scale.
_STEPS, _SHADES = 65535, 32
# Corners of a box, in units of its vectors, and the pairs of them that its edges join.
_CORNERS = np.stack(np.meshgrid(*[[-0.5, 0.5]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
_EDGES = [(i, j) for i in range(8) for j in range(i) if np.sum(_CORNERS[i] != _CORNERS[j]) == 1]


def write_page(path, frames, names, probabilities, spots, labels=None, title="Trajectory", sentences=(),
               axes=("component 1", "component 2")):
    """Write the page: particles in space and in a map, coloured by structure, probability or a component of the map.

    The page needs no network: data and regl (MIT licence) are in it. It works in browsers with WebGL of 2023 and later.
    Positions are rounded to 1/65535 of the box.

    Args:
        path: .html to write, a whole file.
        frames: sequence of T Frames. names: T arrays (N,) of str. probabilities: T arrays (N,), 0 to 1, or
            NaN, which is shown as 0.
        spots: T arrays (N, 2), where the particles are in the map.
        labels: T texts, what the frames are called; None for "frame 0" and so on.
        title: of the page. sentences: below it. axes: names of the two directions of the map.

    Raises:
        InputError: no frames, a number of particles that differs among the arrays of a frame, or more than 256 names.
    """
    if not len(frames):
        raise InputError("A page needs a frame; give one or more.", option="frames", value=0)
    known = list(dict.fromkeys(name for of_frame in names for name in np.unique(of_frame).tolist()))
    if len(known) > 256:
        raise InputError(f"A page has up to 256 names, not {len(known)}; give fewer.", option="names", value=len(known))
    labels = [f"frame {i}" for i in range(len(frames))] if labels is None else labels
    packed, radius = [], 0.0
    every = np.concatenate([np.asarray(part, np.float32) for part in spots])
    low, high = every.min(axis=0), every.max(axis=0)
    for i, frame in enumerate(frames):
        if not len(frame) == len(names[i]) == len(probabilities[i]) == len(spots[i]):
            raise InputError(f"{frame.where} has {len(frame)} particles, but there are {len(names[i])} names, "
                             f"{len(probabilities[i])} probabilities and {len(spots[i])} places in the map; give as "
                             f"many.", frame=frame.where)
        packed.append(_packed_frame(frame, names[i], probabilities[i], spots[i], known, low, high)
                      | {"label": labels[i], "number": i})
        radius = max(radius, float(np.linalg.norm(_CORNERS @ frame.cell, axis=1).max()))
    colors = name_colors(known)
    shades = matplotlib.colormaps[MAP](np.linspace(0, 1, _SHADES))
    last = frames[len(frames) - 1]
    data = {"frames": packed, "names": known, "colors": [colors[name] for name in known],
            "scale": [to_hex(shade) for shade in shades], "sentences": list(sentences), "start": len(packed) - 1,
            "radius": radius, "diameter": float(np.median(nearest_distances(last))),
            "map": {"low": low.tolist(), "high": high.tolist(), "labels": list(axes)}}
    write_text(path, _filled(data, title, axes))


def map_of(scores, rows=50000):
    """Where particles are in a map: the first two principal components of their scores.

    Args:
        scores: T arrays (N, d), such as `Identification.log_probabilities`; a row of NaN is put at 0.
        rows: that the components are fitted to.

    Returns:
        list of T arrays (N, 2) float32.
    """
    every = np.concatenate(scores)
    every = every[~np.isnan(every).any(axis=1)]
    if not len(every):
        return [np.zeros((len(part), 2), np.float32) for part in scores]
    step = max(1, len(every) // rows)
    mean = every[::step].mean(axis=0, dtype=np.float64)
    directions = np.linalg.svd(every[::step] - mean, full_matrices=False)[2][:2]
    # The sign is arbitrary: the largest part of a direction is positive.
    directions *= np.sign(directions[np.arange(len(directions)), abs(directions).argmax(axis=1)])[:, None]
    return [np.nan_to_num((part - mean) @ directions.T).astype(np.float32) for part in scores]


def _packed_frame(frame, names, probabilities, spots, known, low, high):
    places = centred(frame)
    least, most = places.min(axis=0), places.max(axis=0)
    codes = np.array([known.index(name) for name in np.unique(names)], np.uint8)
    corners = np.round(_CORNERS @ frame.cell, 4)
    return {"count": len(frame), "places": _whole(places, least, most), "low": least.tolist(), "high": most.tolist(),
            "spots": _whole(spots, low, high),
            "structures": _packed(codes[np.unique(names, return_inverse=True)[1]]),
            "probability": _packed(np.round(255 * np.nan_to_num(probabilities)).astype(np.uint8)),
            "edges": corners[np.ravel(_EDGES)].tolist()}


def _whole(values, low, high):
    """Values (N, d) as whole numbers 0 to 65535 between low and high (d,), packed."""
    span = np.where(high > low, high - low, 1)
    return _packed(np.round((np.asarray(values, np.float64) - low) / span * _STEPS).clip(0, _STEPS).astype("<u2"))


def _packed(array):
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 6)).decode()


def _filled(data, title, axes):
    """The template with everything in it; each mark is replaced once, so that no text is taken for a mark."""
    folder = importlib.resources.files("gala_ssl.plot") / "page"
    page, script, regl = ((folder / name).read_text(encoding="utf-8")
                          for name in ("page.html", "page.js", "regl.min.js"))
    licence = (folder / "regl.LICENSE").read_text(encoding="utf-8").strip()
    values = {"TITLE": html.escape(title), "AXES": html.escape(f"across: {axes[0]}, up: {axes[1]}"),
              "DATA": json.dumps(data).replace("<", "\\u003c"),  # so that no name ends the element of the data
              "REGL": f"/* regl, https://github.com/regl-project/regl\n{licence} */\n{regl}", "SCRIPT": script}
    return re.sub("@([A-Z]+)@", lambda mark: values[mark[1]], page)
