"""Files as users have them and readers fear them, made by code: one crystal, its faults, and five formats.

A fault is a change of a good frame; each format writes it as it stands, without a look at whether it makes sense.
"""
import dataclasses

import gsd.hoomd
import numpy as np

NEIGHBORS = 6  # of the network that the files are embedded with
CELLS = 4


@dataclasses.dataclass(frozen=True)
class Raw:
    """A frame before anybody checked it: positions (N, 3) from the box's centre, box of GSD's convention."""

    positions: np.ndarray
    box: tuple = (CELLS, CELLS, CELLS, 0, 0, 0)
    kinds: np.ndarray = None
    names: tuple = ("Cu", "Zn")
    dimensions: int = 3

    def with_(self, **changes):
        return dataclasses.replace(self, **changes)

    def moved(self, particle, place):
        """The frame with one particle elsewhere, or the axes of `place` that are not None."""
        positions = self.positions.copy()
        positions[particle] = [old if new is None else new for old, new in zip(positions[particle], place)]
        return self.with_(positions=positions)

    @property
    def types(self):
        return np.zeros(len(self.positions), int) if self.kinds is None else self.kinds

    @property
    def cell(self):
        lx, ly, lz, xy, xz, yz = self.box
        return np.array([[lx, 0, 0], [xy * ly, ly, 0], [xz * lz, yz * lz, lz]], float)

    @property
    def corner(self):
        """Positions from the box's lower corner."""
        return self.positions + self.cell.sum(axis=0) / 2

    def elements(self):
        return [self.names[kind] for kind in self.types]


def good(seed=0, cells=CELLS):
    """A simple cubic crystal with noise; distance 1."""
    rng = np.random.default_rng([seed])
    places = np.indices((cells,) * 3).reshape(3, -1).T - (cells - 1) / 2
    return Raw(places + rng.normal(scale=0.03, size=places.shape), (cells, cells, cells, 0, 0, 0))


def gsd_file(path, raws):
    with gsd.hoomd.open(path, "w") as trajectory:
        for step, raw in enumerate(raws):
            frame = gsd.hoomd.Frame()
            frame.configuration.step, frame.configuration.box = step, np.array(raw.box, np.float32)
            frame.configuration.dimensions = raw.dimensions
            frame.particles.N, frame.particles.types = len(raw.positions), list(raw.names)
            frame.particles.position, frame.particles.typeid = raw.positions, np.uint32(raw.types)
            trajectory.append(frame)


def xyz_file(path, raws):
    def text(raw):
        lattice = " ".join(map(str, raw.cell.ravel()))
        rows = [f"{name} {x} {y} {z}" for name, (x, y, z) in zip(raw.elements(), raw.corner)]
        return "\n".join([str(len(rows)), f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"', *rows, ""])
    path.write_text("".join(map(text, raws)))


def dump_file(path, raws):
    def text(step, raw):
        (a, b, c) = raw.cell
        xs, ys = [0, b[0], c[0], b[0] + c[0]], [0, c[1]]
        bounds = [(min(xs), a[0] + max(xs), b[0]), (min(ys), b[1] + max(ys), c[0]), (0, c[2], c[1])]
        rows = [f"{i + 1} {kind + 1} {x} {y} {z}" for i, (kind, (x, y, z)) in enumerate(zip(raw.types, raw.corner))]
        return "\n".join(["ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", str(len(rows)),
                          "ITEM: BOX BOUNDS xy xz yz pp pp pp", *(" ".join(map(str, row)) for row in bounds),
                          "ITEM: ATOMS id type x y z", *rows, ""])
    path.write_text("".join(text(step, raw) for step, raw in enumerate(raws)))


def poscar_file(path, raws):
    raw, = raws
    order = np.argsort(raw.types, kind="stable")
    kinds, counts = np.unique(raw.types, return_counts=True)
    lines = ["made", "1.0", *(" ".join(map(str, row)) for row in raw.cell),
             " ".join(raw.names[kind] for kind in kinds), " ".join(map(str, counts)), "Cartesian",
             *(" ".join(map(str, row)) for row in raw.corner[order]), ""]
    path.write_text("\n".join(lines))


def cif_file(path, raws):
    raw, = raws
    lengths = np.linalg.norm(raw.cell, axis=1) * np.sign(raw.box[:3])
    with np.errstate(all="ignore"):
        places = raw.corner / lengths if not any(raw.box[3:]) else raw.corner @ np.linalg.inv(raw.cell)
        a, b, c = raw.cell / lengths[:, None]
    angles = [np.degrees(np.arccos(u @ v)) for u, v in ((b, c), (a, c), (a, b))]
    values = zip(["length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"], [*lengths, *angles])
    rows = [f"{name}{i} {name} {x} {y} {z}" for i, (name, (x, y, z)) in enumerate(zip(raw.elements(), places))]
    head = [f"_atom_site_{name}" for name in ("label", "type_symbol", "fract_x", "fract_y", "fract_z")]
    path.write_text("\n".join(["data_made", *(f"_cell_{name} {value}" for name, value in values),
                               "_space_group_name_H-M_alt 'P 1'", "loop_", *head, *rows, ""]))


# How a file of frames is written, and how many frames it can hold.
FORMATS = {"gsd": (gsd_file, 2), "xyz": (xyz_file, 2), "dump": (dump_file, 2), "cif": (cif_file, 1),
           "poscar": (poscar_file, 1)}


def write(path, raws):
    """Write the frames in the format that the suffix tells."""
    FORMATS[path.suffix[1:]][0](path, raws)
    return path


def only(count):
    return lambda raw: raw.with_(positions=raw.positions[:count])


def boxed(*box):
    return lambda raw: raw.with_(box=box)


# A fault: what is done to a good frame, and what is said of it.
FAULTS = {
    "no particles": (only(0), "no particles|cannot be read"),
    "two particles at one place": (lambda raw: raw.moved(3, raw.positions[4]), "at the same place"),
    "all particles at one place": (lambda raw: raw.with_(positions=np.zeros((64, 3))), "at the same place"),
    "a position of NaN": (lambda raw: raw.moved(5, (np.nan, None, None)), "NaN or infinite|cannot be read"),
    "an infinite position": (lambda raw: raw.moved(5, (None, -np.inf, None)), "NaN or infinite|cannot be read"),
    "a position beyond precision": (lambda raw: raw.moved(5, (1e30, None, None)), "precision|place in the box is lost"),
    "a length of zero": (boxed(4, 0, 4, 0, 0, 0), "box|no volume|no periodic cell|cannot be read"),
    "a length below zero": (boxed(4, 4, -4, 0, 0, 0), "box"),
    "a length of NaN": (boxed(np.nan, 4, 4, 0, 0, 0), "box|cell|cannot be read"),
    "an infinite length": (boxed(4, np.inf, 4, 0, 0, 0), "box|cell|cannot be read"),
    "a length beyond precision": (boxed(1e30, 4, 4, 0, 0, 0), "box"),
    "all lengths tiny": (boxed(*[1e-30] * 3, 0, 0, 0), "box|cell|no volume"),
    "a box for its particles far too large": (boxed(1e8, 1e8, 1e8, 0, 0, 0), "precision"),
    "a shear beyond reason": (boxed(4, 4, 4, 1e30, 1e30, 0), "box|cell|cannot be read|no volume"),
    "two types for a network of one": (lambda raw: raw.with_(kinds=np.arange(64) % 2), "knows 1 type of particles"),
}
# What a format cannot express, or is no fault in it: a cell's vector may point backwards, fractions of a CIF are
# wrapped, sites of a CIF at one place are one, and an empty frame among others is left out with a warning.
IMPOSSIBLE = {("no particles", "xyz"), ("no particles", "dump"),
              ("a shear beyond reason", "cif"), ("a position beyond precision", "cif"),
              ("two particles at one place", "cif"), ("all particles at one place", "cif"),
              ("a box for its particles far too large", "cif"),
              *(("a length below zero", suffix) for suffix in FORMATS if suffix != "gsd")}

# What is put in place of what; "|" for choices of sentences.
EDITS = {
    "xyz": [("64\n", "65\n", "no number of particles"), ("64\n", "63\n", "no number of particles"),
            ("64\n", "-64\n", "no number of particles"), ("64\n", "9" * 15 + "\n", "of 999,999,999,999,999"),
            ("pos:R:3", "force:R:3", "frame 0 cannot be read"), ("pos:R:3", "pos:R:99999999", "more than 999 columns"),
            ("pos:R:3", "pos:R:2", "row 0 has 4 words in place of 3"), ("Lattice", "Latice", "no periodic cell"),
            ('Lattice="4.0', 'Lattice="four', "could not convert"), ('Lattice="4.0', 'Lattice="', "8 numbers"),
            ("pos:R:3", "pos:R:4", "row 0 has 4 words in place of 5")],
    "dump": [("x y z", "a b c", "no columns of positions"), ("\n64\n", "\n63\n", "64 of 63 particles"),
             ("\n64\n", "\n99999999999999\n", "64 of 99,999,999,999,999"),
             ("ITEM: BOX", "ITEM: BAX", "no ITEM: BOX BOUNDS"), ("x y z", "x y z vx vy", "row 0 has 5 words"),
             ("\n1 1 ", "\n1 999999999999 ", "knows 1 type of particles"),
             ("ITEM: TIMESTEP\n0", "TIMESTEP\n0", "does not start with ITEM")],
    "cif": [("_cell_length_a", "_cell_length_q", "there is no _cell_length_a"), ("loop_", "", "cannot be read as CIF"),
            ("_fract_x", "_fract_w", "cannot be read"), ("Cu0 Cu", "Cu0 Qq", "knows 1 type of particles"),
            ("alpha 90.0", "alpha 0.0", "cannot be read|no volume"), ("'P 1'", "'Q 77'", "no space group Q 77"),
            ("Cu1 Cu", "Cu1", "cannot be read as CIF"), ("length_a 4.0", "length_a ?", "there is no _cell_length_a")],
    "poscar": [("\n64\n", "\n99999999999\n", "64 of 99,999,999,999"), ("\n64\n", "\n65\n", "64 of 65 particles"),
               ("\n64\n", "\n-64\n", "negative"), ("\n1.0\n", "\n0.0\n", "no periodic cell"),
               ("\nCu\n", "\nCu Zn\n", "2 names for 1"), ("4.0 0.0 0.0", "4.0 0.0", "cannot be read")]}
