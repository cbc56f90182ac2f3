"""A crystal and its files in the formats that users have."""
import ase
import ase.io
import numpy as np
from scipy.spatial.transform import Rotation

from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame


def crystal(tilts=(0, 0, 0), cells=5, seed=0, names=("Cu",)):
    """A simple cubic crystal with noise, sheared with its box, so that no two particles have equal surroundings."""
    rng = np.random.default_rng([seed])
    places = np.indices((cells, cells, cells)).reshape(3, -1).T + rng.normal(scale=0.05, size=(cells ** 3, 3))
    empty = Frame([[0, 0, 0]], [1.1 * cells, cells, 0.95 * cells, *tilts], [0])
    return Frame((places / cells - 0.5) @ empty.cell, empty.box, rng.integers(len(names), size=len(places)), names)


def to_ase(frame, turn=np.eye(3), origin=(0, 0, 0)):
    """The frame as ASE's Atoms, the cell at `origin` and turned."""
    positions = frame.positions.astype(float) + frame.cell.sum(axis=0) / 2
    return ase.Atoms([frame.type_names[kind] for kind in frame.types], positions=positions @ turn.T + origin,
                     cell=frame.cell @ turn.T, pbc=True)


def dump_text(frame, step=0, origin=(0.0, 0.0, 0.0), scaled=False, element=False, rng=None):
    """A frame as LAMMPS writes it: the bounds of the tilted box, particles in any order."""
    (a, b, c), origin = frame.cell, np.array(origin)
    xs = [0, b[0], c[0], b[0] + c[0]]
    bounds = [(origin[0] + min(xs), origin[0] + a[0] + max(xs), b[0]),
              (origin[1] + min(0, c[1]), origin[1] + b[1] + max(0, c[1]), c[0]), (origin[2], origin[2] + c[2], c[1])]
    positions = frame.positions.astype(float) + frame.cell.sum(axis=0) / 2 + origin
    if scaled:
        positions = (positions - origin) @ np.linalg.inv(frame.cell)
    lines = ["ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", str(len(frame)),
             "ITEM: BOX BOUNDS xy xz yz pp pp pp", *(" ".join(f"{value:.16e}" for value in row) for row in bounds),
             "ITEM: ATOMS id type " + ("xs ys zs" if scaled else "x y z") + " element" * element]
    for i in range(len(frame)) if rng is None else rng.permutation(len(frame)):
        lines.append(" ".join([str(i + 1), str(frame.types[i] + 1), *(f"{x:.12g}" for x in positions[i])]
                              + [frame.type_names[frame.types[i]]] * element))
    return "\n".join(lines) + "\n"


def write_all(folder, frame):
    """The frame in every format that names elements, and in awkward ways; returns the paths."""
    turn, rng = Rotation.random(rng=np.random.default_rng(5)).as_matrix(), np.random.default_rng(6)
    write_frames(folder / "a.gsd", [frame])
    for name, kind in (("a.xyz", "extxyz"), ("POSCAR", "vasp"), ("a.cif", "cif"), ("a.traj", "traj"),
                       ("a.data", "lammps-data"), ("XDATCAR", "vasp-xdatcar")):
        ase.io.write(folder / name, to_ase(frame), format=kind)
    ase.io.write(folder / "turned.extxyz", to_ase(frame, turn, (3, -40, 7)))
    ase.io.write(folder / "turned.vasp", to_ase(frame, turn), direct=True)
    (folder / "a.dump").write_text(dump_text(frame))
    (folder / "dump.moved").write_text(dump_text(frame, origin=(-7.25, 3, 100), rng=rng))
    (folder / "scaled.lammpstrj").write_text(dump_text(frame, origin=(1, 2, 3), scaled=True, element=True))
    return sorted(folder.iterdir())


def crystals(count=3):
    """Frames of bcc, each hotter than the one before."""
    return [prototypes.build("cI2-W", 300, noise=0.02 + 0.03 * seed, seed=seed) for seed in range(count)]
