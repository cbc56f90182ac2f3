"""The one exception that means "what you gave me is wrong": its text is a full sentence for the user."""


class InputError(ValueError):
    """A file, frame, value or name given by the user cannot be used.

    The message is a sentence that names what was wrong, with its value and where it came from, and what
    to do about it. Command lines print it without a traceback and exit with status 2.
    """
