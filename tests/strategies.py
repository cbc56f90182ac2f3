"""Hypothesis strategies: clouds of every awkward kind, rotations, and settings of attention layers."""
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

# What the profile looks at for each hundred examples that a test asks for.
PER_CENT = settings.default.max_examples
FEWEST = 4

SEEDS = st.integers(0, 2**31 - 1)
CLOUD_KINDS = ("random", "lattice", "collinear", "coplanar", "repeated", "zero_bond")


def examples(count, **options):
    """Return the settings of a test that looks at `count` examples; at fewer in the quick tier, at more in a search."""
    return settings(max_examples=often(count), **options)


def often(count):
    """How many times a loop runs in this profile that should run `count` times."""
    return max(min(count, FEWEST), count * PER_CENT // 100)


def generator():
    """Random numbers for draws without Hypothesis: the same each time, in the search new ones."""
    return np.random.default_rng(0 if PER_CENT <= 100 else None)


def rotations():
    """Proper rotations, (3, 3) float64."""
    return SEEDS.map(lambda seed: Rotation.random(rng=np.random.default_rng(seed)).as_matrix())


@st.composite
def batches(draw, count=3, size=6, types=1, kinds=CLOUD_KINDS):
    """(bonds (count, size, 3), types (count, size, 2 types)), float32: clouds without padding.

    One scale for all bonds, 0.5 to 2; each cloud of a kind of its own, see `cloud`.
    """
    rng = np.random.default_rng(draw(SEEDS))
    scale = draw(st.floats(0.5, 2))
    bonds = scale * np.stack([cloud(draw(st.sampled_from(kinds)), size, rng) for _ in range(count)])
    return bonds.astype(np.float32), type_encodings((count, size), types, rng)


def cloud(kind, size, rng):
    """Return `size` bonds, (size, 3) float64, of about unit length.

    "lattice": neighbours in fcc, whose products often cancel; "collinear" and "coplanar": in a random
    direction or plane; "repeated": half of the bonds twice; "zero_bond": one of length zero, not padding.
    """
    bonds = rng.normal(size=(size, 3))
    if kind == "lattice":
        shell = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)
                          if abs(x) + abs(y) + abs(z) == 2])
        bonds = rng.permutation(shell)[np.arange(size) % 12] / np.sqrt(2)
    elif kind == "collinear":
        bonds = rng.normal(size=(size, 1)) * rng.normal(size=3)
    elif kind == "coplanar":
        bonds = bonds[:, :2] @ rng.normal(size=(2, 3))
    elif kind == "repeated":
        bonds[size // 2:] = bonds[: size - size // 2]
    elif kind == "zero_bond":
        bonds[rng.integers(size)] = 0
    return bonds


def type_encodings(shape, types, rng):
    """Return one-hot(j) - one-hot(i) and one-hot(j) + one-hot(i) of random types, (*shape, 2 types)."""
    one_hot = np.eye(types, dtype=np.float32)
    to = one_hot[rng.integers(types, size=shape)]
    of = one_hot[rng.integers(types, size=(*shape[:-1], 1))]
    return np.concatenate([to - of, to + of], axis=-1)


@st.composite
def attention_options(draw, equivariant, ranks=(1, 2, 3)):
    """Arguments of a multivector attention layer: every option the published ones have."""
    mode = st.sampled_from(("single", "partial", "full"))
    function = st.sampled_from(("mean", "concat"))
    options = {
        "reduce": draw(st.booleans()), "merge_fun": draw(function), "join_fun": draw(function),
        "rank": draw(st.sampled_from(ranks)), "invariant_mode": draw(mode), "covariant_mode": draw(mode),
        "include_normalized_products": draw(st.booleans()), "linear_mode": draw(mode),
        "linear_terms": draw(st.integers(0, 2)),
    }
    return {**options, "convex_covariants": draw(st.booleans())} if equivariant else options
