"""Embed the particles of a trajectory: order parameters that need no knowledge of the structure.

    gala-ssl embed run.gsd --frames 0::10 -o run.h5 --gsd coloured.gsd --png run.png
    gala-ssl embed dump.lammpstrj --task denoising --neighbors voronoi -o run.csv

Reads GSD, LAMMPS dumps, extended XYZ, CIF, POSCAR and others. Several files are one trajectory. Writes for each
particle the numbers of its frame and itself, its time step and id (-1 where the file has none), its embedding, and its
first principal components among all frames, with a card (JSON) that tells how: in HDF5 and npz under the name "card",
in Parquet in the metadata of the file, beside a CSV in a file .json. --gsd writes a copy of the frames with the
components as log/particles/gala_ssl/component_1 and so on, by which OVITO can colour; --png draws one of them. A
particle without neighbours, as a short --r-max may leave it, has NaN for all of these.
"""
import contextlib
import json
import math
import pathlib

from gala_ssl.base.errors import InputError, check_choice, pluralize
from gala_ssl.base.progress import Work, listed
from gala_ssl.commands.options import (
    add_engine,
    add_neighbors,
    add_scale,
    add_task,
    add_trajectory,
    add_types,
    add_weights,
    check_ending,
    check_outputs,
    chosen_frames,
    neighbors_of,
    trajectory_name,
)
from gala_ssl.frames.compressed import uncompressed_name
from gala_ssl.tasks import check_task
from gala_ssl.tasks.models.sets import weights_file

LEVELS = {"particle": ("frame", "step", "particle", "id"),
          "bond": ("frame", "step", "particle", "id", "neighbor"), "frame": ("frame", "step")}


def configure(parser):
    add_trajectory(parser)
    add_task(parser)
    add_weights(parser)
    parser.add_argument("--frames", default=":", help="which frames: a number, numbers with commas between, or a slice "
                        "such as 0::10; --frames=-5: is the last five (default: all)")
    parser.add_argument("-o", "--output", type=pathlib.Path,
                        help=".h5, .npz, .csv or .parquet, replaced if it is there (default: TRAJECTORY_TASK.h5 here)")
    parser.add_argument("--level", choices=LEVELS, default="particle", help="a row a particle, a bond (the core's "
                        "values before their mean) or a frame (the mean over its particles that have neighbours)")
    parser.add_argument("--average", type=int, metavar="N", help="average over each particle and its N nearest "
                        "neighbours, such as 12: less noise, and a wider view")
    parser.add_argument("--bulk", action="store_true", help="only particles of the dense bulk of each frame, away from "
                        "surfaces and vapour")
    add_neighbors(parser)
    add_scale(parser)
    add_types(parser)
    add_engine(parser)
    parser.add_argument("--components", type=int, default=3, help="principal components (default: 3)")
    parser.add_argument("--axes", choices=("own", "reference"), default="own", help="what components are along: the "
                        "main directions of these frames, or axes that ship with the weights (--weights thermal), so "
                        "that the numbers of two calls can be compared (default: own)")
    parser.add_argument("--gsd", type=pathlib.Path, help="write a copy of the frames with the components here")
    parser.add_argument("--copy", type=pathlib.Path, help="the same in the format of its name: extended XYZ (.xyz), a "
                        "LAMMPS dump (.dump) or GSD")
    parser.add_argument("--png", type=pathlib.Path, help="draw a component: along the trajectory, and in the "
                        "particles of the first, middle and last frame, cut in half")
    parser.add_argument("--component", type=int, default=1, metavar="N", help="which --png draws, from 1 (default: 1)")
    parser.add_argument("--limits", type=float, nargs=2, metavar=("LOW", "HIGH"), help="the component at the ends of "
                        "the colours of --png, even between; default: more colours for what more particles have")
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report")
    parser.add_argument("--json", action="store_true", help="print the card in place of the report")


def run(arguments):
    work = Work()
    output = arguments.output or pathlib.Path(f"{uncompressed_name(arguments.trajectory[0]).stem}_{arguments.task}.h5")
    check(arguments, output)
    from gala_ssl.base.files import errors_name, written_together
    from gala_ssl.order.embedding_files import files_of, save

    frames = chosen_frames(arguments)
    # A frame that cannot be embedded should be known before the network is loaded, which takes seconds.
    particles = len(frames) * len(frames[0])
    from gala_ssl.networks import MANY
    from gala_ssl.order.embedding import Embedding

    embed = Embedding.from_pretrained(arguments.task, weights=arguments.weights, length_scale=arguments.scale,
                                      source="bonds" if arguments.level == "bond" else "core",
                                      neighbors=neighbors_of(arguments), ignore_types=arguments.ignore_types,
                                      engine=arguments.engine,
                                      jit_compile=True if particles > MANY else None, progress=not arguments.quiet)
    from gala_ssl.order.reference_axes import ReferenceAxes

    reference = ReferenceAxes.from_card(embed.card) if arguments.axes == "reference" else None
    count = min(arguments.components, embed.dimension if reference is None else len(reference.axes))
    if not 1 <= arguments.component <= count:
        more = ", or raise --components." if count < embed.dimension and not reference else "."
        raise InputError(f"--component is {arguments.component}, but there are {count} components; choose from 1 to "
                         f"{count}{more}",
                         option="--component", value=arguments.component)
    files, others = files_of(output), [*filter(None, (arguments.gsd, arguments.copy, arguments.png))]
    with (written_together([*files, *others]) as aside,
          table_for(output, aside, embed.dimension, arguments.level) as table):
        spans = fill(table, frames, embed, arguments, work)
        components = table.add_reference(reference, count) if reference else table.add_components(count)
        card = card_of(arguments, frames, embed, components) | {
            "steps": [int(table.file["step"][first]) for first, last in spans if first < last],
            "seconds": round(work.seconds, 1)}
        save(table, aside, output, card)
        for copy in filter(None, (arguments.gsd, arguments.copy)):
            from gala_ssl.order.component_copies import write_components
            with errors_name(copy):
                write_components(aside[copy], frames, table.file["components"], spans)
        if arguments.png:
            with errors_name(arguments.png):
                draw(aside[arguments.png], arguments, frames, table.file["components"], spans)
        rows = len(table)
    if arguments.json:
        print(json.dumps({"output": str(output), "rows": rows} | card, indent=2))
    elif not arguments.quiet:
        kept = ", ".join(f"{ratio:.1%}" for ratio in components.get("variance_ratio", ()))
        print(f"The components {f'have {kept} of the variance' if kept else 'are along the reference axes'}.")
        print(work.sentence("wrote " + listed([f"{pluralize(rows, 'row')} to {output}", *others])))


def check(arguments, output):
    """Refuse what can be refused before anything is computed."""
    from gala_ssl.clouds.lengths import LENGTH_SCALES
    from gala_ssl.order.embedding_files import check_output

    check_output(output)
    check_task(arguments.task)
    neighbors_of(arguments)
    if arguments.scale is not None:
        check_choice("length scale", arguments.scale, LENGTH_SCALES)
    if arguments.average is not None and arguments.average < 1:
        raise InputError(f"--average is {arguments.average}; give at least one neighbour.", option="--average",
                         value=arguments.average)
    if arguments.level == "bond" and (arguments.average or arguments.bulk):
        raise InputError("--average and --bulk are of particles; leave them out for bonds.", option="--level",
                         value="bond")
    if arguments.components < 1:
        raise InputError(f"--components is {arguments.components}; give at least 1.", option="--components",
                         value=arguments.components)
    if not arguments.png and (arguments.component != 1 or arguments.limits):
        raise InputError("--component and --limits are of the picture; name its file with --png.", option="--png")
    if arguments.limits and not -math.inf < arguments.limits[0] < arguments.limits[1] < math.inf:
        raise InputError("--limits are {:g} and {:g}; give two numbers, the lower one first.".format(*arguments.limits),
                         option="--limits", value=arguments.limits)
    if arguments.copy:
        from gala_ssl.frames.formats import writer_of
        writer_of(arguments.copy)
    for name, path in (("gsd", arguments.gsd), ("png", arguments.png), ("copy", arguments.copy)):
        if path and arguments.level != "particle":
            raise InputError(f"--{name} colours particles; it cannot show embeddings of --level {arguments.level}.",
                             option="--level", value=arguments.level)
        if path and arguments.bulk:
            raise InputError(f"--{name} needs all particles; leave --bulk out.", option=f"--{name}", value=str(path))
        if name != "copy":
            check_ending(name, path, f".{name}")
    check_outputs(filter(None, (output, arguments.gsd, arguments.copy, arguments.png)), arguments.trajectory)


@contextlib.contextmanager
def table_for(output, aside, dimension, level):
    """A table in the output, as it is written aside, where that is HDF5; else in a temporary file."""
    from gala_ssl.base.files import errors_name, folder_aside
    from gala_ssl.base.hdf5 import SafeFile
    from gala_ssl.order.embedding_files import HDF5, EmbeddingTable

    with contextlib.ExitStack() as stack:
        stack.enter_context(errors_name(output))
        if output.suffix.lower() in HDF5:
            path = aside[output]
        else:
            path = stack.enter_context(folder_aside(output)) / "table.h5"
        with SafeFile(path) as file:
            yield EmbeddingTable(file, dimension, LEVELS[level])


def fill(table, frames, embed, arguments, work):
    """Embed the frames into the table; returns the first row and the one after the last of each."""
    import numpy as np

    from gala_ssl.order.averaged import bond_rows, particle_rows

    spans, average, bulk = [], arguments.average or 0, arguments.bulk
    embedded = embed.each(work.each(frames, not arguments.quiet))
    for number, (frame, parts) in zip(frames.numbers, embedded):
        start, step = len(table), -1 if frame.step is None else frame.step
        ids = np.full(len(frame), -1) if frame.ids is None else frame.ids
        if arguments.level == "frame":
            known = (part[~np.isnan(part).any(axis=1)] for _, part in particle_rows(frame, parts, average, bulk))
            total, count = map(sum, zip(*((part.sum(axis=0, dtype=np.float64), len(part)) for part in known)))
            table.append((total / count if count else np.full_like(total, np.nan))[None], frame=number, step=step)
        elif arguments.level == "particle":
            for rows, part in particle_rows(frame, parts, average, bulk):
                table.append(part, frame=number, step=step, particle=rows, id=ids[rows])
        else:
            for rows, neighbors, part in bond_rows(embed, frame, parts):
                table.append(part, frame=number, step=step, particle=rows, id=ids[rows], neighbor=neighbors)
        spans.append((start, len(table)))
    return spans


def draw(path, arguments, frames, components, spans):
    from gala_ssl.plot.drawings import embedding_figure

    number = arguments.component
    values = [components[start:stop, number - 1] for start, stop in spans]
    label = "first principal component" if number == 1 else f"principal component {number}"
    embedding_figure(frames, frames.numbers, values, label, arguments.limits).savefig(path, dpi=120)


def card_of(arguments, frames, embed, components):
    from gala_ssl.base.provenance import versions

    return {"task": arguments.task, "weights": str(weights_file(arguments.weights, arguments.task)),
            "weights_sha256": embed.card["sha256"],
            "trajectory": trajectory_name(arguments), "frames": list(frames.numbers), "level": arguments.level,
            "average": arguments.average or 0, "bulk": arguments.bulk,
            "length_scale": embed.length_scale, **embed.neighbors.card(),
            "ignore_types": embed.ignore_types, "engine": embed.engine,
            "dimension": embed.dimension, "components": components, "versions": versions()}
