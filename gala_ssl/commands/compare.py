"""Tell two snapshots apart by every order parameter: the treatment of Table 1 for any two frames.

    gala-ssl compare run.gsd@46 other.lammpstrj@44 -o comparison

FILE@N is frame N of a file, FILE its last frame; FILE may be a pattern in quotes, such as 'dump.*@46', whose files are
one trajectory in natural order. Prints the area under the ROC curve of each method's first principal component, with
its 95 % interval, and of a linear classifier on all of it; with -o writes table.csv, table.rst, densities.png and
card.json into a folder as well. Methods are the classical baselines and all embeddings with weights.
"""
import pathlib

from gala_ssl.base.errors import InputError, pluralize
from gala_ssl.base.progress import Work
from gala_ssl.commands.options import (
    add_engine,
    add_partial,
    add_scale,
    add_tasks,
    add_types,
    add_weights,
    frames_named,
)
from gala_ssl.tasks import check_task


def configure(parser):
    parser.add_argument("first", metavar="A[@N]", help="a frame: file and number")
    parser.add_argument("second", metavar="B[@N]", help="the frame to tell it from")
    parser.add_argument("-o", "--output", type=pathlib.Path, help="folder to write to, in place of what is there")
    add_partial(parser)
    add_tasks(parser)
    add_weights(parser)
    add_scale(parser)
    add_types(parser)
    add_engine(parser)
    parser.add_argument("--matched", action="store_true", help="score also particles drawn so that vapour, surface and "
                        "bulk have the same share in both frames")
    parser.add_argument("--seed", type=int, default=0, help="of bootstrap and folds (default: 0)")
    parser.add_argument("--bootstrap", type=int, default=1000, help="bootstrap draws (default: 1000)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--json", action="store_true", help="print the scores as JSON in place of the table")


def run(arguments):
    work = Work()
    if not 0 <= arguments.seed < 2**32:
        raise InputError(f"The seed is {arguments.seed}; it must be an integer from 0 to 2^32 - 1.",
                         option="--seed", value=arguments.seed)
    from gala_ssl.base.files import check_folder

    for task in arguments.tasks or ():
        check_task(task)
    if arguments.output:
        check_folder(arguments.output)
    (first, one), (second, other) = (snapshot(text, arguments.partial) for text in (arguments.first, arguments.second))
    from gala_ssl.order.compare import Features, Pair, score_table, to_rst

    names = [one, other]
    if names[0] == names[1]:
        names = [frame.source for frame in (first, second)]
    if names[0] == names[1]:
        raise InputError(f"{names[0]} was given twice; give two snapshots to tell apart.", frame=names[0])
    featurizers = methods(arguments)
    features, pair = Features(dict(zip(names, (first, second)))), Pair(1, "two snapshots", *names)
    table = score_table(featurizers, features, [pair], arguments.seed, arguments.bootstrap, not arguments.quiet,
                        arguments.matched)
    text = to_rst(table, [pair])
    print(table.to_json(orient="records", indent=2) if arguments.json else text)
    if arguments.output:
        write(arguments, table, text, featurizers, features, pair)
    if not (arguments.json or arguments.quiet):
        work.read(first, second)
        done = f"compared them by {pluralize(len(featurizers), 'method')}"
        if arguments.output:
            done += f", wrote table.csv, table.rst, densities.png and card.json to {arguments.output},"
        print(work.sentence(done))


def snapshot(text, partial):
    """The frame that FILE or FILE@N means, and a name: its file's stem, and its number where the file has several."""
    frames = frames_named(text, partial)
    frame, (file, _) = frames[0], next(frames.by_file())
    return frame, frame.label if len(file) == 1 else f"{frame.label}, frame {frame.index}"


def methods(arguments):
    """Baselines, learned embeddings, and all of these together where there are several."""
    from gala_ssl.order.classical import baselines
    from gala_ssl.order.concatenation import with_concatenation
    from gala_ssl.order.embedding import Embedding
    from gala_ssl.tasks.models.cards import tasks_with_weights
    from gala_ssl.tasks.models.sets import check_weights_folder

    check_weights_folder(arguments.weights)
    tasks = tasks_with_weights(arguments.weights) if arguments.tasks is None else arguments.tasks
    learned = [Embedding.from_pretrained(task, weights=arguments.weights, length_scale=arguments.scale,
                                         progress=not arguments.quiet, ignore_types=arguments.ignore_types,
                                         engine=arguments.engine)
               for task in tasks]
    return [*baselines(), *with_concatenation(learned)]


def write(arguments, table, text, featurizers, features, pair):
    from gala_ssl.base.files import write_csv, write_json, write_text, written_whole
    from gala_ssl.base.provenance import versions
    from gala_ssl.plot.plots import density_figure

    write_csv(arguments.output / "table.csv", table, "%.6f")
    write_text(arguments.output / "table.rst", text)
    with written_whole(arguments.output / "densities.png") as temporary:
        density_figure(featurizers, features, pair).savefig(temporary, dpi=150)
    write_json(arguments.output / "card.json", {
        "snapshots": {name: frame.source for name, frame in features.frames.items()},
        "length_scale": {each.name: each.length_scale for each in featurizers if hasattr(each, "length_scale")},
        "seed": arguments.seed, "bootstrap": arguments.bootstrap,
        "weights": {featurizer.name: featurizer.card for featurizer in featurizers if hasattr(featurizer, "card")},
        "versions": versions()})
