"""From gradients of the kernel's folded weights to those of the network's own: `gala_ssl.kernel.fold` backwards."""
import numpy as np

from gala_ssl.kernel.fold import SMALLEST_FACTOR, merged


def unfolded(gradient, weights, config, head):
    """Return the gradients of `weights`, in the same parts but for running statistics, which have none.

    Args:
        gradient: float64, of the numbers of `fold.folded`. weights: of `gala_ssl.kernel.weights.read_weights`.
        config: CoreConfig. head: one of `fold.HEADS`.
    """
    parts, width = _Parts(gradient, config), config.width
    found = {"types": (parts.rows(config.type_width, width), parts.row(width)), "blocks": []}
    for block in weights["blocks"]:
        found["blocks"].append({
            "values": parts.attention(block["values"]), "multivectors": parts.attention(block["multivectors"]),
            "mlp": parts.mlp(block["mlp"], width), "norm": (parts.row(width), parts.row(width))})
        parts.numbers(1)
    if head is not None:
        found["attention"] = parts.attention(weights["attention"])
    if "classifier" in weights:
        found["classifier"] = parts.mlp(weights["classifier"], weights["classifier"]["out"][1].size)
    return found


class _Parts:
    """The arrays one after the other, as `fold._Parts` has written their numbers."""

    def __init__(self, gradient, config):
        self.gradient, self.config, self.at = gradient, config, 0

    def numbers(self, size):
        self.at += size
        return self.gradient[self.at - size:self.at]

    def rows(self, count, size):
        filled = size + -size % 4
        return self.numbers(count * filled).reshape(count, filled)[:, :size]

    def row(self, size):
        return self.rows(1, size)[0]

    def packed(self, rows, columns):
        filled = [size + -size % 4 for size in (rows, columns)]
        kernel = self.numbers(filled[0] * filled[1]).reshape(-1, filled[0], 4).transpose(1, 0, 2)
        return kernel.reshape(filled)[:rows, :columns]

    def mlp(self, net, size):
        width, hidden = self.config.width, self.config.hidden
        return merged_back(net, self.packed(width, hidden), self.row(hidden), self.row(hidden),
                           self.packed(hidden, size), self.row(size))

    def attention(self, net):
        config, width, hidden = self.config, self.config.width, self.config.hidden
        mean, deviation = net["inputs"]
        deviation = deviation + config.invariant_epsilon
        out, out_bias = merged(net["value"], mean, deviation)[3:]
        kernel = np.stack([self.packed(8, hidden).reshape(2, 4, hidden) for _ in range(3)], axis=1)
        kernel, bias, beta = kernel.reshape(-1, hidden)[:len(mean)], self.row(hidden), self.row(hidden)
        joined = self.packed(hidden, width)
        of_merge = [self.packed(width, width) for _ in range(2)]
        joined_bias = self.row(width)
        half = np.eye(width) / 2
        join, merge = (net[name] or (half, half) for name in ("join", "merge"))
        of_join = [out.T @ joined + np.outer(out_bias, joined_bias),
                   sum(kernel.T @ each for kernel, each in zip(merge, of_merge))]
        found = {"value": merged_back(net["value"], kernel, bias, beta, joined @ join[0].T, join[0] @ joined_bias,
                                      mean, deviation),
                 "join": net["join"] and of_join, "merge": net["merge"] and [each @ join[1].T for each in of_merge],
                 "score": self._score(net["score"])}
        if "scale" in net:
            found["scale"] = self._score(net["scale"])
            found["scale"]["out"] = found["scale"]["out"][0], self.numbers(1)
            found["alpha"] = self.numbers(6)[:net["alpha"].size].reshape(net["alpha"].shape)
        return found

    def _score(self, net):
        kernel, hidden = self.packed(self.config.width, self.config.hidden), self.config.hidden
        return merged_back(net, kernel, self.row(hidden), self.row(hidden), self.row(hidden)[:, None], np.zeros(1))


def merged_back(net, kernel, bias, beta, out, out_bias, mean=None, deviation=None):
    """Gradients of an MLP from those of what `fold.merged` makes of it; the arguments are named as there."""
    gamma, own_beta = net["norm"]
    factor, sign = np.maximum(abs(gamma), SMALLEST_FACTOR), np.where(gamma < 0, -1, 1)
    kernel, bias = kernel * sign, bias * sign
    kernel, bias = kernel - kernel.mean(axis=1, keepdims=True), bias - bias.mean()
    if mean is not None:
        kernel = (kernel - np.outer(mean, bias)) / deviation[:, None]
    of_factor = (out * net["out"][0]).sum(axis=1) - beta * own_beta / factor**2
    return {"hidden": (kernel, bias), "norm": (of_factor * sign, beta / factor),
            "out": (factor[:, None] * out, out_bias)}
