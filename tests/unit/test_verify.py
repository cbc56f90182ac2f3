"""Template matching names perfect crystals, whatever their size and noise."""
import numpy as np
import pytest

from gala_ssl.simulation import verify

pytest.importorskip("ovito", reason="skipped: ovito is not installed", exc_type=ImportError)

CUBIC = {"fcc": [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
         "bcc": [[0, 0, 0], [0.5, 0.5, 0.5]], "sc": [[0, 0, 0]]}


@pytest.mark.parametrize("kind", CUBIC)
@pytest.mark.parametrize("edge", [1.0, 1.6])
def test_perfect_cubic_crystals(kind, edge):
    cells = np.stack(np.meshgrid(*[np.arange(6)] * 3), axis=-1).reshape(-1, 1, 3)
    positions = edge * ((cells + np.array(CUBIC[kind])).reshape(-1, 3) - 3)
    noise = np.random.default_rng([0]).normal(scale=0.02 * edge, size=positions.shape)
    assert verify.fractions(positions, 6 * edge)[kind] == 1
    assert verify.fractions(positions + noise, 6 * edge)[kind] > 0.97
    assert (verify.template_matching(positions, 6 * edge) == kind).all()


def test_a_gas_is_no_crystal():
    positions = np.random.default_rng([0]).uniform(-10, 10, (800, 3))
    found = verify.fractions(positions, 20.0)
    assert found["other"] > 0.97 and sum(found.values()) == pytest.approx(1)
