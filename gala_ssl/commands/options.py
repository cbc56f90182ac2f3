"""Options that several commands have in common, and their parser; naming the choices must not wait for Keras."""
import argparse
import pathlib
import re
import sys

from gala_ssl.base.errors import InputError, check_choice, meant, nearest
from gala_ssl.clouds.rules import RULES, NeighborRule, parameters, rule_named
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.models.sets import weights_folder


class Parser(argparse.ArgumentParser):
    """A parser whose errors are an InputError of one sentence, with the option, command or choice that was meant."""

    def __init__(self, **settings):
        self._names, self._has_commands = [], False
        super().__init__(**{"formatter_class": argparse.RawDescriptionHelpFormatter} | settings)

    def add_argument(self, *names, **settings):
        action = super().add_argument(*names, **settings)
        self._names += action.option_strings
        return action

    def add_subparsers(self, **settings):
        self._has_commands = True
        return super().add_subparsers(**settings)

    def parse_known_args(self, args=None, namespace=None):
        args = sys.argv[1:] if args is None else list(args)
        if not self._has_commands:  # else what is wrong may be a command's
            self._check_options(args)
        found, left = super().parse_known_args(args, namespace)
        if left:
            self._check_options(left, "-")
            raise InputError(f"{left[0]!r} is one word too many; {self.prog} --help shows what it takes.",
                             option="argument", value=left[0])
        return found, left

    def _check_options(self, words, begin="--"):
        """InputError if one of the words is an option that there is not."""
        words = words[:words.index("--")] if "--" in words else words
        for word in (word.partition("=")[0] for word in words if word.startswith(begin) and " " not in word):
            if not any(name.startswith(word) for name in self._names):
                near = nearest(word, self._names)
                remedy = f"did you mean {near}?" if near else f"{self.prog} --help lists those that there are."
                raise InputError(f"{self.prog} has no option {word}; {remedy}", option=word)

    def _check_value(self, action, value):
        # Private in argparse, the same in Python 3.11 to 3.14: only 3.14 suggests what was meant.
        if action.choices is not None and value not in action.choices:
            if not action.option_strings:
                check_choice("command", value, action.choices)
            name = action.option_strings[-1]
            raise InputError(f"{name} is {value!r}; {meant(value, action.choices)} from "
                             f"{', '.join(map(str, action.choices))}.", option=name, value=value)

    def error(self, message):
        negative = " (if it begins with a minus, write an equals sign before it, as in --frames=-1)"
        raise InputError(f"{message}{negative if message.endswith('expected one argument') else ''}; {self.prog} "
                         f"--help explains the options.", option="arguments")


def add_trajectory(parser):
    parser.add_argument("trajectory", nargs="+", type=pathlib.Path, metavar="TRAJECTORY", help="file of one or more "
                        "frames, or several files, which are one trajectory in the order given; a pattern in quotes, "
                        "such as 'dump.*', takes them in natural order")
    add_partial(parser)


def add_partial(parser):
    parser.add_argument("--partial", action="store_true", help="read also what is there of incomplete frames, and "
                        "sites of a CIF that are not full as full ones")


def trajectory_of(arguments, frames=slice(None)):
    """The frames that the options of `add_trajectory` mean."""
    from gala_ssl.frames.reading import read_frames

    return read_frames(arguments.trajectory, frames, partial=arguments.partial)


def chosen(text):
    """What `read_frames` takes, from a number, numbers with commas between, or a slice."""
    try:
        if ":" in text:
            parts = [int(part) if part else None for part in text.split(":")]
            if len(parts) > 3 or (len(parts) == 3 and parts[2] == 0):
                raise ValueError(text)
            return slice(*parts)
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"--frames {text} is no choice of frames; give a number, numbers with commas between, or a "
                         f"slice such as 0::10.", option="--frames", value=text) from None


def chosen_frames(arguments):
    """The frames of the trajectory that --frames chooses; InputError where these are none."""
    frames, named = trajectory_of(arguments, chosen(arguments.frames)), trajectory_name(arguments)
    if not len(frames):
        if not len(trajectory_of(arguments)):
            raise InputError(f"There are no frames in {named}; give a file that has some.", path=named)
        raise InputError(f"--frames {arguments.frames} chooses none of the frames of {named}.", path=named,
                         option="--frames", value=arguments.frames)
    return frames


def trajectory_name(arguments):
    """The files of a trajectory, for sentences and cards."""
    return ", ".join(map(str, arguments.trajectory))


def frames_named(text, partial=False):
    """The Trajectory of one frame that FILE@N means, or FILE for the last; FILE may be a pattern of files."""
    from gala_ssl.frames.reading import read_frames

    path, number = text, -1
    if (match := re.fullmatch(r"(.+)@(-?\d+)", text)) and not pathlib.Path(text).exists():
        path, number = match[1], int(match[2])
    return read_frames(path, number, partial=partial)


def add_task(parser):
    parser.add_argument("--task", default="frame_classification", metavar="TASK",
                        help=f"whose network: {', '.join(TASKS)} (default: frame_classification)")


def add_tasks(parser):
    parser.add_argument("--tasks", nargs="*", metavar="TASK",
                        help=f"learned embeddings, of {', '.join(TASKS)}; default: all with weights")


def add_weights(parser, default="thermal"):
    parser.add_argument("--weights", type=weights_folder, default=default, help="thermal, for real particles, "
                        "paper or converged, the sets that ship, or a folder of weights (default: %(default)s)")


def add_types(parser):
    parser.add_argument("--ignore-types", action="store_true", help="take all particles for one type, as the networks "
                        "that ship know")


def add_engine(parser):
    parser.add_argument("--engine", choices=("auto", "kernel", "keras"), default="auto", help="what computes: the "
                        "compiled kernel, keras, or the kernel where it can (default: auto)")


def add_scale(parser):
    parser.add_argument("--scale", help="what lengths are divided by for learned embeddings: contact (within which one "
                        "particle in a hundred has its nearest neighbour), shortest (bond of the frame), bulk (the "
                        "mean bond of its dense part) or mean_bond (of each cloud); default: what the network was "
                        "trained with, contact for the paper's weights, mean_bond for the thermal ones")


def add_neighbors(parser):
    parser.add_argument("--neighbors", default="nearest", help=f"{', '.join(RULES)} (default: nearest)")
    parser.add_argument("--k", type=int, help="bonds a particle, at most; default: what the network was trained on")
    for name, field in _parameters().items():
        owners = " or ".join(rule for rule, cls in RULES.items() if name in parameters(cls))
        parser.add_argument(f"--{name.replace('_', '-')}", type=field.type,
                            help=f"of --neighbors {owners}, {field.metadata['help']}")


def neighbors_of(arguments) -> NeighborRule:
    """The rule for neighbours that the options of `add_neighbors` mean."""
    return rule_named(arguments.neighbors, arguments.k, **{name: getattr(arguments, name) for name in _parameters()})


def _parameters():
    """The parameters of all rules that are options, by name."""
    return {name: field for rule in RULES.values() for name, field in parameters(rule).items()
            if "help" in field.metadata}


def check_ending(name, path, *endings):
    """InputError if the file of the option --`name`, or None, has a name that ends otherwise."""
    if path and path.suffix not in endings:
        raise InputError(f"--{name} {path} needs a name that ends in {' or '.join(endings)}.", option=f"--{name}",
                         value=path)


def check_outputs(paths, trajectory):
    """InputError if one of the files to write is in no folder, is a folder, or is one of the trajectory's files."""
    from gala_ssl.base.files import check_folder
    from gala_ssl.frames.reading import files

    for path in paths:
        check_folder(path.parent)
        if path.is_dir():
            raise InputError(f"{path} is a folder; give the name of a file to write.", path=path)
        if path.exists() and any(path.samefile(each) for each in files(trajectory)):
            raise InputError(f"{path} is the trajectory itself; choose another file to write.", path=path)
