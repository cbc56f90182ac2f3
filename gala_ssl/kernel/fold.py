"""Weights as the kernel takes them: neighbouring linear steps made one, in float64, and packed by fours of columns.

The steps that are merged are those of `gala_ssl.networks.layers.mlp` and `pairwise`, where they are explained: running
statistics and layer norm's mean and factor go into kernels, the value net's last layer and the join are one kernel, so
are merge and join, and the score net's last bias, which moves all scores alike, falls away.
"""
import numpy as np

# Heads in the numbers that network.h has for them; 0 is none.
HEADS = (None, "cloud_class", "bond_class", "cloud_vector", "bond_vectors")
# A smaller factor of layer norm, and a smaller length that multivectors are divided by, count as these.
SMALLEST_FACTOR, _SMALLEST_LENGTH = 1e-12, 1e-7


def folded(weights, config, head=None):
    """Return (shape, numbers, back): an int32 and two float32 arrays, in the order in which network.h reads them.

    The last has the kernels of the step backwards, which are transposed, and otherwise the same numbers.

    Args:
        weights: of `gala_ssl.kernel.weights.read_weights`. config: CoreConfig. head: one of HEADS.

    Raises:
        ValueError: arrays of other shapes than the config says.
    """
    classes = weights["classifier"]["out"][1].size if "classifier" in weights else 0
    shape = [config.width, config.hidden, config.type_width, config.blocks, HEADS.index(head),
             config.vector_inputs == "bonds", classes]
    parts = _Parts(config)
    kernel, bias = weights["types"]
    parts.rows(kernel, config.type_width)
    parts.row(bias, config.width)
    for block in weights["blocks"]:
        parts.attention(block["values"])
        parts.attention(block["multivectors"])
        parts.mlp(block["mlp"], config.width)
        for array in block["norm"]:
            parts.row(array, config.width)
        parts.numbers(1 / np.maximum(block.get("length", np.ones(1)), _SMALLEST_LENGTH), 1)
    if head is not None:
        parts.attention(weights["attention"])
    if classes:
        parts.mlp(weights["classifier"], classes)
    return np.array(shape, np.int32), *(np.concatenate(found).astype(np.float32) for found in (parts.found, parts.back))


class _Parts:
    """The arrays one after the other, flat; `config` says how large they must be."""

    def __init__(self, config):
        self.config, self.found, self.back = config, [], []

    def add(self, array, back=None):
        self.found.append(array.ravel())
        self.back.append((array if back is None else back).ravel())

    def check(self, array, shape):
        if array.shape != shape:
            raise ValueError(f"an array has the shape {array.shape} in place of {shape}")

    def numbers(self, array, *shape):
        self.check(array, shape)
        self.add(array)

    def row(self, array, size):
        self.rows(array[None], 1, size)

    def rows(self, array, *shape):
        """Rows of `width` or of another size, filled up with zeros to a multiple of four."""
        shape = shape if len(shape) == 2 else (*shape, self.config.width)
        self.check(array, shape)
        self.add(np.pad(array, ((0, 0), (0, -shape[1] % 4))))

    def packed(self, kernel, *shape):
        """A kernel by fours of its columns, its rows and columns filled up with zeros to multiples of four."""
        self.check(kernel, shape)
        filled = np.pad(kernel, [(0, -size % 4) for size in shape])
        self.add(*(each.reshape(len(each), -1, 4).transpose(1, 0, 2) for each in (filled, filled.T)))

    def mlp(self, net, size):
        kernel, bias, beta, out, out_bias = merged(net)
        width, hidden = self.config.width, self.config.hidden
        self.packed(kernel, width, hidden)
        self.row(bias, hidden)
        self.row(beta, hidden)
        self.packed(out, hidden, size)
        self.row(out_bias, size)

    def attention(self, net):
        config, width, hidden = self.config, self.config.width, self.config.hidden
        mean, deviation = net["inputs"]
        kernel, bias, beta, out, out_bias = merged(net["value"], mean, deviation + config.invariant_epsilon)
        # Groups of four rows belong to r_i r_j, r_i and r_j in turn, then to the same divided by their lengths.
        kernel = kernel.reshape(-1, 3, 4, hidden)
        kernel = np.concatenate([kernel, np.zeros((2 - len(kernel), *kernel.shape[1:]))])
        for part in range(3):
            self.packed(kernel[:, part].reshape(8, hidden), 8, hidden)
        self.row(bias, hidden)
        self.row(beta, hidden)
        half = np.eye(width) / 2
        join, merge = (net[name] or (half, half) for name in ("join", "merge"))
        self.packed(out @ join[0], hidden, width)
        for half in merge:
            self.packed(half @ join[1], width, width)
        self.row(out_bias @ join[0], width)
        self._score(net["score"])
        if "scale" in net:
            constant = self._score(net["scale"])
            self.numbers(constant, 1)
            alpha = net["alpha"]
            self.numbers(np.pad(alpha, (0, 6 - alpha.size)), 6)

    def _score(self, net):
        """A net with one number as its answer; returns the answer's bias."""
        kernel, bias, beta, out, out_bias = merged(net)
        hidden = self.config.hidden
        self.packed(kernel, self.config.width, hidden)
        self.row(bias, hidden)
        self.row(beta, hidden)
        self.row(out[:, 0], hidden)
        return out_bias


def merged(net, mean=None, deviation=None):
    """Kernel, bias and beta of an MLP's hidden layer, kernel and bias of its answer, without the layer norm's factor.

    ``relu(gamma x + beta) = |gamma| relu(sign(gamma) x + beta / |gamma|)``, so ``|gamma|`` goes into the next kernel;
    centred kernels make the mean of the hidden numbers zero.

    Args:
        mean, deviation: of the running statistics before the net, if it has them.
    """
    kernel, bias = net["hidden"]
    if mean is not None:
        kernel = kernel / deviation[:, None]
        bias = bias - mean @ kernel
    gamma, beta = net["norm"]
    factor, sign = np.maximum(abs(gamma), SMALLEST_FACTOR), np.where(gamma < 0, -1, 1)
    out, out_bias = net["out"]
    kernel = (kernel - kernel.mean(axis=1, keepdims=True)) * sign
    return kernel, (bias - bias.mean()) * sign, beta / factor, factor[:, None] * out, out_bias
