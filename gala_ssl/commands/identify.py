"""Name the structure of each particle of a trajectory: fcc, hcp, bcc, diamond, liquid, gas and others.

    gala-ssl identify run.gsd
    gala-ssl identify run.gsd --figure run.png --html run.html
    gala-ssl identify dump.lammpstrj --frames 0::10 --among fcc hcp bcc liquid -o run.csv -o named.gsd

Prints the fractions of each frame and, of a trajectory, between which of them the sample changed, or that no transition
was found. -o run.csv writes a row a particle (frame, step, particle, id, structure, probability, nearest: the likeliest
name even where the structure is unknown; step and id are -1 where the file has none) and run_frames.csv a row a frame
(step and kT where the file has them, the largest cluster of a solid and its size, the fraction of each name); -o
named.xyz, named.gsd and named.dump are for OVITO. Evidence is pooled over a particle and its 12 nearest neighbours.
Structures that cannot be told apart are called by the usual name of their family, and what is unlike all known crystals
"unknown". At a surface only names are given that the inside has as well, and liquid and gas. With --among neither is
done. Look at the structure itself before you believe a rare name.
"""
import contextlib
import pathlib

from gala_ssl.base.errors import InputError
from gala_ssl.base.progress import Work, listed, say
from gala_ssl.commands.options import (
    add_engine,
    add_trajectory,
    add_types,
    check_ending,
    check_outputs,
    chosen_frames,
)
from gala_ssl.tasks.models.sets import weights_folder

# Names in a line of the report, and the fraction from which on a name is in it.
_SHOWN, _LEAST = 5, 0.005


def configure(parser):
    add_trajectory(parser)
    parser.add_argument("--frames", default=":", help="which frames: a number, numbers with commas between, or a slice "
                        "such as 0::10 (default: all)")
    parser.add_argument("--among", nargs="+", metavar="NAME", help="structures to choose from, such as fcc hcp bcc "
                        "liquid gas, or names of prototypes (default: all)")
    parser.add_argument("--also", action="append", default=[], metavar="[NAME=]FILE", help="a structure of your own "
                        "that particles may be named by as well: a file of its perfect crystal (CIF, POSCAR and "
                        "others), called by the file's name or by NAME. Give it again for several")
    parser.add_argument("--alone", action="store_true", help="name each particle without its neighbours' evidence")
    parser.add_argument("--weights", type=weights_folder, default="thermal",
                        help="thermal, converged or paper, the sets that ship, or a folder of weights "
                        "(default: thermal)")
    parser.add_argument("-o", "--output", type=pathlib.Path, action="append", default=[],
                        help="replaced if it is there; a .csv (or .parquet) has a row a particle, and beside it a "
                        "table of the frames, NAME_frames.csv; .xyz, .gsd and .dump are copies of the frames with the "
                        "names. Give it again for several files")
    parser.add_argument("--figure", type=pathlib.Path, help="draw the fractions along the trajectory, and three frames "
                        "coloured by structure, cut in half (.png, .pdf, .svg)")
    parser.add_argument("--against", choices=("step", "kT", "frame"), default="step", help="what --figure draws the "
                        "fractions against, where the file has it (default: step)")
    parser.add_argument("--html", type=pathlib.Path, help="write a page for a browser that needs no network: particles "
                        "in space, linked to a map, up to 24 frames")
    add_types(parser)
    add_engine(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report")


def run(arguments):
    work = Work()
    from gala_ssl.order.named_files import check_named

    for path in arguments.output:
        check_named(path)
    also = structures_of(arguments.also)
    check_ending("figure", arguments.figure, ".png", ".pdf", ".svg")
    check_ending("html", arguments.html, ".html")
    check_outputs(filter(None, (*arguments.output, arguments.figure, arguments.html)), arguments.trajectory)
    frames = chosen_frames(arguments)
    frames[0]  # a frame that cannot be read should be known before the network is loaded
    from gala_ssl.order.embedding import Embedding
    from gala_ssl.order.identify import Identifier
    from gala_ssl.order.pooling import POOLED

    embedding = Embedding.from_pretrained("frame_classification", weights=arguments.weights,
                                          progress=not arguments.quiet, ignore_types=arguments.ignore_types,
                                          engine=arguments.engine)
    identify = Identifier(embedding, arguments.among, 0 if arguments.alone else POOLED, also)
    write(arguments, frames, identify, work)


def structures_of(texts):
    """{name: frame} of the files that --also names."""
    from gala_ssl.frames.compressed import uncompressed_name
    from gala_ssl.frames.reading import read_frame

    found = {}
    for text in texts:
        name, _, path = text.rpartition("=") if not pathlib.Path(text).exists() else ("", "", text)
        name = name or uncompressed_name(pathlib.Path(path)).stem
        if name in found:
            raise InputError(f"Two structures are called {name!r}; name one otherwise with --also NAME=FILE.",
                             option="--also", value=text)
        found[name] = read_frame(path)
    return found


def write(arguments, frames, identify, work):
    """Name the particles of all frames; print fractions and transitions, and write the files asked for."""
    from gala_ssl.base.files import errors_name, written_together, written_whole
    from gala_ssl.order.named_files import named_file
    from gala_ssl.order.timeline import Timeline

    timeline, album = Timeline(frames), None
    if arguments.figure or arguments.html:
        from gala_ssl.plot.album import Album
        album = Album(frames, timeline, bool(arguments.html))
    tables = list(dict.fromkeys(path.with_name(f"{path.stem}_frames.csv") for path in arguments.output
                                if path.suffix.lower() in (".csv", ".parquet")))
    with contextlib.ExitStack() as stack:
        aside = stack.enter_context(written_together([*arguments.output, *tables]))
        with contextlib.ExitStack() as opened:
            writers = {path: opened.enter_context(named_file(path, aside[path], frames, identify.answers))
                       for path in arguments.output}
            for frame, found in identify.each(work.each(frames, not arguments.quiet)):
                timeline.add(frame, found.structure)
                if album:
                    album.add(found)
                if not arguments.quiet:
                    step = f", step {frame.step:,}" if frame.step is not None else ""
                    say(f"{frame.where}{step}: {line(found)}")
                for path, writer in writers.items():
                    with errors_name(path):
                        writer.add(frame, found)
        for path in tables:
            with errors_name(path):
                timeline.table().to_csv(aside[path], float_format="%.6g")
    sentences = timeline.sentences() if len(frames) > 1 else []
    if arguments.figure:
        with written_whole(arguments.figure) as path:
            album.figure(arguments.against).savefig(path, dpi=150)
    if arguments.html:
        album.write_page(arguments.html, arguments.trajectory[0].name, sentences)
    if not arguments.quiet:
        print(*sentences, sep="\n", end="\n" if sentences else "")
        written = [*arguments.output, *tables, *filter(None, (arguments.figure, arguments.html))]
        print(work.sentence(f"wrote {listed(written)}" if written else ""))


def line(found):
    """The fractions of an Identification in a line, the largest ones."""
    from gala_ssl.order.timeline import shares

    shown = [(name, share) for name, share in shares(found.structure).items() if share >= _LEAST][:_SHOWN]
    rest = 1 - sum(share for _, share in shown)
    others = [f"others {rest:.1%}"] if rest >= _LEAST else []
    return ", ".join([*(f"{name} {share:.1%}" for name, share in shown), *others])
