"""What command lines share: one sentence for what a user can mend, no traceback, exit status 2."""
import functools
import sys

from gala_ssl.errors import InputError


def script(main):
    """Wrap `main(argv=None)` so that its InputError, OSError and FloatingPointError (a diverged training) are printed
    as a sentence and exit with 2.

    Example:
        >>> @script
        ... def main(argv=None): ...
        >>> if __name__ == "__main__":
        ...     main()
    """
    @functools.wraps(main)
    def wrapped(argv=None):
        try:
            return main(argv)
        except (InputError, OSError, FloatingPointError) as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(2)
    return wrapped
