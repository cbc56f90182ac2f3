"""Frames: the particles of one moment."""
import dataclasses
import os
import pathlib

import numpy as np

from gala_ssl.base.errors import InputError, pluralize

# What freud can search in: the volume, and a particle's place in it, must be numbers of single precision.
_SMALL, _SHEARED = 1e-12, 1e4


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """Particles in a box at one moment.

    Attributes:
        positions: (N, 3) float32, in the file's own unit of length; kept as a read-only copy.
        box: (6,) float64, `Lx, Ly, Lz, xy, xz, yz` in the convention of GSD and HOOMD-blue
            (lengths, then dimensionless tilt factors); the origin is the centre of the box.
        types: (N,) int32, index into `type_names`; where none are given, all particles are of the first.
        type_names: names of the particle types; where none are given, one, "A".
        ids: (N,) int64, the particles' numbers in the user's own data, or None where these have none.
        periodic: three bools, whether the box repeats along each of its vectors. Along an open one there are no
            images, and particles may lie outside the box.
        step: the time step, or None.
        path, index: the file that the frame was read from and its number in it, or None.
        label: what the frame is, for titles and tables, such as "cF4-Cu liquid"; by default the file's stem in words.
        source: where it came from, for error messages; by default path and index, such as "run.gsd, frame 3".

    Raises:
        InputError: no particles, positions that are NaN or infinite, a box without volume or beyond single precision,
            types or ids that are not whole numbers, an unnamed type.
    """

    positions: np.ndarray
    box: np.ndarray
    # None is filled in, so that whoever reads them finds an array and names.
    types: np.ndarray = None  # type: ignore[assignment]
    type_names: tuple[str, ...] = None  # type: ignore[assignment]
    ids: np.ndarray | None = None
    periodic: tuple[bool, bool, bool] = (True, True, True)
    step: int | None = None
    path: os.PathLike | None = None
    index: int | None = None
    label: str = dataclasses.field(default="", kw_only=True)
    source: str = dataclasses.field(default="", kw_only=True)

    def __post_init__(self):
        self._name()
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
        object.__setattr__(self, "type_names", ("A",) if self.type_names is None else tuple(self.type_names))
        self._check_ids()
        if self.positions.shape[1:] != (3,) or self.types.shape != self.positions.shape[:1]:
            raise InputError(f"A frame needs positions of shape (N, 3) and types of shape (N,), but {where} "
                             f"has {self.positions.shape} and {self.types.shape}.", frame=where)
        if not len(self.positions):
            raise InputError(f"There are no particles in {where}; give a frame that has some.", frame=where)
        finite = np.isfinite(self.positions).all(axis=1)
        if not finite.all():
            raise InputError(f"In {where} the positions of {pluralize(np.sum(~finite), 'particle')} are NaN or "
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

    def _name(self):
        """Fill in label and source by path and index, and make `periodic` three bools."""
        if self.path is not None:
            path = pathlib.Path(self.path)
            object.__setattr__(self, "label", self.label or path.stem.replace("_", " "))
            number = "" if self.index is None else f", frame {self.index}"
            object.__setattr__(self, "source", self.source or f"{path}{number}")
        periodic = tuple(map(bool, self.periodic))
        if len(periodic) != 3:
            raise InputError(f"periodic of {self.where} is {self.periodic!r}; give three of True and False, one for "
                             f"each vector of the box.", frame=self.where, option="periodic", value=self.periodic)
        object.__setattr__(self, "periodic", periodic)

    def _check_ids(self):
        if self.ids is None:
            return
        ids = np.asarray(self.ids)
        if ids.shape != (len(self.positions),) or ids.dtype.kind not in "iu" or (ids.dtype.kind == "u"
                                                                                 and (ids >= 2**63).any()):
            raise InputError(f"The ids of {self.where} are no {len(self.positions)} whole numbers below 2**63; give "
                             f"one for each particle, or none.", frame=self.where, option="ids")
        ids = np.array(ids, np.int64)
        ids.flags.writeable = False
        object.__setattr__(self, "ids", ids)

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self):
        where = f", {self.where}" if self.source or self.label else ""
        along = "".join(axis for axis, periodic in zip("abc", self.periodic) if not periodic)
        return f"Frame({pluralize(len(self), 'particle')}{f', open along {along}' if along else ''}{where})"

    @property
    def cell(self) -> np.ndarray:
        """(3, 3) float64: the box vectors, one a row."""
        return cell_of(self.box)

    def replicated(self, nx: int, ny: int, nz: int) -> "Frame":
        """The frame repeated nx, ny and nz times along its box vectors.

        Returns:
            Frame: N nx ny nz particles, image after image, each in the order of this frame. Particle i of any image
            has the neighbours of particle i in the infinite crystal, so the first N rows of an embedding are enough.
            It has no ids.

        Raises:
            InputError: a number of repeats that is not whole or below 1, or above 1 along an open vector.

        Example:
            >>> len(Frame([[0, 0, 0]], [1, 1, 1, 0, 0, 0]).replicated(5, 5, 5))
            125
        """
        repeats = np.array([nx, ny, nz])
        if not np.issubdtype(repeats.dtype, np.integer) or repeats.min() < 1:
            raise InputError(f"{self.where} can be repeated a whole number of times along each box vector, at least "
                             f"once, not {nx} x {ny} x {nz} times.", frame=self.where)
        for axis, times, periodic in zip("abc", repeats, self.periodic):
            if times > 1 and not periodic:
                raise InputError(f"{self.where} is open along {axis}, so it cannot be repeated along it.",
                                 frame=self.where)
        within = self.positions @ np.linalg.inv(self.cell)
        positions = (repeated(within, repeats) - (repeats - 1) / 2) @ self.cell
        return dataclasses.replace(self, positions=positions, box=self.box * [nx, ny, nz, 1, 1, 1],
                                   types=np.tile(self.types, repeats.prod()), ids=None)

    @property
    def where(self) -> str:
        """What error messages call this frame."""
        return self.source or self.label or "the frame"


def _whole(types):
    """Whether these are whole numbers, of any dtype, that fit into int32."""
    types = np.asarray(types)
    return types.dtype.kind in "biuf" and bool(np.all((types == np.floor(types)) & (abs(types) < 2.0**31)))


def repeated(points, repeats):
    """Fractional points (n, 3) of a cell in `repeats` (3,) cells along its vectors, cell after cell, in cell units."""
    return (np.indices(repeats).reshape(3, -1).T[:, None] + points).reshape(-1, 3)


def cell_of(box):
    """(3, 3) float64, the vectors of a box Lx, Ly, Lz, xy, xz, yz, one a row: `box_of` backwards."""
    lx, ly, lz, xy, xz, yz = np.asarray(box, float)
    return np.array([[lx, 0, 0], [xy * ly, ly, 0], [xz * lz, yz * lz, lz]])


def box_of(cell):
    """Lx, Ly, Lz, xy, xz, yz of a cell (3, 3) of vectors, one a row, zeros above the diagonal: `Frame.cell`."""
    lengths = np.diag(cell)
    return np.array([*lengths, cell[1, 0] / lengths[1], cell[2, 0] / lengths[2], cell[2, 1] / lengths[2]])
