"""The arrays in a file of weights by what they are, for the kernel; Keras is not needed for it."""
import numpy as np
from safetensors.numpy import load_file

# What the attention of each head is called.
_ATTENTIONS = {"cloud_class": "reduction", "bond_class": "attention",
               "cloud_vector": "answer", "bond_vectors": "answer"}


def read_weights(path, config, head=None):
    """Return the weights of a task's network.

    Args:
        path: of the safetensors file, with an array for each variable of the network by the variable's path.
        config: CoreConfig of the network.
        head: name of the head's function in `gala_ssl.networks.heads`, or None to read the core alone.

    Returns:
        dict: "types" (kernel, bias); "blocks", a list of dicts {"values", "multivectors", "mlp", "norm", "length"};
        "attention" and "classifier" of the head, as far as it has them. An attention is a dict of "merge" and
        "join" (pairs of kernels, or None for the mean), "score", "value", "scale" (MLPs), "inputs" (mean,
        deviation) and "alpha"; an MLP a dict of "hidden" (kernel, bias), "norm" (gamma, beta), "out" (kernel, bias).

    Raises:
        KeyError, OSError, SafetensorError: the file does not hold what the config says.
    """
    return in_parts({name: array.astype(np.float64) for name, array in load_file(path).items()}, config, head)


def in_parts(arrays, config, head=None):
    """Whatever there is of each variable of a network by its path, such as its array, as `read_weights` returns it."""
    arrays = _Arrays(arrays, config)
    found = {"types": arrays.pair("embed_types"), "blocks": [arrays.block(f"block{i}") for i in range(config.blocks)]}
    if head is not None:
        found["attention"] = arrays.attention(_ATTENTIONS[head], turns=head in ("cloud_vector", "bond_vectors"))
    if head in ("cloud_class", "bond_class"):
        found["classifier"] = arrays.mlp("classifier")
    return found


class _Arrays:
    """Arrays by path, and what of a network they are."""

    def __init__(self, arrays, config):
        self.arrays, self.config = arrays, config

    def block(self, name):
        block = {"values": self.attention(f"{name}_values"),
                 "multivectors": self.attention(f"{name}_multivectors", turns=True),
                 "mlp": self.mlp(f"{name}_mlp"), "norm": self.pair(f"{name}_values_norm", "gamma", "beta")}
        if self.config.multivector_norm == "momentum":
            block["length"] = self.arrays[f"{name}_multivectors_norm/norm"]
        return block

    def attention(self, name, turns=False):
        arrays = self.arrays
        found = {way: [arrays[f"{name}/{way}_kernel_{i}"] for i in range(2)] if getattr(self.config, way) == "concat"
                 else None for way in ("merge", "join")}
        found |= {net: self.mlp(f"{name}/{name}_{net}") for net in ("score", "value")}
        found["inputs"] = self.pair(f"{name}/{name}_value/inputs_norm", "mu", "sigma")
        if turns:
            found |= {"scale": self.mlp(f"{name}/{name}_scale"), "alpha": arrays[f"{name}/vector_kernels"]}
        return found

    def mlp(self, name):
        return {"hidden": self.pair(f"{name}/hidden"), "norm": self.pair(f"{name}/norm", "gamma", "beta"),
                "out": self.pair(f"{name}/out")}

    def pair(self, name, *parts):
        return tuple(self.arrays[f"{name}/{part}"] for part in parts or ("kernel", "bias"))
