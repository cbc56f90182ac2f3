"""Seeds of weights that are drawn and of layers that draw, where one seed stands for all of them."""
import contextlib
import contextvars
import random

import keras

_SEEDS = contextvars.ContextVar("seeds", default=None)


@contextlib.contextmanager
def seeded(seed):
    """Draw the weights that are built in the block by `seed`, as after `keras.utils.set_random_seed(seed)`.

    Nothing outside the block and no other thread is touched: Keras's function seeds Python, NumPy and TensorFlow for
    the whole process, and takes its seeds from Python's `random`, from which Dask's event loop draws as well.
    """
    token = _SEEDS.set(random.Random(seed))
    try:
        yield
    finally:
        _SEEDS.reset(token)


def next_seed():
    """Return the next seed of the `seeded` block, of Keras's range; None outside, where Keras takes one itself."""
    seeds = _SEEDS.get()
    return None if seeds is None else seeds.randint(1, 10**9)


def dense(width, **options):
    """Return a keras.layers.Dense of this width, its kernel drawn by the seed of a `seeded` block."""
    return keras.layers.Dense(width, kernel_initializer=keras.initializers.GlorotUniform(next_seed()), **options)


def normal(deviation):
    """Return a keras.initializers.RandomNormal of this standard deviation that draws by the seed of such a block."""
    return keras.initializers.RandomNormal(stddev=deviation, seed=next_seed())
