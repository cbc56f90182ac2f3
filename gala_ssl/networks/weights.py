"""Moving weights between networks of one architecture."""
import typing

from gala_ssl.base.errors import InputError

if typing.TYPE_CHECKING:
    import keras


def copy_weights(source: "keras.Model", target: "keras.Model") -> None:
    """Give `target` the weights of `source`, running statistics included.

    Both are keras.Model, cores or task models, built from the same settings; `attention` may differ, because
    the fast layers and the published ones have the same weights in the same order.

    Raises:
        InputError: the weights differ in number or shape.
    """
    shapes = [[tuple(weight.shape) for weight in model.weights] for model in (source, target)]
    if shapes[0] != shapes[1]:
        raise InputError(f"The weights of {source.name!r} ({len(shapes[0])} arrays) do not fit {target.name!r} "
                         f"({len(shapes[1])} arrays); build both from the same settings.",
                         option="target", value=target.name)
    target.set_weights(source.get_weights())
