"""Template matching names perfect crystals, whatever their size and noise, with either package."""
import sys

import numpy as np
import pytest

from paper import verify
from tests.refusals import refused

CUBIC = {"fcc": [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
         "bcc": [[0, 0, 0], [0.5, 0.5, 0.5]], "sc": [[0, 0, 0]]}


@pytest.fixture(params=list(verify.MATCHERS))
def package(request):
    pytest.importorskip(request.param, exc_type=ImportError)
    return request.param


@pytest.mark.parametrize("kind", CUBIC)
@pytest.mark.parametrize("edge", [1.0, 1.6])
def test_perfect_cubic_crystals(kind, edge, package):
    cells = np.stack(np.meshgrid(*[np.arange(6)] * 3), axis=-1).reshape(-1, 1, 3)
    positions = edge * ((cells + np.array(CUBIC[kind])).reshape(-1, 3) - 3)
    noise = np.random.default_rng([0]).normal(scale=0.02 * edge, size=positions.shape)
    assert verify.fractions(positions, 6 * edge, package=package)[kind] == 1
    assert verify.fractions(positions + noise, 6 * edge, package=package)[kind] > 0.97
    assert (verify.template_matching(positions, 6 * edge, package=package) == kind).all()


def test_hexagonal_close_packing(package):
    """The orthorhombic cell 1 x sqrt 3 x sqrt(8/3) of hcp as a cluster in a large box: its inside is hcp."""
    cells = np.stack(np.meshgrid(np.arange(9), np.arange(5), np.arange(5)), axis=-1).reshape(-1, 1, 3)
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 5 / 6, 0.5], [0, 1 / 3, 0.5]])
    positions = ((cells + basis) * [1, 3 ** 0.5, (8 / 3) ** 0.5]).reshape(-1, 3)
    positions -= positions.mean(axis=0)
    names = verify.template_matching(positions, 40.0, package=package)
    inside = (np.abs(positions) < np.abs(positions).max(axis=0) - 1.5).all(axis=1)
    assert inside.sum() > 100 and (names[inside] == "hcp").all()


def test_a_gas_is_no_crystal(package):
    positions = np.random.default_rng([0]).uniform(-10, 10, (800, 3))
    found = verify.fractions(positions, 20.0, package=package)
    assert found["other"] > 0.97 and sum(found.values()) == pytest.approx(1)


def test_missing_packages_are_named(monkeypatch):
    for name in ("ovito.data", "mdapy"):
        monkeypatch.setitem(sys.modules, name, None)
    with refused(option="package", value=["ovito", "mdapy"]):
        verify.fractions(np.zeros((20, 3)), 5.0)
