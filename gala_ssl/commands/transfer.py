"""Train every task on every other task's core: the transfer grid (Figure 4, Tables 4 to 8).

Each cell is a run directory that is finished once and for all; started again, the grid runs only what is missing or
failed. Writes grid.csv and tables.rst of the cells asked for that are done, and card.json: how they came about.
"""
import collections
import dataclasses
import pathlib

from gala_ssl.base.backend import check_keras
from gala_ssl.base.errors import InputError
from gala_ssl.base.progress import Bar, Work, duration, say
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.models.sets import weights_file, weights_folder
from gala_ssl.training.presets import PRESETS

# More seeds where cells of few clouds are cheap and differ most: the static tasks at small fractions.
CHEAP_FRACTION, CHEAP_SEEDS = 1e-2, 3


def configure(parser):
    parser.add_argument("--sources", nargs="+", metavar="SOURCE",
                        help=f"scratch, combined, {', '.join(TASKS)}; default: scratch and all tasks")
    parser.add_argument("--targets", nargs="+", metavar="TASK", help="default: all")
    parser.add_argument("--fractions", nargs="+", type=float, default=[1e-3, 1e-2, 1e-1, 1.0],
                        help="parts of the environments to train on (default: 0.001 0.01 0.1 1)")
    parser.add_argument("--freeze", choices=["free", "frozen", "both"], default="both", help="which cores")
    parser.add_argument("--seeds", nargs="+", type=int,
                        help="default: the preset's; static tasks at small fractions have two more")
    parser.add_argument("--preset", default="grid", help=f"of data, network and training, one of "
                        f"{', '.join(PRESETS)} (default: grid)")
    parser.add_argument("--weights", type=weights_folder, help="the sources' weights: a set that ships or a folder "
                        "(default: paper)")
    parser.add_argument("--directory", type=pathlib.Path, default="runs/transfer", help="where runs go "
                        "(default: runs/transfer)")
    parser.add_argument("--output", type=pathlib.Path, help="folder to write to (default: where the runs are, "
                        "DIRECTORY/PRESET)")
    parser.add_argument("--known", nargs="+", type=pathlib.Path, default=[], metavar="FOLDER", help="results whose "
                        "cells count as done: of other machines, or those of an earlier grid to go on with")
    parser.add_argument("--workers", type=int, help="local processes; default: one a core")
    parser.add_argument("--scheduler", help="address of a running Dask scheduler, in place of local processes")
    parser.add_argument("--list", action="store_true", help="show the state of the cells and end")
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report, but failures")
    parser.add_argument("--report", action="store_true", help="run nothing; write what is done so far and end")


def interrupted(arguments):
    return (f"cells that are done, and epochs that were finished in the others, are kept in "
            f"{arguments.directory / arguments.preset}; the same command goes on with them")


def run(arguments, also=None):
    """Run the grid and write what is done; `also(grid, folder)` writes more of its table."""
    work = Work()
    check_keras()
    from gala_ssl.base.files import check_folder, write_csv, write_json, write_text
    from gala_ssl.base.provenance import versions
    from gala_ssl.tasks import TASKS
    from gala_ssl.tasks.models.sets import SHIPPED
    from gala_ssl.training import grid as reading
    from gala_ssl.training.presets import preset as get_preset
    from gala_ssl.training.transfer import SCRATCH, check_cell, digests, parts

    preset = get_preset(arguments.preset)
    sources, targets = arguments.sources or [SCRATCH, *TASKS], arguments.targets or list(TASKS)
    weights = arguments.weights or SHIPPED
    check_weights(sources, weights)
    chosen = chosen_cells(arguments, sources, targets, preset)
    directory = (arguments.directory / preset.name).resolve()
    for cell in chosen:
        check_cell(cell, preset, weights, directory)  # cells of other weights are not those asked for
    known = {}
    for folder in arguments.known:
        known |= reading.read_grid(folder, preset, weights)
    if arguments.list:
        print_state(chosen, known, directory)
        return
    output = arguments.output or directory
    for folder in (directory, output):
        check_folder(folder)
    reading.check_kept(output, preset, chosen)
    failed = 0 if arguments.report else run_missing(chosen, known, preset, weights.resolve(), arguments, directory)
    grid = reading.grid_table(chosen, directory, known)
    if grid.empty:
        raise InputError("No cell of the grid is done; --list shows which are missing and which failed.",
                         path=directory)
    reading.check_kept(output, preset, reading.cells_of(grid))
    write_csv(output / "grid.csv", grid)
    write_text(output / "tables.rst", reading.tables_rst(grid))
    if also is not None:
        also(grid, output)
    used = sorted({name for source in sources for name in parts(source)})
    write_json(output / "card.json", {
        **dataclasses.asdict(preset), "cells": len(grid), "of": len(chosen), "seconds": float(grid["seconds"].sum()),
        "weights_sha256": digests(used, weights), "versions": versions()})
    if not arguments.quiet:
        print(f"{len(grid)} of {len(chosen)} cells are in {output}: wrote grid.csv, tables.rst and card.json in "
              f"{duration(work.seconds)}.")
    if failed:
        raise InputError(f"{failed} of them failed; --list shows their errors, and another start tries them again.",
                         path=directory)


def check_weights(sources, weights):
    """InputError unless the folder has weights for all sources."""
    from gala_ssl.tasks import TASKS
    from gala_ssl.training.transfer import parts

    missing = sorted(source for source in sources  # of a name that is none, the list of cells will tell
                     if not all(weights_file(weights, name).exists() for name in parts(source) if name in TASKS))
    if missing:
        lacking = sorted({name for source in missing for name in parts(source)
                          if not weights_file(weights, name).exists()})
        raise InputError(f"There are no weights in {weights} for {', '.join(missing)}; train them with gala-ssl "
                         f"pretrain {' '.join(lacking)} --output {weights}, or leave the sources out.",
                         path=weights, option="sources", value=missing)


def chosen_cells(arguments, sources, targets, preset):
    from gala_ssl.tasks import TASKS
    from gala_ssl.training.transfer import cells

    freezes = {"free": [False], "frozen": [True], "both": [False, True]}[arguments.freeze]
    seeds = arguments.seeds or [preset.training.seed]
    chosen = []
    for target in targets:
        more = []
        if arguments.seeds is None and target in TASKS and TASKS[target].stream == "static":
            more = [seeds[0] + i for i in range(1, CHEAP_SEEDS)]
        chosen += cells(sources, [target], arguments.fractions, freezes, seeds)
        cheap = [fraction for fraction in arguments.fractions if fraction <= CHEAP_FRACTION]
        chosen += cells(sources, [target], cheap, freezes, more)
    return list(dict.fromkeys(chosen))


def run_missing(chosen, known, preset, weights, arguments, directory):
    """Run the cells that are not done, with a bar, and return how many failed."""
    from gala_ssl.training.transfer import read_cell
    from gala_ssl.training.workers import run_cells

    found = {cell: read_cell(cell, directory) for cell in chosen if cell not in known}
    missing = [cell for cell, card in found.items() if card is None or "error" in card]
    failed = 0
    if not missing:
        return failed
    with Bar(total=len(chosen), initial=len(chosen) - len(missing), desc="grid", unit="cell",
             shown=not arguments.quiet) as bar:
        for cell, card in run_cells(missing, preset, weights, directory, arguments.workers, arguments.scheduler):
            if "error" in card:
                failed += 1
                say(f"failed: {cell.name}: {card['error']}")
            bar.update()
            bar.set_postfix_str(f"{failed} failed, last {cell.name}")
    return failed


def print_state(chosen, known, directory):
    """How many cells of each target are done, failed and missing; then the failures."""
    from gala_ssl.training.transfer import read_cell

    states, failures = collections.defaultdict(collections.Counter), []
    for cell in chosen:
        card = {} if cell in known else read_cell(cell, directory)
        state = "missing" if card is None else "failed" if "error" in card else "done"
        states[cell.target][state] += 1
        if state == "failed":
            failures.append(f"{cell.name}: {card['error']}")
    for target, counts in states.items():
        print(f"{target:22}", *(f"{counts[state]:4} {state}" for state in ("done", "failed", "missing")))
    print("\n".join(failures), end="\n" if failures else "")
