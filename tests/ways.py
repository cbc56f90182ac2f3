"""One frame written in many ways, each of which must be read as the same frame.

A way is a function of `Written` that returns the name of a file and its content; `Written.order` says in which order
the particles are in it.
"""
import bz2
import dataclasses
import gzip
import io
import lzma

import ase
import ase.io
import gsd.hoomd
import numpy as np

from gala_ssl.frames.compressed import _zstd

WAYS = {}


@dataclasses.dataclass
class Written:
    """What is written: positions in parts of the cell (N, 3), the cell (3, 3) as rows, its corner, types and ids."""

    places: np.ndarray
    cell: np.ndarray
    corner: np.ndarray
    turn: np.ndarray
    types: np.ndarray
    ids: np.ndarray
    names: tuple
    rng: np.random.Generator

    def __post_init__(self):
        self.order = np.arange(len(self.places))

    @property
    def positions(self):
        return self.places @ self.cell + self.corner

    @property
    def turned(self):
        """The same with the cell turned."""
        return dataclasses.replace(self, cell=self.cell @ self.turn.T)

    def shuffled(self):
        self.order = self.rng.permutation(len(self.places))
        return self.order


def way(function):
    """Register a way of writing."""
    WAYS[function.__name__] = function
    return function


def words(*columns):
    return "".join(" ".join(row) + "\n" for row in zip(*([x if isinstance(x, str) else f"{x:.10g}" for x in column]
                                                         for column in columns)))


def bounds(w):
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = w.cell
    xs, ys = [0, xy, xz, xy + xz], [0, yz]
    low, high = w.corner + [min(xs), min(ys), 0], w.corner + [lx + max(xs), ly + max(ys), lz]
    return low, high, (xy, xz, yz)


def dump(w, columns, head="xy xz yz pp pp pp", order=None, extra="", before="", tail=""):
    """A dump with these columns of `table_of`, and words after the bounds."""
    low, high, tilts = bounds(w)
    order = np.arange(len(w.places)) if order is None else order
    known = table_of(w)
    rows = words(*(np.array(known[name])[order] for name in columns))
    box = "".join(f"{a:.16g} {b:.16g} {t:.16g}{tail}\n" for a, b, t in zip(low, high, tilts))
    return (f"{before}ITEM: TIMESTEP\n700\n{extra}ITEM: NUMBER OF ATOMS\n{len(order)}\nITEM: BOX BOUNDS {head}\n{box}"
            f"ITEM: ATOMS {' '.join(columns)}\n{rows}")


def table_of(w):
    x, s = w.positions, w.places
    far = np.array([1, -2, 3])
    names = np.array(w.names)[w.types]
    found = {"id": [str(i) for i in w.ids], "type": [str(t + 1) for t in w.types], "element": names, "typelabel": names,
             "mass": np.ones(len(x)), "c_q[1]": w.rng.normal(size=len(x)), "mol": ["1"] * len(x)}
    for i, axis in enumerate("xyz"):
        found |= {axis: x[:, i], f"{axis}s": s[:, i], f"{axis}su": (s + far)[:, i],
                  f"{axis}u": (x + far @ w.cell)[:, i], f"v{axis}": x[:, i] ** 2}
    return found


def _dump_way(name, *columns, **options):
    def written(w):
        return "run.dump", dump(w, [column for part in columns for column in part.split()], **options)
    written.__name__ = name
    way(written)


_dump_way("dump", "id type x y z")
_dump_way("dump_scaled", "id type xs ys zs")
_dump_way("dump_unwrapped", "id type xu yu zu")
_dump_way("dump_scaled_unwrapped", "id type xsu ysu zsu")
_dump_way("dump_of_columns_in_another_order", "zs mass ys xs type c_q[1] id")
_dump_way("dump_of_many_columns", "id mol type element xu yu zu x y z vx vy vz mass")
_dump_way("dump_of_elements", "id element xs ys zs")
_dump_way("dump_of_labels", "id typelabel x y z")
_dump_way("dump_with_units_and_time", "id type x y z", before="ITEM: UNITS\nlj\nITEM: TIME\n3.5\n")
_dump_way("dump_without_flags", "id type x y z", head="xy xz yz")
_dump_way("dump_with_words_in_its_bounds", "id type xs ys zs", tail=" lo hi tilt")
_dump_way("dump_with_comments", "id type x y z", before="# restarted\n\n")


@way
def dump_in_any_order(w):
    return "run.lammpstrj", dump(w, "id type xs ys zs".split(), order=w.rng.permutation(len(w.places)))


@way
def dump_of_a_general_box(w):
    t = w.turned
    box = "".join(" ".join(f"{x:.16g}" for x in [*row, o]) + "\n" for row, o in zip(t.cell, t.corner))
    rows = words(table_of(t)["id"], table_of(t)["type"], *t.positions.T)
    return "dump.1", (f"ITEM: TIMESTEP\n700\nITEM: NUMBER OF ATOMS\n{len(t.ids)}\n"
                      f"ITEM: BOX BOUNDS abc origin pp pp pp\n{box}ITEM: ATOMS id type x y z\n{rows}")


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


def data(w, style, columns, general=False, labels=False, images=False):
    known = table_of(w) | {"q": [0.25] * len(w.ids), "d": [1.0] * len(w.ids)}
    known |= {"type": np.array(w.names)[w.types]} if labels else {}
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = w.cell
    if general:
        box = "".join(" ".join(f"{x:.16g}" for x in row) + f" {name}\n"
                      for row, name in zip([*w.cell, w.corner], ("avec", "bvec", "cvec", "abc origin")))
    else:
        box = "".join(f"{o:.16g} {o + length:.16g} {axis}lo {axis}hi\n" for o, length, axis in zip(
            w.corner, (lx, ly, lz), "xyz")) + f"{xy:.16g} {xz:.16g} {yz:.16g} xy xz yz\n"
    named = "Atom Type Labels\n\n" + "".join(f"{i + 1} {name}\n" for i, name in enumerate(w.names)) + "\n"
    rows = words(*(known[name] for name in columns.split()), *([["1", "-2", "0"][i]] * len(w.ids) for i in range(
        3 * images)))
    return (f"LAMMPS data file, timestep = 700\n\n{len(w.ids)} atoms\n{len(w.names)} atom types\n\n{box}\n"
            + named * labels + "Masses\n\n" + "".join(f"{i + 1} 1.5\n" for i in range(len(w.names)))
            + f"\nAtoms{style}\n\n{rows}\nVelocities\n\n" + words(known["id"], *[np.zeros(len(w.ids))] * 3))


def _data_way(name, style, columns, **options):
    def written(w):
        return "run.data", data(w, style, columns, **options)
    written.__name__ = name
    way(written)


_data_way("data", "", "id type x y z")
_data_way("data_with_images", "", "id type x y z", images=True)
_data_way("data_charge", "", "id type q x y z")
_data_way("data_full", " # full", "id mol type q x y z", images=True)
_data_way("data_molecular", "", "id mol type x y z")
_data_way("data_sphere", " # sphere", "id type d d x y z")
_data_way("data_with_labels", " # charge", "id type q x y z", labels=True)
_data_way("data_of_a_hybrid_style", " # hybrid", "id type x y z d q")


@way
def data_of_a_general_box(w):
    return "data.run", data(w.turned, " # atomic", "id type x y z", general=True)


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


COMPRESSIONS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
                ".zst": _zstd().compress}


def write(folder, name, w, compression="", nameless=False):
    """Write a frame in a way into a folder; return the path."""
    file, content = WAYS[name](w)
    path = folder / ("file" if nameless else file)
    if isinstance(content, gsd.hoomd.Frame):
        path.unlink(missing_ok=True)
        with gsd.hoomd.open(path, "w") as trajectory:
            trajectory.append(content)
        content = path.read_bytes()
        path.unlink()
    content = content.encode() if isinstance(content, str) else content
    path = path.with_name(path.name + ("" if nameless else compression))
    path.write_bytes(COMPRESSIONS[compression](content))
    return path
