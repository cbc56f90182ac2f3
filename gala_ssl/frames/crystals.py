"""Crystals: unit cells that frames of any size are made of."""
import dataclasses
import typing

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.randomness import rng
from gala_ssl.frames.frame import Frame, box_of, repeated


@dataclasses.dataclass(frozen=True)
class Crystal:
    """A unit cell as plain values, so that a card can keep it.

    Attributes:
        name: of the structure.
        vectors: three rows of three numbers, the cell vectors: the first along x, the second in the xy plane, scaled to
            a shortest interparticle distance of 1.
        points: n rows of three fractional coordinates in [0, 1).
        types: n whole numbers, places in `type_names`.
        type_names: names of the types of particles.
        source: the file or the table that it comes from.
        space_group: its number in the International Tables; None where nobody determined it.
    """

    name: str
    # Any sequences, which become tuples.
    vectors: typing.Any
    points: typing.Any
    types: typing.Any
    type_names: typing.Any
    source: str = ""
    space_group: int | None = None

    def __post_init__(self):
        for field in ("vectors", "points"):
            rows = np.asarray(getattr(self, field), float)
            if rows.ndim != 2 or rows.shape[1] != 3 or not np.isfinite(rows).all():
                raise InputError(f"The {field} of the structure {self.name} are not rows of three numbers.",
                                 option=field, value=self.name)
            object.__setattr__(self, field, tuple(map(tuple, rows.tolist())))
        object.__setattr__(self, "types", tuple(int(kind) for kind in self.types))
        object.__setattr__(self, "type_names", tuple(self.type_names))
        if len(self.types) != len(self.points) or len(self.vectors) != 3:
            raise InputError(f"The structure {self.name} needs three vectors and a type for each of its points.",
                             option="types", value=self.name)

    def __len__(self):
        return len(self.points)

    def frame(self, min_particles: int, noise: float = 0.0, seed: int = 0) -> Frame:
        """The crystal as a periodic Frame, its cell repeated to at least `min_particles`, as near cubic as it allows.

        Args:
            noise: standard deviation on each coordinate, in shortest distances. seed: of the noise, which is drawn from
                (seed, name, noise level).
        """
        def displacements(shape):
            level = int(np.float64(noise).view(np.uint64))
            return rng(seed, "structure noise", self.name, level).normal(scale=noise, size=shape)

        return crystal_frame(np.array(self.vectors), np.array(self.points), min_particles,
                             displacements if noise > 0 else None, self.types, type_names=self.type_names,
                             label=self.name, source=f"structure {self.name}")


def shortest_distance(vectors, points):
    """Distance of the two nearest particles of a crystal, images included.

    Args:
        vectors: (3, 3), as rows. points: (n, 3), fractional coordinates in [0, 1).
    """
    from scipy.spatial import cKDTree  # which takes a fifth of a second, and names do not need

    # The nearest particle of any particle lies in its own cell or a cell that touches it, if these are little tilted.
    images = np.indices((3, 3, 3)).reshape(3, -1).T - 1
    everything = (images[:, None] + points).reshape(-1, 3) @ vectors
    return cKDTree(everything).query(points @ vectors, k=2)[0][:, 1].min()


def crystal_frame(vectors, points, min_particles, displacements=None, types=None, **given):
    """A periodic Frame of a crystal whose cell is repeated, as near cubic as it allows.

    Args:
        vectors: (3, 3) cell vectors as rows, lower triangular. points: (n, 3), fractional coordinates.
        min_particles: least number of particles; the frame holds a whole number of cells.
        displacements: function of a shape (N, 3) that gives displacements of it, or None.
        types: (n,), or None. given: what else a Frame takes.

    Returns:
        Frame: wrapped into the box; the box with the least tilt that the lattice allows.
    """
    repeats = _repeats(vectors, len(points), min_particles)
    positions = repeated(points, repeats) @ vectors
    if displacements is not None:
        positions += displacements(positions.shape)
    box = _reduced(repeats[:, None] * vectors)
    inside = positions @ np.linalg.inv(box)
    inside -= np.floor(inside + 1e-9)  # what rounding left just under the upper face belongs on the lower one
    if types is not None:
        types = np.tile(types, repeats.prod())
    return Frame(((inside - 0.5) @ box).astype(np.float32), box_of(box), types, **given)


def _reduced(vectors):
    """The same lattices with the least tilt: vectors (..., 3, 3) as rows, lower triangular both."""
    a, b, c = np.moveaxis(vectors, -2, 0)
    c = c - np.round(c[..., 1:2] / b[..., 1:2]) * b
    b = b - np.round(b[..., :1] / a[..., :1]) * a
    c = c - np.round(c[..., :1] / a[..., :1]) * a
    return np.stack([a, b, c], axis=-2)


def face_distances(vectors):
    """Distances (..., 3) between opposite faces of cells (..., 3, 3) with vectors as rows."""
    return 1 / np.linalg.norm(np.linalg.inv(vectors), axis=-2)


def _repeats(vectors, particles, min_particles):
    """How often to repeat a cell of `particles` along each vector (3,) to hold at least `min_particles`.

    Of all choices that reach the number, the one with the least product of (largest face distance / smallest)
    and (particles / `min_particles`): near cubic, with little excess. For 4096 that makes 217,670
    in the 50 structures. Equal repeats first, then more along the shortest edge, is the rule that gives the
    paper's 224,768, but it leaves long cells far from cubic (1 : 7 for hR3-Sm).
    """
    cells = -(-min_particles // particles)
    edge = (cells * np.linalg.det(vectors)) ** (1 / 3)
    limit = np.ceil(2 * edge / face_distances(vectors)).astype(int)
    nx, ny = np.indices(limit[:2]).reshape(2, -1) + 1
    choices = np.stack([nx, ny, -(-cells // (nx * ny))], axis=1)
    heights = face_distances(_reduced(choices[:, :, None] * vectors))
    cost = heights.max(axis=1) / heights.min(axis=1) * choices.prod(axis=1) / cells
    return choices[np.argmin(cost.round(9))]  # rounded: of equals the first, on every machine
