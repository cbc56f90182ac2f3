"""Name the structure of each particle of a trajectory: fcc, hcp, bcc, diamond, liquid, gas and others.

    gala-ssl identify run.gsd
    gala-ssl identify dump.lammpstrj --frames 0::10 --among fcc hcp bcc liquid -o run.csv

Prints the fractions of each frame. -o writes a row a particle: frame, step, particle, id, structure,
probability (step and id are -1 where the file has none). Evidence is
pooled over a particle and its 12 nearest neighbours. A structure that the network does not know is called by the name
of one that it knows, often with a high probability: look at the structure itself before you believe a rare name.
"""
import pathlib

from gala_ssl.base.errors import InputError, counted
from gala_ssl.commands.options import add_trajectory, add_types, trajectory_name, trajectory_of
from gala_ssl.tasks.models.sets import weights_folder

# Names in a line of the report, and the fraction from which on a name is in it.
_SHOWN, _LEAST = 5, 0.005


def configure(parser):
    add_trajectory(parser)
    parser.add_argument("--frames", default=":", help="which frames: a number, numbers with commas between, or a slice "
                        "such as 0::10 (default: all)")
    parser.add_argument("--among", nargs="+", metavar="NAME", help="structures to choose from, such as fcc hcp bcc "
                        "liquid gas, or names of prototypes (default: all)")
    parser.add_argument("--alone", action="store_true", help="name each particle without its neighbours' evidence")
    parser.add_argument("--weights", type=weights_folder, default="thermal",
                        help="thermal, converged or paper, the sets that ship, or a folder of weights "
                        "(default: thermal)")
    parser.add_argument("-o", "--output", type=pathlib.Path, help=".csv, a row a particle, replaced if it is there")
    add_types(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report")


def run(arguments):
    from gala_ssl.base.files import written_whole
    from gala_ssl.commands.embed import chosen

    if arguments.output and arguments.output.suffix != ".csv":
        raise InputError(f"The output {arguments.output} is a .csv; give it that ending.")
    frames = trajectory_of(arguments, chosen(arguments.frames))
    if not len(frames):
        raise InputError(f"--frames {arguments.frames} chooses none of the frames of "
                         f"{trajectory_name(arguments)}.")
    frames[0]  # a frame that cannot be read should be known before the network is loaded
    from gala_ssl.order.embedding import Embedding
    from gala_ssl.order.identify import POOLED, Identifier

    embedding = Embedding.from_pretrained("frame_classification", weights=arguments.weights,
                                          progress=not arguments.quiet, ignore_types=arguments.ignore_types)
    identify = Identifier(embedding, arguments.among, 0 if arguments.alone else POOLED)
    if arguments.output is None:
        for _ in named(frames, identify, arguments.quiet):
            pass
        return
    with written_whole(arguments.output) as aside:
        for place, (frame, found) in enumerate(named(frames, identify, arguments.quiet)):
            table = found.table().reset_index()
            table.insert(0, "frame", frames.numbers[place])
            table.insert(1, "step", -1 if frame.step is None else frame.step)
            table.insert(3, "id", -1 if frame.ids is None else frame.ids)
            table.to_csv(aside, mode="a" if place else "w", header=not place, index=False, float_format="%.4f")
    if not arguments.quiet:
        print(f"Wrote {counted(len(frames), 'frame')} to {arguments.output}.")


def named(frames, identify, quiet):
    """Yield each frame and its Identification, and print its fractions."""
    for frame in frames:
        found = identify(frame)
        if not quiet:
            shares = found.fractions()
            shares = shares[shares >= _LEAST]
            rest = f", others {1 - shares[:_SHOWN].sum():.1%}" if 1 - shares[:_SHOWN].sum() >= _LEAST else ""
            print(f"{frame.where}: " + ", ".join(f"{name} {share:.1%}" for name, share in shares[:_SHOWN].items())
                  + rest, flush=True)
        yield frame, found
