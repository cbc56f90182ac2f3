"""Frames: the particles of one moment."""
import dataclasses

import numpy as np

from gala_ssl.base.errors import InputError, counted

# What freud can search in: the volume, and a particle's place in it, must be numbers of single precision.
_SMALL, _SHEARED = 1e-12, 1e4


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """Particles in a periodic box at one moment.

    Attributes:
        positions: (N, 3) float32, in the file's own unit of length; kept as a read-only copy.
        box: (6,) float64, `Lx, Ly, Lz, xy, xz, yz` in the convention of GSD and HOOMD-blue
            (lengths, then dimensionless tilt factors); the origin is the centre of the box.
        types: (N,) int32, index into `type_names`; where none are given, all particles are of the first.
        type_names: names of the particle types.
        label: what the frame is, for titles and tables, such as "cF4-Cu liquid".
        source: where it came from, for error messages, such as "run.gsd, frame 3".

    Raises:
        InputError: no particles, positions that are NaN or infinite, a box without volume or beyond single precision,
            types that are not whole numbers, an unnamed type.
    """

    positions: np.ndarray
    box: np.ndarray
    types: np.ndarray | None = None
    type_names: tuple = ("A",)
    label: str = ""
    source: str = ""

    def __post_init__(self):
        where = self.where
        if self.types is None:
            object.__setattr__(self, "types", np.zeros(len(self.positions)))
        if not _whole(self.types):
            raise InputError(f"The types of {where} are not all whole numbers below 2**31; give each particle's place "
                             f"in the names of the types, 0 for the first.", frame=where)
        for name, dtype in (("positions", np.float32), ("box", np.float64), ("types", np.int32)):
            array = np.array(getattr(self, name), dtype)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "type_names", tuple(self.type_names))
        if self.positions.shape[1:] != (3,) or self.types.shape != self.positions.shape[:1]:
            raise InputError(f"A frame needs positions of shape (N, 3) and types of shape (N,), but {where} "
                             f"has {self.positions.shape} and {self.types.shape}.", frame=where)
        if not len(self.positions):
            raise InputError(f"There are no particles in {where}; give a frame that has some.", frame=where)
        finite = np.isfinite(self.positions).all(axis=1)
        if not finite.all():
            raise InputError(f"In {where} the positions of {counted(np.sum(~finite), 'particle')} are NaN or "
                             f"infinite, the first of them particle {np.argmin(finite)}; give a frame from "
                             f"before the run blew up.", frame=where)
        if self.box.shape != (6,) or not np.isfinite(self.box).all() or not (self.box[:3] > 0).all():
            raise InputError(f"The box of {where} is {self.box.tolist()}, but it needs Lx, Ly, Lz, xy, xz, "
                             f"yz with three lengths above zero; two-dimensional frames are not supported.",
                             frame=where, option="box", value=self.box.tolist())
        if not ((_SMALL < self.box[:3]) & (self.box[:3] < 1 / _SMALL)).all() or (abs(self.box[3:]) > _SHEARED).any():
            raise InputError(f"The box of {where} is {self.box.tolist()}, which is beyond single precision; give "
                             f"lengths between {_SMALL:g} and {1 / _SMALL:g}, and tilt factors up to {_SHEARED:g}.",
                             frame=where, option="box", value=self.box.tolist())
        if not (0 <= self.types.min() and self.types.max() < len(self.type_names)):
            raise InputError(f"The types of {where} run from {self.types.min()} to {self.types.max()}, but "
                             f"it names {len(self.type_names)} types.", frame=where)

    def __len__(self):
        return len(self.positions)

    @property
    def cell(self):
        """(3, 3) float64: the box vectors, one a row."""
        lx, ly, lz, xy, xz, yz = self.box
        return np.array([[lx, 0, 0], [xy * ly, ly, 0], [xz * lz, yz * lz, lz]])

    def replicated(self, nx, ny, nz):
        """The frame repeated nx, ny and nz times along its box vectors.

        Returns:
            Frame: N nx ny nz particles, image after image, each in the order of this frame. Particle i of any image
            has the neighbours of particle i in the infinite crystal, so the first N rows of an embedding are enough.

        Raises:
            InputError: a number of repeats that is not whole or below 1.

        Example:
            >>> len(Frame([[0, 0, 0]], [1, 1, 1, 0, 0, 0]).replicated(5, 5, 5))
            125
        """
        repeats = np.array([nx, ny, nz])
        if not np.issubdtype(repeats.dtype, np.integer) or repeats.min() < 1:
            raise InputError(f"{self.where} can be repeated a whole number of times along each box vector, at least "
                             f"once, not {nx} x {ny} x {nz} times.", frame=self.where)
        within = self.positions @ np.linalg.inv(self.cell)
        positions = (repeated(within, repeats) - (repeats - 1) / 2) @ self.cell
        return dataclasses.replace(self, positions=positions, box=self.box * [nx, ny, nz, 1, 1, 1],
                                   types=np.tile(self.types, repeats.prod()))

    @property
    def where(self):
        """What error messages call this frame."""
        return self.source or self.label or "the frame"


def _whole(types):
    """Whether these are whole numbers, of any dtype, that fit into int32."""
    types = np.asarray(types)
    return types.dtype.kind in "biuf" and bool(np.all((types == np.floor(types)) & (abs(types) < 2.0**31)))


def repeated(points, repeats):
    """Fractional points (n, 3) of a cell in `repeats` (3,) cells along its vectors, cell after cell, in cell units."""
    return (np.indices(repeats).reshape(3, -1).T[:, None] + points).reshape(-1, 3)


def box_of(cell):
    """Lx, Ly, Lz, xy, xz, yz of a cell (3, 3) of vectors, one a row, zeros above the diagonal: `Frame.cell`."""
    lengths = np.diag(cell)
    return np.array([*lengths, cell[1, 0] / lengths[1], cell[2, 0] / lengths[2], cell[2, 1] / lengths[2]])
