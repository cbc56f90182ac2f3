"""What computes an embedding: the compiled kernel, or Keras where the kernel is not there or does not know a network.

Both are called with bonds (n, k, 3) in the network's unit, types (n, k, type_width), and what is wanted, one of
`gala_ssl.kernel.network.WANTED`; importing this module does not import Keras.
"""
import logging
import os

import numpy as np

from gala_ssl.base.backend import check_keras
from gala_ssl.base.errors import check_choice
from gala_ssl.clouds import MOST_NEIGHBORS
from gala_ssl.kernel import Kernel, NotForKernel
from gala_ssl.tasks import check_task
from gala_ssl.tasks.models.cards import check_digest, describe, loading, weights_and_card

# Clouds that Keras computes at a time: one shape, so that XLA compiles the network once. Of wide clouds fewer, because
# memory goes with the pairs of their bonds, three kilobytes each (ten for attention maps); the widest is alone.
CHUNK = 256
ENGINES = ("auto", "kernel", "keras")
_LOG = logging.getLogger(__name__)


def open_network(task, weights, wanted, *, engine="auto", attention=None, jit_compile=None):
    """Return the network of a task and its card.

    Args:
        task: its name. weights: a set of weights that ships, or a folder.
        wanted: what will be asked for first; more may be.
        engine: "kernel", "keras", or "auto": the kernel unless it cannot do it, which goes into the log, `attention`
            is given, or the environment variable KERAS_BACKEND asks for another backend than TensorFlow.
        attention, jit_compile: of Keras, see `gala_ssl.Embedding.from_pretrained`.

    Returns:
        (KernelNetwork or gala_ssl.order.keras_network.KerasNetwork, dict)

    Raises:
        InputError: an unknown engine or task, weights that are missing or damaged; NotForKernel, an
            InputError as well, of engine "kernel".
    """
    check_choice("engine", engine, ENGINES)
    check_task(task)

    def with_keras(instead_of=None):
        check_keras(instead_of)
        from gala_ssl.order.keras_network import KerasNetwork
        from gala_ssl.tasks.models.pretrained import load_model

        model, card = load_model(task, weights, attention)
        return KerasNetwork(model, jit_compile), card

    other = attention is not None or os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow"
    if engine == "keras" or engine == "auto" and other:
        return with_keras()
    path, card = weights_and_card(task, weights)
    described, config = describe(card, path.with_suffix(".json"))
    try:
        with loading(path):
            check_digest(card, path)
            network = KernelNetwork(Kernel(path, config, described.kernel_head), lambda error: with_keras(error)[0],
                                    engine == "kernel")
        network.kernel.size(wanted)
        return network, card
    except NotForKernel as error:
        if engine == "kernel":
            raise
        _LOG.info("Keras computes %s: %s", task, error)
        return with_keras(error)


class KernelNetwork:
    """A network that the compiled kernel computes, and Keras what it does not know, such as more than 64 bonds.

    Args:
        kernel: a Kernel. with_keras: a function that returns the same network as a KerasNetwork, given the error
            for which the kernel does not compute, if there is one.
        alone: raise NotForKernel where the kernel does not know something, in place of asking Keras.
    """

    engine = "kernel"
    # Clouds at a time: a second's work, so that progress is seen.
    most = 8 * CHUNK
    # Chunks whose neighbours are searched beforehand, by another thread.
    in_flight = 0

    def __init__(self, kernel, with_keras, alone=False):
        self.kernel, self.config, self.alone = kernel, kernel.config, alone
        self._load, self._keras = with_keras, None

    def keras(self, error=None):
        """The same network for Keras, which is imported when it is first asked for; `error` says why it is."""
        if self._keras is None:
            self._keras = self._load(error)
        return self._keras

    @property
    def model(self):
        return self.keras().model

    def dimension(self, wanted):
        """Numbers a cloud, or a bond, of what is wanted; None where the network has no such thing."""
        try:
            return self.kernel.size(wanted)
        except NotForKernel as error:
            return self.keras(error).dimension(wanted)

    def __call__(self, bonds, types, wanted, count):
        """Return what is wanted of n clouds of a frame of `count`, (n, ...) float32."""
        try:
            return self.kernel(bonds, types, wanted)
        except NotForKernel as error:
            if self.alone:
                raise
            _LOG.info("Keras computes %s: %s", wanted, error)
            return self.keras(error).in_chunks(bonds, types, wanted, count)


def at_a_time(width, most=CHUNK):
    """How many clouds of so many bonds are computed at a time, `most` of up to 32 bonds."""
    return min(most, most // CHUNK * MOST_NEIGHBORS**2 // width**2)


def predict(model, bonds, types, most=CHUNK):
    """What a keras.Model makes of n clouds, n at most `at_a_time`, with full float32 products.

    They are filled up to that number, or to as many chunks as a power of two, so that few shapes are compiled.
    """
    from gala_ssl.networks.compiled import full_products

    size = CHUNK * 2 ** max(0, (len(bonds) - 1) // CHUNK).bit_length()
    filled = ((0, min(size, at_a_time(bonds.shape[1], most)) - len(bonds)), (0, 0), (0, 0))
    with full_products():
        return model.predict_on_batch([np.pad(bonds, filled), np.pad(types, filled)])[:len(bonds)]
