"""The command line: it finds the commands, which are the files of this folder, and has what all of them share.

A user who gave something wrong gets one sentence, no traceback, and exit status 2.
"""
import contextlib
import functools
import sys
import warnings

import gala_ssl.commands
from gala_ssl.base.errors import InputError
from gala_ssl.base.progress import logged
from gala_ssl.base.quiet import quietly, standard_error
from gala_ssl.base.registry import import_files
from gala_ssl.commands.options import Parser
from gala_ssl.version import __version__

# What is kept after Ctrl-C: of commands that write their files at the end, and of scripts that do not say it.
WHOLE = ("each file is written whole or not at all, and those that were not finished are as they were before; the "
         "command starts from the beginning when it is given again")
_KEPT = "files that were finished stay, and what has a run directory goes on in it when the script is started again"


def script(main):
    """Wrap `main(argv=None)` so that its InputError, OSError and FloatingPointError (a diverged training) are printed
    as a sentence and exit with 2; Ctrl-C exits with 130, as shells expect, and says what is kept. TensorFlow is
    imported quietly in it, and bars write lines into a log.

    Example:
        >>> @script
        ... def main(argv=None): ...
        >>> if __name__ == "__main__":
        ...     main()
    """
    @functools.wraps(main)
    def wrapped(argv=None):
        with standard_error(), quietly(), logged():
            try:
                return main(argv)
            except (InputError, OSError, FloatingPointError) as error:
                print(f"error: {error}", file=sys.stderr)
                sys.exit(2)
            except KeyboardInterrupt as error:
                print(f"\ninterrupted: {error.args[0] if error.args else _KEPT}", file=sys.stderr)
                sys.exit(130)
    return wrapped


@contextlib.contextmanager
def if_interrupted(sentence):
    """A Ctrl-C in the block says this: what is kept and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(sentence) from None


def run_command(command, arguments):
    """Run a command's module; its function `interrupted(arguments)`, if it has one, says what is kept after Ctrl-C."""
    kept = command.interrupted(arguments) if hasattr(command, "interrupted") else WHOLE
    with if_interrupted(kept), warnings.catch_warnings():
        warnings.showwarning = _say
        command.run(arguments)


@script
def main(argv=None):
    """Run `gala-ssl COMMAND ...`."""
    parser = Parser(
        prog="gala-ssl", description="Order parameters for self-assembling particles, learned without labels.",
        epilog="gala-ssl COMMAND --help tells more of each.")
    parser.add_argument("--version", action="version", version=f"gala_ssl {__version__}")
    choices = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    found = commands()
    for name, command in found.items():
        said = (command.__doc__ or f"{name}\n").strip()  # python -OO has no docstrings
        command.configure(choices.add_parser(name, help=said.splitlines()[0], description=said))
    arguments = parser.parse_args(argv)
    run_command(found[arguments.command], arguments)


def standalone(command, description, **defaults):
    """Return `main(argv=None)` of one command by itself, for the scripts in experiments/.

    Args:
        command: a module of `gala_ssl.commands`. description: for --help.
        defaults: of options, in place of the command's.
    """
    @script
    def alone(argv=None):
        parser = Parser(description=description)
        command.configure(parser)
        parser.set_defaults(**defaults)
        run_command(command, parser.parse_args(argv))
    return alone


def commands():
    """The modules of the commands, {name: module}: the files of this folder that have `configure` and `run`."""
    files = import_files(gala_ssl.commands.__name__, gala_ssl.commands.__path__)
    return {name: module for name, module in files.items() if hasattr(module, "configure") and hasattr(module, "run")}


def _say(message, *where):
    """A warning as a sentence, without the line of code that gave it."""
    print(f"warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    main()
