"""Train tasks on the fifty prototypes, each in a run directory that resumes.

A finished run is not trained again, a killed one goes on where it was.
"""
import pathlib

from gala_ssl.config import PRESETS


def configure(parser):
    parser.add_argument("tasks", nargs="*", help="tasks to train; all by default")
    parser.add_argument("--preset", default="desktop", help=f"one of {', '.join(PRESETS)} (default: desktop)")
    parser.add_argument("--directory", type=pathlib.Path, default="runs/pretraining", help="where runs go")
    parser.add_argument("--output", type=pathlib.Path, help="copy weights and cards here, e.g. gala_ssl/pretrained")
    parser.add_argument("--seed", type=int, help="in place of the preset's")
    parser.add_argument("--attention", help="fast or published, in place of the preset's")


def run(arguments):
    from gala_ssl import pretraining
    from gala_ssl.tasks import TASKS

    for card in pretraining.pretrain(arguments.tasks or list(TASKS), arguments.preset, arguments.directory,
                                     arguments.output, arguments.seed, arguments.attention):
        best = {name: value for name, value in card["best"].items() if name.startswith("val_")}
        print(card["task"], *(f"{name} {value:.4f}" for name, value in best.items()),
              f"epochs {card['epochs']}, {card['seconds']:.0f} s")
