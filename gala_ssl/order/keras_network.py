"""A network that Keras computes: the only part of the embeddings that imports it."""
import keras
import numpy as np

from gala_ssl.networks import heads
from gala_ssl.networks.compiled import CompiledWhereItPays
from gala_ssl.networks.layers.conversion import MaskedMean
from gala_ssl.order.network import CHUNK, at_a_time, predict

# Bytes that the pairs of a cloud of 32 bonds take at a time, see `gala_ssl.order.network.CHUNK`, and chunks at most.
_CLOUD, _MOST = 3 * 1024 * 32**2, 64


def accelerator_memory():
    """Bytes of the accelerator that Keras computes on by JAX; None where it computes on a processor or otherwise."""
    if keras.backend.backend() != "jax":
        return None
    import jax

    device = jax.devices()[0]
    return None if device.platform == "cpu" else (device.memory_stats() or {}).get("bytes_limit")


def clouds_that_fit(memory):
    """How many clouds a device computes at a time: as many as half its memory holds, a power of two of chunks."""
    chunks = int(memory / 2 / _CLOUD / CHUNK)
    return CHUNK * min(_MOST, 2 ** max(0, chunks.bit_length() - 1))


class KerasNetwork:
    """A task's network as a keras.Model.

    Args:
        model: of `gala_ssl.tasks.models.build.build_model`.
        jit_compile: compile it with XLA: True, False, or None for more than `gala_ssl.networks.MANY` clouds.
    """

    engine = "keras"

    def __init__(self, model, jit_compile=None):
        self.model, self.jit_compile = model, jit_compile
        memory = accelerator_memory()
        self.most, self.in_flight = (CHUNK, 0) if memory is None else (clouds_that_fit(memory), 2)
        self.config = model.get_layer("core").config
        self._parts, self._compiled = {}, {}

    def part(self, wanted):
        """The keras.Model of what is wanted, one of `gala_ssl.kernel.network.WANTED`; None if it is not there."""
        if wanted not in self._parts:
            output = self._output(wanted)
            self._parts[wanted] = None if output is None else keras.Model(self.model.inputs, output)
        return self._parts[wanted]

    def compiled(self, wanted):
        """The CompiledWhereItPays of what is wanted."""
        if wanted not in self._compiled:
            self._compiled[wanted] = CompiledWhereItPays(self.part(wanted), self.jit_compile)
        return self._compiled[wanted]

    def dimension(self, wanted):
        """Numbers a cloud, or a bond, of what is wanted; None where the network has no such thing."""
        part = self.part(wanted)
        return None if part is None else part.output.shape[-1]

    def __call__(self, bonds, types, wanted, count):
        """Return what is wanted of n clouds of a frame of `count`, (n, ...) float32."""
        return predict(self.compiled(wanted)(count), bonds, types, self.most)

    def in_chunks(self, bonds, types, wanted, count):
        """The same of more clouds than may be computed at a time."""
        size = at_a_time(bonds.shape[1], self.most)
        return np.concatenate([self(bonds[i:i + size], types[i:i + size], wanted, count)
                               for i in range(0, len(bonds), size)])

    def _output(self, wanted):
        if wanted in ("mean", "bonds"):
            # The core's own outputs among the model's tensors, so that nothing is computed twice.
            core, mask = (self.model.get_layer(name) for name in ("core", "bond_mask"))
            _, values = core(self.model.inputs)
            return MaskedMean(name="pooled")(values, mask=mask.output) if wanted == "mean" else values
        answer = self.model.outputs[0]
        if wanted == "answer":
            return answer
        summary = heads.summary(self.model)
        return summary if wanted == "summary" else keras.layers.Concatenate()([summary, answer])
