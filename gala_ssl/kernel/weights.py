"""The weights in a .keras file by h5py, as NumPy arrays by what they are; Keras is not needed for it."""
import io
import zipfile

import h5py
import numpy as np

from gala_ssl.kernel.library import NotForKernel


def read_weights(path, config, head=None):
    """Return the weights of a task's network.

    Args:
        path: of the .keras file: a zip archive with the HDF5 file model.weights.h5. Keras names groups in it after
            the classes of the layers, counted in the order in which they were made.
        config: CoreConfig of the network.
        head: name of the head's function in `gala_ssl.networks.heads`, or None to read the core alone.

    Returns:
        dict: "types" (kernel, bias); "blocks", a list of dicts {"values", "multivectors", "mlp", "norm", "length"};
        "attention" and "classifier" of the head, as far as it has them. An attention is a dict of "merge" and
        "join" (pairs of kernels, or None for the mean), "score", "value", "scale" (MLPs), "inputs" (mean,
        deviation) and "alpha"; an MLP a dict of "hidden" (kernel, bias), "norm" (gamma, beta), "out" (kernel, bias).

    Raises:
        NotForKernel: the file does not hold what the config says.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(content) as file:
            layers = file["layers"]
            core = layers["gala_core/layers"]
            found = {"types": _pair(core["dense"]), "blocks": [_block(core, i, config) for i in range(config.blocks)]}
            if head in ("cloud_class", "bond_class"):
                found["attention"] = _attention(layers["multivector_attention"], config)
                found["classifier"] = _mlp(layers["sequential"])
            elif head in ("cloud_vector", "bond_vectors"):
                found["attention"] = _attention(layers["multivector2_multivector_attention"], config, turns=True)
            return found
    except (KeyError, ValueError, OSError, RuntimeError, zipfile.BadZipFile, EOFError) as error:
        raise NotForKernel(f"The weights in {path} are not those of the network that their card describes ({error}); "
                           f"copy or train them again.", path=path) from error


def _block(core, i, config):
    suffix = f"_{i}" if i else ""
    block = {
        "values": _attention(core[f"multivector_attention{suffix}"], config),
        "multivectors": _attention(core[f"multivector2_multivector_attention{suffix}"], config, turns=True),
        "mlp": _mlp(core[f"sequential{suffix}"]),
        "norm": _pair(core[f"layer_normalization{suffix}"]),
    }
    if config.multivector_norm == "momentum":
        block["length"] = _array(core[f"momentum_layer_normalization{suffix}"], 0)
    return block


def _attention(group, config, turns=False):
    number, found = 0, {"merge": None, "join": None}
    for name in ("merge", "join"):
        if getattr(config, name) == "concat":
            found[name] = [_array(group, number), _array(group, number + 1)]
            number += 2
    found["score"], found["value"] = _mlp(group["score_net"]), _mlp(group["value_net"])
    found["inputs"] = _pair(group["value_net/layers/momentum_normalization"])
    if turns:
        found["scale"], found["alpha"] = _mlp(group["scale_net"]), _array(group, number)
    return found


def _mlp(group):
    layers = group["layers"]
    return {"hidden": _pair(layers["dense"]), "norm": _pair(layers["layer_normalization"]),
            "out": _pair(layers["dense_1"])}


def _pair(group):
    return _array(group, 0), _array(group, 1)


def _array(group, number):
    return np.asarray(group[f"vars/{number}"], np.float64)
