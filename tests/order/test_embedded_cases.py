"""Every file of tests/data/cases is embedded as the plainest way of writing its particles is.

The plainest way is an array, read here with `numpy.loadtxt` or made from the known crystal, in a Frame.
"""
import functools
import io
import pathlib

import ase.spacegroup
import numpy as np
import pytest
from scipy.spatial import cKDTree

from gala_ssl.clouds.rules import SANN
from gala_ssl.frames.frame import Frame, box_of
from gala_ssl.frames.reading import read_frames
from gala_ssl.order.embedding import Embedding
from tests.frames.test_cases import CASES, EDGE, TRUTH

TINY = pathlib.Path(__file__).parents[1] / "data" / "tiny"
CUBE = np.eye(3) * EDGE
TILTED = np.array([[EDGE, 0, 0], [0.3 * EDGE, EDGE, 0], [-0.2 * EDGE, 0.25 * EDGE, EDGE]])
PERFECT = ("c17", "c20", "c22", "real_slab")


def plain(places, cell=CUBE, origin=0.0):
    """A frame of positions in a cell whose corner is at the origin."""
    return Frame(places - origin - cell.sum(axis=0) / 2, box_of(cell))


def rows(name, columns, frames=slice(None), marker="ITEM: ATOMS"):
    """The rows of a text file behind each line with this marker, sorted by the first of the columns if these are 4."""
    for part in (CASES / name).read_text().split(marker)[1:][frames]:
        lines = part.split("ITEM: TIMESTEP")[0].splitlines()[1:]
        table = np.loadtxt(io.StringIO("\n".join(lines)), usecols=columns, comments="#", ndmin=2)
        yield table[np.argsort(table[:, 0])][:, 1:] if len(columns) == 4 else table


def of_rows(*given, cell=CUBE, scaled=False, origin=0.0, **options):
    return lambda name: [plain(table @ cell if scaled else table, cell, 0.0 if scaled else origin)
                         for table in rows(name, *given, **options)]


def crystal(spacegroup, sites, cell, **options):
    def made(name):
        atoms = ase.spacegroup.crystal(["Cu"] * len(sites), sites, spacegroup=spacegroup, cellpar=cell, **options)
        return [plain(atoms.positions, atoms.cell.array)]
    return made


def cluster(name):
    return [plain(np.loadtxt(CASES / "c08_cluster.xyz", skiprows=2, usecols=(1, 2, 3)), np.eye(3) * 40)]


def slab(name):
    """Empty space in place of an open boundary, more than neighbours are far."""
    dump = name.endswith(".dump")
    table = np.loadtxt(CASES / name, skiprows=9 if dump else 2, usecols=(2, 3, 4) if dump else (1, 2, 3))
    return [plain(table, np.diag([EDGE, EDGE, 4 * EDGE]))]


def sites(name):
    """The sites of a CIF that have coordinates, one of each place."""
    words = [line.split()[2:5] for line in (CASES / name).read_text().splitlines() if line[:1] in "CVZH"
             and len(line.split()) > 4 and "?" not in line]
    places = np.array(list(dict.fromkeys(map(tuple, words))), float)
    return [plain(places * 10.845, np.eye(3) * 10.845)]


EDGE_OF_SLAB = 6.3496042078727974
WAYS = {
    "c01_scaled_centred.dump": of_rows((0, 2, 3, 4), cell=np.eye(3) * 40, scaled=True), "c08_cluster.xyz": cluster,
    "c01_xsu_triclinic.dump": of_rows((0, 2, 3, 4), cell=TILTED, scaled=True),
    "c02_noflags_tri.lammpstrj": of_rows((0, 2, 3, 4), cell=TILTED), "c04_gap_ids.dump": of_rows((0, 2, 3, 4)),
    "c03_running.dump": of_rows((0, 2, 3, 4), slice(2)), "c13_zero.dump": of_rows((0, 2, 3, 4), slice(0, 3, 2)),
    "c14_hash_between.dump": of_rows((0, 2, 3, 4)), "c24_drude.dump": of_rows((0, 2, 3, 4)),
    "c03_cut_worse.dump": lambda name: [plain(np.loadtxt(CASES / name, skiprows=9, usecols=(2, 3, 4), max_rows=255))],
    "XDATCAR_trunc": of_rows(
        (0, 1, 2), slice(2), "Direct configuration", cell=np.eye(3) * 10.845, scaled=True),
    "real_label.dump": of_rows((0, 2, 3, 4), origin=-EDGE / 2), "c08_slab.xyz": slab, "c08_slab_ff.dump": slab,
    "real_noty.dump": of_rows((0, 1, 2, 3), origin=-EDGE / 2), "c15_step.*.dump": lambda name: [
        frame for step in (0, 1000, 2000) for frame in of_rows((0, 2, 3, 4))(f"c15_step.{step}.dump")],
    "real_slab_f.dump": lambda name: [plain(table * [EDGE_OF_SLAB, EDGE_OF_SLAB, 2 * EDGE_OF_SLAB], np.diag(
        [EDGE_OF_SLAB, EDGE_OF_SLAB, 4 * EDGE_OF_SLAB])) for table in rows("real_slab_f.dump", (0, 2, 3, 4))],
    "c07_alloy.cif": sites, "c07_vacancy.cif": sites, "c07_unknowncoord.cif": sites,
    "c17_thirds3.cif": crystal(194, [(1 / 3, 2 / 3, 0.25)], [3.209, 3.209, 5.211, 90, 90, 120]),
    # Of 0.167, 0.333 the mean of the copies of one place is at x, 2x with this x.
    "c20_sixth_3d.cif": crystal(191, [(0.1665, 0.333, 0.5)], [5, 5, 4, 90, 90, 120]),
    "c17_si_o2_noops.cif": crystal(227, [(0.125, 0.125, 0.125)], [5.431] * 3 + [90] * 3, setting=2),
    "c17_only_ops.cif": crystal(225, [(0, 0, 0)], [3.615] * 3 + [90] * 3),
    "c22_cubic_setting.cif": crystal(225, [(0, 0, 0)], [3.615] * 3 + [90] * 3),
    "c22_bi_trigonal_noops.cif": crystal(166, [(0, 0, 0.234)], [4.546, 4.546, 11.862, 90, 90, 120]),
    "c22_al2o3_trigonal_R.cif": crystal(167, [(0, 0, 0.352), (0.306, 0, 0.25)], [4.757, 4.757, 12.988, 90, 90, 120]),
}
# Those of which tests/frames/test_cases.py says that they are the same crystal.
OTHERS = sorted(path.name for path in CASES.iterdir() if path.name not in (*WAYS, "README.md") and not
                path.name.startswith("c15_step"))


@functools.cache
def embedding(perfect):
    """The small network, by the compiled kernel; of a perfect crystal with all neighbours of a shell or none."""
    return Embedding.from_pretrained("denoising", weights=TINY, ignore_types=True, engine="kernel", progress=False,
                                     neighbors=SANN(most=24) if perfect else None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*WAYS, *OTHERS])
def test_a_case_is_embedded_as_the_plainest_way_of_writing_it(name):
    embed = embedding(name.startswith(PERFECT))
    partial = name.startswith("c07") or "cut_worse" in name
    frames = list(read_frames(CASES / name, partial=partial))
    truths = WAYS.get(name, lambda name: [plain(TRUTH)] * len(frames))(name)
    assert len(frames) == len(truths)
    for frame, truth in zip(frames, truths):
        assert len(frame) == len(truth)
        order = np.arange(len(truth))
        if name.endswith(".cif"):  # whose particles have no order
            within = [(each.positions @ np.linalg.inv(each.cell) + 0.5) % 1 % 1 for each in (frame, truth)]
            away, order = cKDTree(within[1], boxsize=1).query(within[0])
            assert away.max() < 1e-3 and len(set(order)) == len(truth)
        np.testing.assert_allclose(embed(frame), embed(truth)[order], atol=1e-4)
