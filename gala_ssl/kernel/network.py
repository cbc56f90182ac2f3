"""A trained network as the compiled kernel computes it."""
import numpy as np
from safetensors import SafetensorError

from gala_ssl.base.errors import InputError, check_choice
from gala_ssl.kernel import library
from gala_ssl.kernel.fold import HEADS, folded
from gala_ssl.kernel.library import MOST_BONDS, NotForKernel
from gala_ssl.kernel.weights import read_weights

# What may be asked for, in the numbers that network.h has for it.
WANTED = ("mean", "bonds", "summary", "answer", "summary and answer")


class Kernel:
    """The forward pass of a core, and of its head if it is one of `fold.HEADS`, in float32.

    Args:
        path: the file of weights. config: CoreConfig of the network in it.
        head: name of its head in `gala_ssl.networks.heads`; None for the core alone.
        threads: None for `library.threads`. A result does not depend on it.
        instruction_set: one of `library.INSTRUCTION_SETS`, for tests; None for the best that the processor has.

    Call with bonds (n, k, 3) in the network's unit, types (n, k, type_width) and what is wanted:

    - "mean": the core's invariants averaged over the bonds, (n, width); zeros for a cloud without bonds.
    - "bonds": the core's invariants of every bond, (n, k, width); zeros for padding.
    - "summary": what the head makes of a cloud before its answer: (n, width) of "cloud_class", the four invariants
      of the answer, (n, 4), of "cloud_vector".
    - "answer": probabilities (n, classes) or (n, k, classes), equal ones for padding; vectors (n, 3) or (n, k, 3).
    - "summary and answer": both side by side, (n, width + classes), of "cloud_class" only.

    The bonds of padding, of which all types are zero, count as zeros.

    Raises:
        NotForKernel: no library, a file that does not fit the config, and when called more than 64 bonds a cloud or
            something that the head does not have. InputError: arrays that do not fit each other.
    """

    def __init__(self, path, config, head=None, threads=None, instruction_set=None):
        if head not in HEADS:
            raise NotForKernel(f"The compiled kernel has no head {head!r}; it has those of "
                               f"{', '.join(HEADS[1:])}.", option="head", value=head)
        self.instruction_set = library.instruction_set(instruction_set)
        self.config, self.head = config, head
        self.threads = library.threads() if threads is None else threads
        try:
            self._shape, self._weights, _ = folded(read_weights(path, config, head), config, head)
        except (KeyError, ValueError, OSError, SafetensorError) as error:
            raise NotForKernel(f"The weights in {path} are not those of the network that their card describes "
                               f"({error}); copy or train them again.", path=path) from error
        self.classes = int(self._shape[-1])

    def __repr__(self):
        return f"Kernel({self.head or 'core'}, {self.instruction_set}, {self.threads} threads)"

    def __call__(self, bonds, types, wanted="mean"):
        check_choice("output", wanted, WANTED)
        bonds, types = (np.ascontiguousarray(array, np.float32) for array in (bonds, types))
        if bonds.ndim != 3 or bonds.shape[2] != 3 or types.shape != (*bonds.shape[:2], self.config.type_width):
            raise InputError(f"The network takes bonds (n, k, 3) and types (n, k, {self.config.type_width}), not "
                             f"{bonds.shape} and {types.shape}.", option="bonds", value=(bonds.shape, types.shape))
        if bonds.shape[1] > MOST_BONDS:
            raise NotForKernel(f"The compiled kernel takes up to {MOST_BONDS} bonds a cloud, not {bonds.shape[1]}.",
                               option="k", value=bonds.shape[1])
        of_bond = wanted == "bonds" or wanted == "answer" and self.head in ("bond_class", "bond_vectors")
        shape = (len(bonds), *bonds.shape[1:2] * of_bond, self.size(wanted))
        # Where there is padding the kernel writes nothing.
        out = np.full(shape, 1 / self.classes if wanted == "answer" and self.head == "bond_class" else 0, np.float32)
        if out.size:
            library.forward(self._shape, self._weights, bonds, types, WANTED.index(wanted), out,
                            self.instruction_set, self.threads)
        return out

    def size(self, wanted):
        """Numbers a cloud, or a bond, of what is wanted; NotForKernel where the network has no such thing here."""
        sizes = {"mean": self.config.width, "bonds": self.config.width}
        if self.head is not None:
            sizes["answer"] = self.classes or 3
        if self.head == "cloud_class":
            sizes |= {"summary": self.config.width, "summary and answer": self.config.width + self.classes}
        elif self.head == "cloud_vector":
            sizes["summary"] = 4
        if wanted not in sizes:
            raise NotForKernel(f"The compiled kernel has no {wanted} of {self.head or 'a core without its head'}.",
                               option="wanted", value=wanted)
        return sizes[wanted]
