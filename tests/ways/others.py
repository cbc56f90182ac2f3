"""Ways of other programs than LAMMPS: XYZ, POSCAR, CIF, GSD and ASE."""
import io

import ase
import ase.io
import gsd.hoomd
import numpy as np

from tests.ways.lammps import table_of
from tests.ways.written import way, words


def xyz(w, keys="Lattice Properties pbc Origin Timestep", column="species", ids="id", comment="", end="\n"):
    said = {"lattice": '"' + " ".join(f"{x:.16g}" for x in w.cell.ravel()) + '"', "pbc": '"T T T"', "timestep": "700",
            "properties": f"{column}:S:1:pos:R:3:force:R:3" + f":{ids}:I:1" * bool(ids),
            "origin": '"' + " ".join(f"{x:.16g}" for x in w.corner) + '"'}
    line = " ".join([comment, *(f"{key}={said[key.lower()]}" for key in keys.split())])
    columns = [np.array(w.names)[w.types], *w.positions.T, *w.positions.T, *([table_of(w)["id"]] if ids else [])]
    rows = words(*(np.array(column)[w.order] for column in columns))
    return f"{len(w.ids)}{end}{line}{end}{rows.replace(chr(10), end)}"


@way
def extended_xyz(w):
    return "run.xyz", xyz(w)


@way
def extended_xyz_turned(w):
    return "run.extxyz", xyz(w.turned)


@way
def extended_xyz_in_small_letters(w):
    return "run.xyz", xyz(w, "pbc lattice properties origin timestep")


@way
def extended_xyz_in_capitals(w):
    return "run.xyz", xyz(w, "LATTICE PBC PROPERTIES ORIGIN TIMESTEP", "Species").replace(":pos:", ":Pos:")


@way
def extended_xyz_of_an_element_column(w):
    w.shuffled()
    return "run.xyz", xyz(w, "Lattice Origin Properties", "element", "ID")


@way
def extended_xyz_with_a_comment_in_latin_1(w):
    return "run.xyz", xyz(w, comment='author="M\u00fcller"').encode("latin-1")


@way
def extended_xyz_of_windows(w):
    return "run.xyz", "\r\n" + xyz(w, end="\r\n")


def poscar(w, scale=1.0, direct=True, title="made", names=True, selective=False):
    w.order = np.argsort(w.types, kind="stable")
    factor = (abs(np.linalg.det(w.cell)) / -scale) ** (1 / 3) if scale < 0 else scale
    cell = w.cell / (factor if scale > 0 else np.cbrt(-scale / 8))  # of a volume, the vectors have any length
    scale = scale if scale > 0 else -abs(np.linalg.det(w.cell))
    places = w.places if direct else (w.positions - w.corner) / factor
    rows = words(*places[w.order].T, *([["T"] * len(w.ids)] * 3 if selective else []))
    counts = " ".join(str(np.sum(w.types == kind)) for kind in range(len(w.names)))
    return (f"{title}\n{scale:.16g}\n" + "".join(" ".join(f"{x:.16g}" for x in row) + "\n" for row in cell)
            + (" ".join(w.names) + "\n") * names + counts + "\n" + "Selective dynamics\n" * selective
            + ("Direct\n" if direct else "Cartesian\n") + rows)


@way
def poscar_direct(w):
    return "POSCAR", poscar(w)


@way
def poscar_cartesian_with_a_scale(w):
    return "CONTCAR", poscar(w, scale=2.5, direct=False, selective=True)


@way
def poscar_with_a_volume_turned(w):
    t = w.turned
    content = poscar(t, scale=-1.0, title="x")
    w.order = t.order
    return "run.vasp", content


@way
def poscar_of_vasp_4(w):
    return "POSCAR_4", poscar(w, names=False, title=" ".join(w.names))


@way
def xdatcar(w):
    lines = poscar(w).replace("Direct\n", "Direct configuration=   700\n")
    return "XDATCAR", lines


@way
def cif(w):
    lengths = np.linalg.norm(w.cell, axis=1)
    a, b, c = w.cell / lengths[:, None]
    values = [*lengths, *(np.degrees(np.arccos(u @ v)) for u, v in ((b, c), (a, c), (a, b)))]
    names = ["length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"]
    columns = "".join(f"_atom_site_{name}\n" for name in ("label", "type_symbol", "fract_x", "fract_y", "fract_z"))
    return "run.cif", ("data_made\n" + "".join(f"_cell_{name} {value:.14g}\n" for name, value in zip(names, values))
                       + f"_space_group_name_H-M_alt 'P 1'\nloop_\n{columns}"
                       + words([f"{w.names[t]}{i}" for t, i in zip(w.types, w.ids)], np.array(w.names)[w.types],
                               *w.places.T))


@way
def gsd_file(w):
    frame = gsd.hoomd.Frame()
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = w.cell
    frame.configuration.box, frame.configuration.step = [lx, ly, lz, xy / ly, xz / lz, yz / lz], 700
    frame.particles.N, frame.particles.types, frame.particles.typeid = len(w.ids), list(w.names), w.types
    frame.particles.position = (w.places - 0.5) @ w.cell
    return "run.gsd", frame


@way
def ase_trajectory(w):
    t, made = w.turned, io.BytesIO()
    ase.io.write(made, ase.Atoms([t.names[kind] for kind in t.types], positions=t.positions - t.corner, cell=t.cell,
                                 pbc=True), format="traj")
    return "run.traj", made.getvalue()
