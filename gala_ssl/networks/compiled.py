"""Networks that only predict: compiled with XLA where there is enough to compute."""
import contextlib

import keras

from gala_ssl.networks import MANY


def full_products():
    """A context in which products of float32 have all its digits, also on a GPU, where JAX would leave some out.

    With the shorter numbers of tensor cores (TF32, 10 bits) a network would no longer be invariant under rotation to
    1e-4. On Keras's other backends nothing changes.
    """
    if keras.backend.backend() != "jax":
        return contextlib.nullcontext()
    import jax

    return jax.default_matmul_precision("highest")


class CompiledWhereItPays:
    """Choose between a network as it is and the same network compiled with XLA.

    Args:
        model: keras.Model, which shares its weights with the compiled one.
        jit_compile: True, False, or None for more than 2000 clouds (on Keras's JAX backend None is always True, because
            without XLA it is slow from the first cloud on).

    Call with the number of clouds; returns the keras.Model to predict with.
    """

    def __init__(self, model, jit_compile=None):
        if jit_compile is None and keras.backend.backend() == "jax":
            jit_compile = True
        self.jit_compile = jit_compile
        self._plain, self._fast = model, model if jit_compile else None
        model.compile(jit_compile=bool(jit_compile))

    def __call__(self, count):
        if not (count > MANY if self.jit_compile is None else self.jit_compile):
            return self._plain
        if self._fast is None:
            self._fast = keras.Model(self._plain.inputs, self._plain.outputs[0])
            self._fast.compile(jit_compile=True)
        return self._fast
