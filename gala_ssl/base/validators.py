"""What settings are checked by, before anything is made of them."""
import sys

from gala_ssl.base.errors import InputError


def require(condition, sentence, option, value):
    """InputError with this sentence about the value of an option, unless the condition holds."""
    if not condition:
        raise InputError(sentence, option=option, value=value)


def require_seed(seed):
    """InputError unless `seed` is what both NumPy and Keras take."""
    require(is_whole(seed) and 0 <= seed < 2**32, f"seed is {seed!r}; it must be an integer from 0 to 2^32 - 1.",
            "seed", seed)


def is_whole(value):
    """Whether a value is an int, and not True or False, which Python takes for one."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_finite(value):
    """Whether a value is an int or a float, neither NaN nor infinite, nor too large for a float."""
    return (is_whole(value) or isinstance(value, float)) and abs(value) <= sys.float_info.max


def sequence(name, value):
    """The values of a setting that has several, as a tuple."""
    require(isinstance(value, (list, tuple)), f"{name} is {value!r}; give a list of values.", name, value)
    return tuple(value)
