"""Objects of other packages as frames, without importing these packages."""
from collections.abc import Callable
from typing import Any

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.frames.cells import frame_of, numbered
from gala_ssl.frames.frame import Frame

# A frame wherever one is taken: a Frame, or what `as_frame` makes one of, whose classes are not imported.
FrameLike = Frame | Any


def as_frame(x: FrameLike) -> Frame:
    """The Frame that an object of another package is.

    Args:
        x: a Frame (returned as it is), ASE Atoms, a pair (box, points) as freud takes it (a freud Box, or what freud
            makes one of: lengths, or Lx, Ly, Lz, xy, xz, yz, or a matrix of vectors as columns), a gsd.hoomd.Frame, an
            MDAnalysis Universe, AtomGroup or Timestep, or an OVITO DataCollection.

    Returns:
        Frame: types are chemical symbols or names where there are some; ids are kept where there are some, and time
        steps. Open boundaries stay open.

    Raises:
        InputError: another object, one without a box, and what Frame refuses.

    Example:
        >>> gs.as_frame(ase.build.bulk("Cu", cubic=True) * (4, 4, 4))
        Frame(256 particles, ASE Atoms)
    """
    if isinstance(x, Frame):
        return x
    if isinstance(x, (tuple, list)) and len(x) == 2:
        return of_freud(*x)
    for cls in type(x).__mro__:
        known = _KINDS.get((cls.__module__.split(".")[0], cls.__name__))
        if known:
            return known(x)
    raise InputError(f"An object of {type(x).__module__}.{type(x).__qualname__} is no frame; give a Frame, ASE Atoms, "
                     f"(box, points), a gsd.hoomd.Frame, an MDAnalysis Universe or Timestep, or an OVITO "
                     f"DataCollection.", option="frame", value=type(x).__qualname__)


def of_ase(atoms, source="ASE Atoms", **given):
    """The Frame of ASE Atoms."""
    ids = atoms.arrays.get("id")
    return frame_of(atoms.positions, atoms.cell.array, np.array(atoms.get_chemical_symbols()),
                    origin=atoms.get_celldisp().ravel(), periodic=atoms.pbc, source=source,
                    ids=None if ids is None else ids.astype(np.int64), **given)


def of_freud(box, points):
    """The Frame of a box and points (N, 3) as freud takes them; the box is centred on 0."""
    import freud

    try:
        # from_box forgets which vectors are periodic.
        box = box if isinstance(box, freud.box.Box) else freud.box.Box.from_box(box)
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"The first of two, {box!r}, is no box ({error}); give (box, points) as freud takes them.",
                         option="box", value=box) from error
    return Frame(points, [box.Lx, box.Ly, box.Lz, box.xy, box.xz, box.yz], periodic=box.periodic,
                 source="(box, points)")


def of_gsd(snapshot):
    """The Frame of a gsd.hoomd.Frame."""
    particles = snapshot.particles
    return Frame(particles.position, snapshot.configuration.box, particles.typeid, tuple(particles.types or ("A",)),
                 step=snapshot.configuration.step, source="gsd.hoomd.Frame")


def of_mdanalysis(group):
    """The Frame of an MDAnalysis Universe or AtomGroup, at its present time step."""
    atoms = getattr(group, "atoms", group)
    step = atoms.universe.trajectory.ts
    frame = of_timestep(step, atoms.positions)
    names = next((getattr(atoms, name) for name in ("elements", "types", "names") if hasattr(atoms, name)), None)
    names, types = numbered(names) if names is not None else (None, None)
    ids = np.asarray(atoms.ids, np.int64) if hasattr(atoms, "ids") else None
    return Frame(frame.positions, frame.box, types, names, ids, frame.periodic, frame.step,
                 source="MDAnalysis Universe")


def of_timestep(step, positions=None):
    """The Frame of an MDAnalysis Timestep, which has no types; without a box it is open along all vectors."""
    boxed = step.dimensions is not None and np.any(step.dimensions)
    number = step.data.get("step")
    return frame_of(step.positions if positions is None else positions,
                    np.asarray(step.triclinic_dimensions, float) if boxed else np.zeros((3, 3)), periodic=[boxed] * 3,
                    step=None if number is None else int(number), source="MDAnalysis Timestep", index=int(step.frame))


def of_ovito(data):
    """The Frame of an OVITO DataCollection with particles and a simulation cell."""
    particles = data.particles
    if particles is None or data.cell is None:
        raise InputError("The OVITO DataCollection has no particles or no simulation cell.", option="frame")
    matrix, names = np.asarray(data.cell), None
    if (types := particles.particle_types) is not None:
        known = {kind.id: kind.name or str(kind.id) for kind in types.types}
        names = [known.get(int(kind), str(int(kind))) for kind in np.asarray(types)]
    ids = None if particles.identifiers is None else np.asarray(particles.identifiers, np.int64)
    step = data.attributes.get("Timestep")
    return frame_of(np.asarray(particles.positions), matrix[:, :3].T, names, origin=matrix[:, 3],
                    periodic=data.cell.pbc, ids=ids, step=None if step is None else int(step),
                    source="OVITO DataCollection")


# By the package and the name of a class.
_KINDS: dict[tuple[str, str], Callable[..., Frame]] = {
    ("ase", "Atoms"): of_ase, ("gsd", "Frame"): of_gsd, ("MDAnalysis", "Universe"): of_mdanalysis,
    ("MDAnalysis", "AtomGroup"): of_mdanalysis, ("MDAnalysis", "Timestep"): of_timestep,
    ("ovito", "DataCollection"): of_ovito}
