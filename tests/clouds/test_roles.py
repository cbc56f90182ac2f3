"""Types by role: exchanging the names of types changes nothing, and nothing else gets lost."""
import dataclasses

import numpy as np
import pytest

from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.roles import by_role
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames import prototypes


def clouds_of(name, order=None, k=18):
    frame = prototypes.build(name, 60, noise=0.05, seed=1)
    if order is not None:
        frame = dataclasses.replace(frame, types=np.array(order)[frame.types])
    return point_clouds(frame, Nearest(k))


@pytest.mark.parametrize("name, orders", [("cP2-CsCl", [(1, 0)]), ("cP5-CaTiO3", [(1, 2, 0), (2, 1, 0), (0, 2, 1)])])
def test_exchanged_names_give_the_same_clouds(name, orders):
    first = by_role(clouds_of(name), 3)
    assert first.types.shape[-1] == 6
    for order in orders:
        np.testing.assert_array_equal(by_role(clouds_of(name, order), 3).types, first.types)


def test_the_own_type_is_the_first_and_the_others_come_by_nearness():
    """In caesium chloride the eight nearest are of the other type, the next six of the centre's own."""
    perfect = prototypes.build("cP2-CsCl", 60)
    types = by_role(point_clouds(perfect, Nearest(14)), 2).types
    own, other = ((types == encoding).all(axis=-1) for encoding in ([0, 0, 2, 0], [-1, 1, 1, 1]))
    assert (own ^ other).all() and (own.sum(axis=1) == 6).all() and not own[:, :8].any()


def test_padding_stays_padding():
    clouds = clouds_of("cP2-CsCl", k=14)
    bonds, types = np.array(clouds.bonds), np.array(clouds.types)
    bonds[:, 10:], types[:, 10:] = 0, 0
    found = by_role(dataclasses.replace(clouds, bonds=bonds, types=types), 2)
    assert found.mask[:, :10].all() and not found.mask[:, 10:].any()
