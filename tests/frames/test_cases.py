"""Small files of the kinds that readers misread or refuse, with what is right (tests/data/cases/README.md).

Most of them hold one crystal of 256 particles with noise; its positions are the columns of c04_coords_only.dump.
"""
import pathlib

import numpy as np
import pytest

from gala_ssl.base.errors import InputWarning
from gala_ssl.clouds.lengths import LENGTH_SCALES, nearest_distances
from gala_ssl.frames.reading import read_frame, read_frames
from tests.refusals import refused

CASES = pathlib.Path(__file__).parents[1] / "data" / "cases"
TRUTH = np.loadtxt(CASES / "c04_coords_only.dump", skiprows=9)
EDGE = 14.46


def apart(frame, truth, cell, origin=0.0):
    """How far positions are from the truth at most, in parts of the cell, images apart."""
    found = frame.positions @ np.linalg.inv(frame.cell) + 0.5
    away = found - (truth - origin) @ np.linalg.inv(cell)
    return abs(away - np.round(away)).max()


def test_every_case_is_tested():
    text = pathlib.Path(__file__).read_text(encoding="utf-8")
    for path in CASES.iterdir():
        name = "c15_step.*.dump" if path.name.startswith("c15_step") else path.name
        assert name == "README.md" or name in text, name


@pytest.mark.parametrize("name, kinds, steps", [
    ("c02_noflags.lammpstrj", ("1",), [0]), ("c02_words.lammpstrj", ("1",), [0]), ("c04_notype.dump", ("1",), [0]),
    ("c04_coords_only.dump", ("1",), [0]), ("c05_atomic.data", ("1",), [None]), ("c05_dump_named.lmp", ("1",), [0]),
    ("c05_charge_nocomment.data", ("1",), [None]), ("c05_sphere.data", ("1",), [None]), ("c24_plain.dump", ("1",), [0]),
    ("data.c05_lammps_name", ("1",), [None]), ("c06_gpumd_lower.xyz", ("Cu",), [None]),
    ("c06_ovito.xyz", ("1",), [None]), ("c12_element_default.dump", ("1", "2"), [0]),
    ("c12_species_and_type.xyz", ("1", "2"), [None]), ("c12_typelabel.dump", ("Cu",), [0]),
    ("c14.xyz.gz", ("Cu",), [None]), ("dump.c14.gz", ("1",), [0]), ("c14_latin1.xyz", ("Cu",), [None]),
    ("c14_hash_between.dump", ("1",), [0, 1]), ("c23_cap_props.xyz", ("Cu",), [None]),
    ("c23_element_col.xyz", ("Cu",), [None]), ("POSCAR_v4_notitle", ("1",), [None])])
def test_the_same_crystal(name, kinds, steps):
    frames = read_frames(CASES / name)
    assert [frame.step for frame in frames] == steps
    for frame in frames:
        np.testing.assert_allclose(frame.box, [EDGE] * 3 + [0] * 3, rtol=1e-7, atol=1e-9)
        assert apart(frame, TRUTH, np.eye(3) * EDGE) < 1e-6
        assert frame.type_names == kinds
        assert np.bincount(frame.types).tolist() == ([128, 128] if len(kinds) == 2 else [256])


def test_the_droplet_in_the_middle_of_its_box():
    """Scaled positions of a box from -20 to 20, and the same cluster in a box from 0 to 40."""
    frame, cluster = read_frame(CASES / "c01_scaled_centred.dump"), read_frame(CASES / "c08_cluster.xyz")
    np.testing.assert_allclose(frame.positions, cluster.positions, atol=1e-5)
    assert np.linalg.norm(frame.positions, axis=1).max() < 8


def test_scaled_and_plain_positions_of_a_tilted_box_are_the_same():
    scaled, plain = read_frame(CASES / "c01_xsu_triclinic.dump"), read_frame(CASES / "c02_noflags_tri.lammpstrj")
    np.testing.assert_allclose(scaled.box, [EDGE] * 3 + [0.3, -0.2, 0.25], rtol=1e-6)
    np.testing.assert_allclose(scaled.box, plain.box, rtol=1e-12)
    np.testing.assert_allclose(scaled.positions, plain.positions, atol=1e-6 * EDGE)


@pytest.mark.parametrize("name, numbers, left_out", [
    ("c03_running.dump", [0, 1], 2), ("XDATCAR_trunc", [0, 1], 2), ("c13_zero.dump", [0, 2], 1)])
def test_the_frame_that_is_incomplete_is_left_out(name, numbers, left_out):
    with pytest.warns(InputWarning) as said:
        frames = read_frames(CASES / name)
    assert [warning.message.frame for warning in said] == [f"{CASES / name}, frame {left_out}"]
    assert frames.numbers == numbers and [frame.index for frame in frames] == numbers
    assert {len(frame) for frame in frames} == {108 if name == "XDATCAR_trunc" else 256}
    if left_out == 1:
        with pytest.warns(InputWarning), refused(option="frames", value=1):
            read_frames(CASES / name, 1)


def test_a_last_number_that_is_cut_off():
    name = CASES / "c03_cut_worse.dump"
    with refused(path=str(name), option="partial"):
        read_frames(name)
    with pytest.warns(InputWarning):
        frame = read_frame(name, partial=True)
    assert len(frame) == 255 and frame.ids[-1] == 255


def test_ids_with_gaps_are_kept_and_order_the_particles():
    frame = read_frame(CASES / "c04_gap_ids.dump")
    rows = np.loadtxt(CASES / "c04_gap_ids.dump", skiprows=9)
    rows = rows[np.argsort(rows[:, 0])]
    np.testing.assert_array_equal(frame.ids, rows[:, 0].astype(int))
    assert apart(frame, rows[:, 2:], np.eye(3) * EDGE) < 1e-6


@pytest.mark.parametrize("name, kinds", [("real_label.dump", ("Cu",)), ("real_noty.dump", ("1",))])
def test_dumps_that_lammps_wrote(name, kinds):
    frames = read_frames(CASES / name)
    assert [(len(frame), frame.type_names) for frame in frames] == [(256, kinds)] * 3
    np.testing.assert_array_equal(frames[0].ids, np.arange(1, 257))


@pytest.mark.parametrize("name", ["c07_alloy.cif", "c07_vacancy.cif", "c07_unknowncoord.cif"])
def test_sites_that_are_not_full_or_unknown(name):
    frames = read_frames(CASES / name)
    with refused(frame=f"{CASES / name}, frame 0", option="partial"):
        frames[0]
    with pytest.warns(InputWarning) as said:
        frame = read_frame(CASES / name, partial=True)
    assert said[0].message.frame == f"{CASES / name}, frame 0"
    assert len(frame) == 108 and frame.type_names == (("V",) if "vacancy" in name else ("Cu",))


@pytest.mark.parametrize("name, count, nearest", [
    ("c17_thirds3.cif", 2, np.hypot(3.209 / 3 ** 0.5, 5.211 / 2)), ("c20_sixth_3d.cif", 6, 5 / 12 ** 0.5),
    ("c17_si_o2_noops.cif", 8, 5.431 * 3 ** 0.5 / 4), ("c22_bi_trigonal_noops.cif", 6, 3.07),
    ("c22_al2o3_trigonal_R.cif", 30, 1.85), ("c17_only_ops.cif", 4, 3.615 / 2 ** 0.5),
    ("c22_cubic_setting.cif", 4, 3.615 / 2 ** 0.5)])
def test_unit_cells_by_their_symmetry(name, count, nearest):
    frame = read_frame(CASES / name)
    assert len(frame) == count
    np.testing.assert_allclose(nearest_distances(frame).min(), nearest, rtol=4e-3)


@pytest.mark.parametrize("name, count, periodic", [
    ("c08_slab.xyz", 256, (True, True, False)), ("c08_slab_ff.dump", 256, (True, True, False)),
    ("c08_cluster.xyz", 179, (False,) * 3), ("real_slab_f.dump", 288, (True, True, False))])
def test_open_boundaries_are_read(name, count, periodic):
    frame = read_frame(CASES / name)
    assert len(frame) == count and frame.periodic == periodic


def test_several_files_are_one_trajectory(monkeypatch):
    frames = read_frames(str(CASES / "c15_step.*.dump"))
    assert [frame.step for frame in frames] == [0, 1000, 2000]
    assert [frame.index for frame in frames] == [0, 0, 0]
    assert [path.name for path in frames.paths] == [f"c15_step.{step}.dump" for step in (0, 1000, 2000)]
    back = read_frames([CASES / f"c15_step.{step}.dump" for step in (2000, 0)], [1, -2])
    assert [frame.step for frame in back] == [0, 2000] and back.numbers == [1, 0]


def test_a_unit_of_length_from_a_few_close_pairs_is_warned_of():
    """Twelve of the particles have a partner 0.03 away, so that 24 are close."""
    for scale in ("contact", "shortest"):
        with pytest.warns(InputWarning, match="24 of its 268") as said:
            LENGTH_SCALES[scale](read_frame(CASES / "c24_drude.dump"))
        assert said[0].message.frame == f"{CASES / 'c24_drude.dump'}, frame 0"
        LENGTH_SCALES[scale](read_frame(CASES / "c24_plain.dump"))
