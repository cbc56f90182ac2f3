"""The command line: which commands there are, and what all of them share.

A user who gave something wrong gets one sentence, no traceback, and exit status 2.
"""
import argparse
import functools
import importlib
import sys
import warnings

from gala_ssl.errors import InputError
from gala_ssl.version import __version__

COMMANDS = ("embed", "compare", "phases", "attention", "info", "pretrain", "transfer", "simulate")


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


@script
def main(argv=None):
    """Run `gala-ssl COMMAND ...`."""
    parser = argparse.ArgumentParser(
        prog="gala-ssl", description="Order parameters for self-assembling particles, learned without labels.",
        epilog="gala-ssl COMMAND --help tells more of each.")
    parser.add_argument("--version", action="version", version=f"gala_ssl {__version__}")
    choices = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        command = _command(name)
        said = command.__doc__.strip()
        command.configure(choices.add_parser(name, help=said.splitlines()[0], description=said,
                                             formatter_class=argparse.RawDescriptionHelpFormatter))
    arguments = parser.parse_args(argv)
    with warnings.catch_warnings():
        warnings.showwarning = _say
        _command(arguments.command).run(arguments)


def standalone(command, description, **defaults):
    """Return `main(argv=None)` of one command by itself, for the scripts in experiments/.

    Args:
        command: a module of `gala_ssl.commands`. description: for --help.
        defaults: of options, in place of the command's.
    """
    @script
    def alone(argv=None):
        parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
        command.configure(parser)
        parser.set_defaults(**defaults)
        command.run(parser.parse_args(argv))
    return alone


def _command(name):
    return importlib.import_module(f"gala_ssl.commands.{name}")


def _say(message, *where):
    """A warning as a sentence, without the line of code that gave it."""
    print(f"warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    main()
