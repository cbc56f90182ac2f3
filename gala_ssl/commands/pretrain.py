"""Train tasks on the fifty prototypes, each in a run directory that resumes.

A finished run is not trained again, a killed one goes on where it was.
"""
import json
import pathlib

from gala_ssl.base.backend import check_keras
from gala_ssl.base.errors import pluralize
from gala_ssl.base.memory import keep_freed_memory
from gala_ssl.base.progress import Work, duration, say
from gala_ssl.tasks import TASKS, check_task
from gala_ssl.training.presets import PRESETS
from gala_ssl.training.presets import preset as get_preset


def configure(parser):
    parser.add_argument("tasks", nargs="*", metavar="TASK",
                        help=f"tasks to train, of {', '.join(TASKS)}; all by default")
    parser.add_argument("--preset", default="desktop", help=f"one of {', '.join(PRESETS)} (default: desktop)")
    parser.add_argument("--directory", type=pathlib.Path, default="runs/pretraining",
                        help="where runs go (default: runs/pretraining)")
    parser.add_argument("--output", type=pathlib.Path, help="copy weights and cards here, e.g. weights")
    parser.add_argument("--seeds", type=int, nargs="+", metavar="SEED",
                        help="in place of the preset's; a training each")
    parser.add_argument("--engine", choices=("keras", "kernel", "scan"), default="keras",
                        help="kernel: the compiled kernel, several times as fast on a processor, without "
                             "dropout; scan: whole epochs in one program and all seeds at once, for a GPU; needs "
                             "KERAS_BACKEND=jax and a preset with the cosine schedule (default: keras)")
    parser.add_argument("--workers", type=int, help="processes that make questions for the scan engine")
    parser.add_argument("--attention", help="fast or published, in place of the preset's")
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report")
    parser.add_argument("--json", action="store_true", help="print the report as JSON, a list of tasks, at the end")


def interrupted(arguments):
    return (f"epochs that were finished are kept in {arguments.directory}, and the same command goes on after them; "
            f"tasks that were finished are not trained again")


def run(arguments):
    work = Work()
    check_keras()
    for task in arguments.tasks:
        check_task(task)
    get_preset(arguments.preset)
    keep_freed_memory()
    from gala_ssl.training.pretrain import pretrain

    found = []
    for card in pretrain(arguments.tasks or TASKS, arguments.preset, arguments.directory, arguments.output,
                         arguments.seeds, arguments.attention, not arguments.quiet, arguments.engine,
                         arguments.workers):
        best = {name: value for name, value in card["best"].items() if name.startswith("val_")}
        found.append({"task": card["task"], **best, "epochs": card["epochs"], "seconds": round(card["seconds"], 1)})
        if not (arguments.json or arguments.quiet):
            say(" ".join([card["task"], *(f"{name} {value:.4f}" for name, value in best.items()),
                          f"epochs {card['epochs']}, {card['seconds']:.0f} s"]))
    if arguments.json:
        print(json.dumps(found, indent=2))
    elif not arguments.quiet:
        output = f", weights and cards in {arguments.output}" if arguments.output else ""
        print(f"{pluralize(len(found), 'training')} done in {duration(work.seconds)}; runs are in "
              f"{arguments.directory}{output}.")
