"""What every network here promises of its symmetries, as assertions in one line.

A network is a function `[bonds (b, n, 3), types (b, n, d)] -> array or list of arrays`. Each of its outputs
is named by two words: what it belongs to, "bond" (b, n, ...) or "cloud" (b, ...), and how it turns with the
cloud, "values" (not at all), "vectors" (..., 3) or "multivectors" (..., 8).
"""
import numpy as np

RELATIVE = 1e-4


def outputs(network, bonds, types):
    """Return the network's outputs as a list of float64 arrays."""
    found = network([bonds.astype(np.float32), types.astype(np.float32)])
    found = found if isinstance(found, (list, tuple)) else [found]
    return [np.asarray(array, np.float64) for array in found]


def assert_close(actual, expected, relative=RELATIVE, what=""):
    """Assert that arrays agree within `relative` of the largest entry expected."""
    assert np.shape(actual) == np.shape(expected)
    assert np.all(np.isfinite(actual)), f"{what}: not finite"
    scale = max(np.max(np.abs(expected), initial=0), 1e-6)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=relative * scale, err_msg=what)


def turned(kind, array, rotation):
    """Return an output as it should be after the cloud was turned by `rotation` (3, 3)."""
    how = kind.split()[1]
    if how == "values":
        return array
    if how == "vectors":
        return array @ rotation.T
    # The bivector (e12, e13, e23) turns as its dual vector (e23, -e13, e12) does.
    signs = np.array([1, -1, 1])
    bivector = ((array[..., 6:3:-1] * signs) @ rotation.T * signs)[..., ::-1]
    return np.concatenate([array[..., :1], array[..., 1:4] @ rotation.T, bivector, array[..., 7:]], axis=-1)


def assert_rotation_equivariant(network, kinds, bonds, types, rotation, relative=RELATIVE):
    """Assert f(R x) = R f(x) for a proper rotation."""
    before, after = outputs(network, bonds, types), outputs(network, bonds @ rotation.T, types)
    for kind, old, new in zip(kinds, before, after, strict=True):
        assert_close(new, turned(kind, old, rotation), relative, f"{kind} after a rotation")


def assert_permutation_equivariant(network, kinds, bonds, types, order, relative=RELATIVE):
    """Assert that another order of bonds, `order` (n,) or (b, n), only orders what belongs to bonds anew."""
    order = np.broadcast_to(order, bonds.shape[:2])
    before = outputs(network, bonds, types)
    after = outputs(network, _taken(bonds, order), _taken(types, order))
    for kind, old, new in zip(kinds, before, after, strict=True):
        expected = _taken(old, order) if kind.startswith("bond") else old
        assert_close(new, expected, relative, f"{kind} after a permutation")


def assert_padding_ignored(network, kinds, bonds, types, rows, rng, relative=RELATIVE):
    """Assert that `rows` more rows of padding, whatever bonds they hold, change nothing and say nothing.

    They become zeros, or equal probabilities.
    """
    before = outputs(network, bonds, types)
    padded = np.pad(types, ((0, 0), (0, rows), (0, 0)))
    for filling in (np.zeros, lambda shape: rng.normal(scale=3, size=shape)):
        more = np.concatenate([bonds, filling((len(bonds), rows, 3))], axis=1)
        after = outputs(network, more, padded)
        for kind, old, new in zip(kinds, before, after, strict=True):
            if kind.startswith("bond"):
                padding = new[:, bonds.shape[1]:]
                equal = np.allclose(padding, 1 / new.shape[-1], rtol=1e-6, atol=0)  # within a processor's softmax
                assert equal or not padding.any(), f"{kind}: padding says something"
                new = new[:, : bonds.shape[1]]
            assert_close(new, old, relative, f"{kind} with padding")


def _taken(array, order):
    return np.take_along_axis(array, order.reshape(*order.shape, *[1] * (array.ndim - 2)), axis=1)
