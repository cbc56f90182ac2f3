"""Take the thermal motion off the particles of a trajectory, so that other tools see the structure below it.

    gala-ssl denoise run.gsd --frames=-1 -o settled.gsd
    gala-ssl denoise dump.*.lammpstrj.gz -o settled.xyz

Particles move in small steps to where the network says that their sites are. Where it stays unsure, as in a liquid,
they stay. Prints how many settled and how far they moved, in nearest distances.
"""
import pathlib

from gala_ssl.base.progress import Work, say
from gala_ssl.commands.options import (
    add_engine,
    add_trajectory,
    add_types,
    check_outputs,
    chosen_frames,
)
from gala_ssl.tasks.models.sets import weights_folder


def configure(parser):
    add_trajectory(parser)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="GSD, extended XYZ (.xyz) or a LAMMPS "
                        "dump (.dump), replaced if it is there")
    parser.add_argument("--frames", default=":", help="which frames: a number, numbers with commas between, or a slice "
                        "such as 0::10 (default: all)")
    parser.add_argument("--steps", type=int, default=8, help="small steps, each as long as an embedding (default: 8)")
    parser.add_argument("--weights", type=weights_folder, default="thermal",
                        help="thermal, which ships, or a folder of weights (default: thermal)")
    add_types(parser)
    add_engine(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report")


def run(arguments):
    work = Work()
    from gala_ssl.frames.formats import writer_of
    from gala_ssl.frames.writing import write_frames

    writer_of(arguments.output)
    check_outputs([arguments.output], arguments.trajectory)
    frames = chosen_frames(arguments)
    frames[0]  # a frame that cannot be read should be known before the network is loaded
    from gala_ssl.order.denoise import Denoiser
    from gala_ssl.order.embedding import Embedding

    denoise = Denoiser(Embedding.from_pretrained("shift_identification", weights=arguments.weights,
                                                 progress=not arguments.quiet, ignore_types=arguments.ignore_types,
                                                 engine=arguments.engine))
    write_frames(arguments.output, settled(work.each(frames, not arguments.quiet), denoise, arguments))
    if not arguments.quiet:
        print(work.sentence(f"wrote {arguments.output}"))


def settled(frames, denoise, arguments):
    """Yield the denoised frames, and print how many particles settled."""
    for frame in frames:
        found = denoise(frame, arguments.steps)
        if not arguments.quiet:
            far = found.moved[found.settled].mean() if found.settled.any() else 0
            share = found.settled.mean()
            say(f"{frame.where}: {share:.1%} settled, moved by {far:.3f} nearest distances")
        yield found.frame
