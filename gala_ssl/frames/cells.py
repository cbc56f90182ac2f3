"""A cell of any orientation and the particles in it as a Frame: what all formats but GSD have in common."""
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.frames.frame import Frame, box_of

# Of a cell; and how many box lengths from the box a particle is in a known place of it.
_SMALL, _FAR = 1e-12, 1e6
# So many particles in a plane, to a part of the box, are of a two-dimensional system; a unit cell may have fewer.
_MANY, _FLAT = 20, 1e-8


def frame_of(positions, cell, names=None, *, origin=(0, 0, 0), periodic=(True,) * 3, scaled=False, source="", **given):
    """The Frame of particles in a cell, turned so that the cell is a box of GSD's convention, centred on 0.

    Args:
        positions: (N, 3), of any orientation, in the coordinates of the cell's vectors and origin.
        cell: (3, 3), its vectors as rows. Where it is open along a vector of length zero, the particles' extent is
            taken; along a periodic one that is refused.
        names: (N,) of the particles' types, or None where all are of one.
        origin: (3,), of the cell, its corner. periodic: along each vector. scaled: the positions are in parts of the
            cell's vectors, from its corner.
        source, given: what the frame is called in sentences, and what else Frame is told.

    Particles are wrapped into the box along its periodic vectors; along open ones they stay where they are.

    Raises:
        InputError: no cell, one without volume, particles in one plane or too far away, and what Frame refuses.
    """
    positions, cell = np.asarray(positions, np.float64).reshape(-1, 3), np.asarray(cell, np.float64)
    origin, periodic = np.array(origin, np.float64), tuple(map(bool, periodic))
    if not scaled:
        cell, origin = _completed(cell, origin, positions, periodic)
    _check(cell, source)
    with np.errstate(invalid="ignore", over="ignore"):  # Frame raises an error for positions that are NaN
        places = positions.copy() if scaled else (positions - origin) @ np.linalg.inv(cell)
        if np.linalg.det(cell) < 0:  # the same lattice with a right-handed cell: no mirror image
            cell, places = cell * [[1], [1], [-1]], places * [1, 1, -1] + [0, 0, 1]
        wrapped = np.array(periodic)
        away = abs(places[:, wrapped]).max(axis=1, initial=0)
        apart = places - places[:1]
        flat = (abs(apart - np.round(apart)) < _FLAT).all(axis=0)
        # Back into the cell before rounding to single precision; what is on a face stays on the lower one.
        places[:, wrapped] -= np.floor(places[:, wrapped] + 1e-9)
    if (far := np.isfinite(away) & (away > _FAR)).any():
        raise InputError(f"Particle {far.argmax()} of {source} lies {away[far.argmax()]:.2g} box lengths away, so that "
                         f"its place in the box is lost; wrap the particles into the box.", frame=source)
    type_names, types = numbered(names) if names is not None else (("1",), None)
    box = _turned(cell)
    frame = Frame((places - 0.5) @ box, box_of(box), types, type_names, periodic=periodic, source=source, **given)
    if len(frame) >= _MANY and flat.any() and not flat.all():
        raise InputError(f"All particles of {source} lie in one plane across {'abc'[flat.argmax()]}; two-dimensional "
                         f"frames are not supported.", frame=source)
    return frame


def numbered(names):
    """The distinct names of types (N,), in alphabetical order or, of numbers, in theirs, and each one's place in it."""
    type_names, types = np.unique(np.asarray(names).astype(str), return_inverse=True)
    if all(name.isdecimal() for name in type_names):
        order = np.argsort(type_names.astype(int))  # 10 after 9
        type_names, types = type_names[order], np.argsort(order)[types]
    return tuple(map(str, type_names)), types


def telling(columns):
    """Of columns that name the particles' types, the first that tells some of them apart, else the first; or None.

    A column that makes all particles alike may be what a program writes where it was told nothing, as LAMMPS writes
    the element C.
    """
    columns = [column for column in columns if column is not None]
    return next((column for column in columns if len(set(column)) > 1), columns[0] if columns else None)


def _turned(cell):
    """The vectors (3, 3) of a right-handed cell turned so that the first is along x and the second in the xy plane."""
    if not np.any(np.triu(cell, 1)) and (np.diag(cell) > 0).all():
        return cell
    triangle = np.linalg.qr(cell.T, mode="r")
    return (triangle * np.sign(np.diag(triangle))[:, None]).T


def _completed(cell, origin, positions, periodic):
    """The cell and its origin, with vectors in place of those of length zero along which it is open."""
    missing = ~cell.any(axis=1) & ~np.array(periodic)
    if not missing.any() or not np.isfinite(positions).all() or not len(positions):
        return cell, origin
    from ase.cell import Cell  # which takes a second that most files do without

    cell, origin = np.array(Cell(cell).complete()), origin.copy()
    cell[missing] /= np.linalg.norm(cell[missing], axis=1, keepdims=True)
    for vector in np.flatnonzero(missing):
        along = positions @ cell[vector]
        low, high = along.min(), along.max()
        origin += (low - origin @ cell[vector]) * cell[vector]
        cell[vector] *= max(high - low, np.spacing(np.float32(abs(along).max())) * 1e3) or 1
    return cell, origin


def _check(cell, source):
    """InputError unless the cell spans a volume."""
    lengths = np.linalg.norm(cell, axis=1)
    present = int(np.sum(cell.any(axis=1)))
    if present == 0:
        raise InputError(f"{source} has no periodic cell; give a file that states the box, as extended XYZ does "
                         f"with Lattice=\"Lx 0 0 0 Ly 0 0 0 Lz\" in its second line, or pbc=\"F F F\" where there "
                         f"is none.", frame=source)
    if present < 3:
        raise InputError(f"The cell of {source} has no volume; two-dimensional frames are not supported.", frame=source)
    if not np.isfinite(lengths).all() or not (_SMALL < lengths).all():
        raise InputError(f"The cell of {source} has the lengths {lengths.tolist()}; give finite ones above {_SMALL:g}.",
                         frame=source)
    if abs(np.linalg.det(cell / lengths[:, None])) < _SMALL:
        raise InputError(f"The vectors of the cell of {source} lie in one plane, so it has no volume; "
                         f"two-dimensional frames are not supported.", frame=source)
