"""Further examples of two kinds of fault: a unit of length from a few close pairs, and columns that hide a mixture."""
import warnings

import numpy as np
import pytest

from gala_ssl.base.errors import InputWarning
from gala_ssl.clouds.lengths import LENGTH_SCALES
from gala_ssl.frames import prototypes
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frame

CRYSTAL = prototypes.build("cF4-Cu", 300, noise=0.05)


def with_partners(count, away):
    """The crystal with a partner beside each of its first particles, `away` nearest distances from it."""
    shift = away * CRYSTAL.box[0] / 5 / 2 ** 0.5 * np.array([0, 0.6, 0.8])
    return Frame(np.vstack([CRYSTAL.positions, CRYSTAL.positions[:count] + shift]), CRYSTAL.box)


@pytest.mark.parametrize("count, away", [(5, 0.01), (40, 0.1), (60, 0.2)], ids=["cores", "shells", "split sites"])
@pytest.mark.parametrize("scale", ["contact", "shortest"])
def test_close_pairs_are_counted_in_a_warning(scale, count, away):
    with pytest.warns(InputWarning, match=f"{2 * count} of its {len(CRYSTAL) + count} particles"):
        assert LENGTH_SCALES[scale](with_partners(count, away)) == pytest.approx(
            np.linalg.norm([0, 0.6, 0.8]) * away * CRYSTAL.box[0] / 5 / 2 ** 0.5, rel=1e-3)


@pytest.mark.parametrize("frame", [CRYSTAL, with_partners(len(CRYSTAL), 0.2)], ids=["a crystal", "dimers alone"])
def test_what_is_no_few_close_pairs_is_not_warned_of(frame):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scale in ("contact", "shortest"):
            LENGTH_SCALES[scale](frame)


ROWS = [(0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3)]


def dump(columns, *words):
    rows = "".join(f"{i + 1} {' '.join(word)} {x} {y} {z}\n" for i, (word, (x, y, z)) in enumerate(zip(words, ROWS)))
    return ("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n4\nITEM: BOX BOUNDS pp pp pp\n0 4\n0 4\n0 4\n"
            f"ITEM: ATOMS id {columns} x y z\n{rows}")


def xyz(properties, *words):
    rows = "".join(f"{' '.join(word)} {x} {y} {z}\n" for word, (x, y, z) in zip(words, ROWS))
    return f'4\nLattice="4 0 0 0 4 0 0 0 4" Properties={properties}:pos:R:3\n{rows}'


@pytest.mark.parametrize("name, content, names", [
    ("a.dump", dump("element type", *("C1", "C1", "C2", "C2")), ("1", "2")),
    ("b.dump", dump("type element", ("1", "Ga"), ("1", "Ga"), ("1", "As"), ("1", "As")), ("Ga", "As")),
    ("c.dump", dump("type typelabel", ("1", "X"), ("1", "X"), ("2", "X"), ("2", "X")), ("1", "2")),
    ("d.xyz", xyz("species:S:1:type:I:1", ("X", "1"), ("X", "1"), ("X", "2"), ("X", "2")), ("1", "2")),
    ("e.xyz", xyz("type:I:1:species:S:1", ("1", "Ga"), ("1", "Ga"), ("1", "As"), ("1", "As")), ("Ga", "As"))])
def test_a_column_that_makes_all_particles_alike_hides_no_other(tmp_path, name, content, names):
    (tmp_path / name).write_text(content)
    frame = read_frame(tmp_path / name)
    assert sorted(frame.type_names) == sorted(names) and np.bincount(frame.types).tolist() == [2, 2]
    assert frame.types[0] == frame.types[1] != frame.types[2]
