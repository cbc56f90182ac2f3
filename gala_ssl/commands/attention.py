"""Look at which bonds, and pairs of bonds, the attention layers of a trained network look.

    gala-ssl attention data/trajectories/cI2-W_solid.gsd --particle 21 -o maps
    gala-ssl attention run.gsd@46 --task denoising

FILE@N is frame N of a file, FILE its last frame; FILE may be a pattern in quotes, such as 'dump.*@46', whose files are
one trajectory in natural order. Writes into a folder, for one particle, a map of each layer with bonds ordered by
length and neighbour shells marked, and the attention that each bond receives (particle.png); averaged over the frame,
the same by shell (shells.png, shells.csv); the numbers of both (attention.npz), and how they came about (card.json).
Lengths are in contact distances, within which one particle in a hundred has its nearest neighbour.
"""
import json
import pathlib

from gala_ssl.base.backend import check_keras
from gala_ssl.base.errors import InputError, pluralize
from gala_ssl.base.progress import Work
from gala_ssl.commands.options import add_partial, add_task, add_types, add_weights, frames_named
from gala_ssl.frames.compressed import uncompressed_name
from gala_ssl.tasks import check_task


def configure(parser):
    parser.add_argument("frame", metavar="FRAME[@N]", help="a frame: file and number")
    parser.add_argument("--particle", type=int, default=0, help="number of a particle, from 0 (default: 0)")
    add_partial(parser)
    add_task(parser)
    add_weights(parser)
    add_types(parser)
    parser.add_argument("-o", "--output", type=pathlib.Path, help="folder to write to (default: FILE_attention here)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report")
    parser.add_argument("--json", action="store_true", help="print the card in place of the report")


def run(arguments):
    work = Work()
    from gala_ssl.base.files import check_folder, write_json

    check_keras()
    check_task(arguments.task)
    frame, particle = frames_named(arguments.frame, arguments.partial)[0], arguments.particle
    if not 0 <= particle < len(frame):
        raise InputError(f"{frame.where} has {pluralize(len(frame), 'particle')}, so there is no particle {particle}; "
                         f"choose from 0 to {len(frame) - 1}.", frame=frame.where, option="--particle",
                         value=particle)
    from gala_ssl.order.attention import AttentionMaps
    from gala_ssl.order.embedding import Embedding

    output = arguments.output or pathlib.Path(f"{uncompressed_name(frame.path).stem}_attention")
    check_folder(output)
    maps = AttentionMaps(Embedding.from_pretrained(arguments.task, weights=arguments.weights,
                                                   progress=not arguments.quiet, ignore_types=arguments.ignore_types))
    edges, length = shells_of(frame, maps.embedding.neighbors)
    sums, cloud, seen = averaged(maps, frame, edges, particle)
    table = sums.table(maps.layers)
    titles = [f"{arguments.task.replace('_', ' ')}: {what} of {pathlib.Path(frame.source).name}"
              for what in (f"particle {particle}", "mean over the particles")]
    write(output, maps, sums, table, cloud, seen, titles)
    card = card_of(arguments, frame, maps, edges, length)
    write_json(output / "card.json", card)
    if arguments.json:
        print(json.dumps({"output": str(output)} | card, indent=2))
    elif not arguments.quiet:
        shells = ", ".join(f"{edge:.3g}" for edge in edges)
        print(f"The neighbours are in {len(edges) + 1} shells; where one ends and the next begins, in contact "
              f"distances: {shells}.")
        work.read(frame)
        print(work.sentence(f"wrote maps of {len(maps.layers)} attention layers of {arguments.task} to {output}"))


def shells_of(frame, neighbors):
    """The edges between the shells that the neighbours by a rule are in, in contact distances, and that distance."""
    import numpy as np

    from gala_ssl.clouds.lengths import contact_distance, nearest_distances
    from gala_ssl.clouds.neighborhoods import cloud_chunks
    from gala_ssl.order.embedding import SEARCHED
    from gala_ssl.order.shells import shell_edges

    length = float(contact_distance(nearest_distances(frame)))
    # The farthest neighbours of a vapour would stretch the range over many times the droplet's shells.
    farthest = [np.linalg.norm(clouds.bonds[:, -1], axis=-1) for clouds in cloud_chunks(frame, SEARCHED, neighbors)]
    return shell_edges(frame, length, float(np.median(np.concatenate(farthest)))) / length, length


def averaged(maps, frame, edges, particle):
    """The sums by shell over the frame, and one particle's PointClouds and weights (L, k, k)."""
    found, first = [], 0

    def keep(clouds, weights):
        nonlocal first
        if first <= particle < first + len(clouds):
            found.extend((clouds[particle - first], weights[particle - first]))
        first += len(clouds)

    sums = maps.by_shell(frame, edges, keep)
    return sums, *found


def write(output, maps, sums, table, cloud, weights, titles):
    import numpy as np

    from gala_ssl.base.files import write_csv, written_whole
    from gala_ssl.order.shells import received, relative
    from gala_ssl.plot.plots import attention_figure

    shells, counts = sums.shells(cloud)[0], np.arange(1, len(sums.edges) + 1)
    bars, whole = received(weights, maps.reduces), sums.relative()
    with written_whole(output / "attention.npz") as temporary:
        np.savez(temporary, layers=maps.layers, reduces=maps.reduces, weights=weights, received=bars,
                 bonds=cloud.bonds[0], shells=shells + 1, shell_edges=sums.edges, shell_pairs=whole,
                 shell_received=sums.received())
    write_csv(output / "shells.csv", table, "%.6f")
    figures = {"particle": attention_figure(maps.layers, relative(weights), bars * len(shells),
                                            np.searchsorted(shells, counts), title=titles[0]),
               "shells": attention_figure(maps.layers, whole, sums.received(), of="shell", title=titles[1])}
    for name, figure in figures.items():
        with written_whole(output / f"{name}.png") as temporary:
            figure.savefig(temporary, dpi=150)


def card_of(arguments, frame, maps, edges, length):
    from gala_ssl.base.provenance import versions

    return {
        "frame": frame.where, "particle": arguments.particle, "task": arguments.task,
        "weights_sha256": maps.embedding.card["sha256"],
        "neighbors": maps.embedding.neighbors.name, "k": maps.embedding.neighbors.most,
        "length_scale": maps.embedding.length_scale, "contact_distance": length,
        "shell_edges": edges.tolist(), "layers": list(maps.layers), "versions": versions()}
