"""The one exception that means "what you gave me is wrong": its text is a full sentence for the user."""
import difflib


class InputError(ValueError):
    """A file, frame, value or name given by the user cannot be used.

    The message is a sentence that names what was wrong, with its value and where it came from, and what
    to do about it. Command lines print it without a traceback and exit with status 2.

    Attributes:
        path: the file or folder, a string. frame: what the frame is called, such as "run.gsd, frame 3".
        option: the argument, the setting, or the part of a file that is wrong. value: what was given for it, or found.

    Each is None where the error is not about it.
    """

    def __init__(self, message, *, path=None, frame=None, option=None, value=None):
        super().__init__(message)
        self.path, self.frame, self.option, self.value = path if path is None else str(path), frame, option, value


class InputWarning(UserWarning):
    """What was given can be used in part, or may not be meant as it is; path and frame as of InputError."""

    def __init__(self, message, *, path=None, frame=None):
        super().__init__(message)
        self.path, self.frame = path if path is None else str(path), frame


def pluralize(number, noun):
    """The number, with commas between thousands, and its noun, in the plural unless it is 1."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def reason(error):
    """What an error of another library says, in one line; the name of its class where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def check_choice(kind, name, choices, option=None):
    """InputError unless `name` is one of `choices`, with the one that it resembles most, if it does.

    Args:
        kind: what is chosen, such as "task"; also the error's `option`, unless another is given.
    """
    if name not in choices:
        raise InputError(f"There is no {kind} {name!r}; {meant(name, choices)} from {', '.join(choices)}.",
                         option=option or kind, value=name)


def meant(name, choices):
    """The words before "from fcc, hcp": "did you mean 'fcc'? Choose" where a choice resembles the name, or "choose"."""
    near = nearest(name, choices)
    return "choose" if near is None else f"did you mean {near!r}? Choose"


def nearest(name, choices):
    """The choice that a misspelt name resembles most, or whose beginning it is; None where there is none."""
    small, spelt = str(name).lower(), {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(small, spelt, 1) or [each for each in spelt if small and each.startswith(small)]
    return spelt[near[0]] if near else None
