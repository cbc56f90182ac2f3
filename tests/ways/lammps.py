"""Ways of LAMMPS: dumps and data files."""
import numpy as np

from tests.ways.written import way, words


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
