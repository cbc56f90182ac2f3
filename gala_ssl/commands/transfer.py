"""Train every task on every other task's core: the transfer grid (Figure 4, Tables 4 to 8).

Each cell is a run directory that is finished once and for all; started again, the grid runs only what is missing or
failed. Writes grid.csv, tables.rst, figure4.png and claims.rst of what is there.
"""
import collections
import contextlib
import os
import pathlib

from gala_ssl.errors import InputError

# More seeds where cells of few clouds are cheap and differ most: the static tasks at small fractions.
CHEAP_FRACTION, CHEAP_SEEDS = 1e-2, 3


def configure(parser):
    parser.add_argument("--sources", nargs="+", help="tasks, scratch or combined; default: scratch and all tasks")
    parser.add_argument("--targets", nargs="+", help="tasks; default: all")
    parser.add_argument("--fractions", nargs="+", type=float, default=[1e-3, 1e-2, 1e-1, 1.0])
    parser.add_argument("--freeze", choices=["free", "frozen", "both"], default="both", help="which cores")
    parser.add_argument("--seeds", nargs="+", type=int,
                        help="default: the preset's; static tasks at small fractions have two more")
    parser.add_argument("--preset", default="grid", help="what else the trainings need to know")
    parser.add_argument("--weights", type=pathlib.Path, help="folder of the sources' weights; default: those shipped")
    parser.add_argument("--directory", type=pathlib.Path, default="runs/transfer", help="where runs go")
    parser.add_argument("--output", type=pathlib.Path, default="results/transfer", help="folder to write to")
    parser.add_argument("--workers", type=int, help="local processes; default: one a core")
    parser.add_argument("--scheduler", help="address of a running Dask scheduler, in place of local processes")
    parser.add_argument("--list", action="store_true", help="show the state of the cells and end")


def run(arguments):
    from gala_ssl.analysis import grid as reading
    from gala_ssl.config import preset as get_preset
    from gala_ssl.files import write_csv, write_text, written_whole
    from gala_ssl.models.pretrained import SHIPPED
    from gala_ssl.tasks import TASKS
    from gala_ssl.transfer import SCRATCH

    preset = get_preset(arguments.preset)
    sources, targets = arguments.sources or [SCRATCH, *TASKS], arguments.targets or list(TASKS)
    weights = arguments.weights or SHIPPED
    check_weights(sources, weights)
    chosen = chosen_cells(arguments, sources, targets, preset)
    directory = (arguments.directory / preset.name).resolve()
    if arguments.list:
        print_state(chosen, directory)
        return
    run_missing(chosen, preset, weights.resolve(), arguments, directory)
    grid = reading.grid_table(chosen, directory)
    if grid.empty:
        raise InputError("No cell of the grid was finished; --list shows their errors.")
    output = arguments.output
    write_csv(output / "grid.csv", grid)
    write_text(output / "tables.rst", reading.tables_rst(grid))
    write_text(output / "claims.rst", reading.claims_rst(grid))
    with written_whole(output / "figure4.png") as temporary:
        reading.figure4(grid).savefig(temporary, dpi=150)
    print(f"{len(grid)} of {len(chosen)} cells are in {output}.")


def check_weights(sources, weights):
    """InputError unless the folder has weights for all sources."""
    from gala_ssl.tasks import TASKS
    from gala_ssl.transfer import parts

    missing = sorted(source for source in sources  # of a name that is none, the list of cells will tell
                     if not all((weights / f"{name}.keras").exists() for name in parts(source) if name in TASKS))
    if missing:
        raise InputError(f"There are no weights in {weights} for {', '.join(missing)}; "
                         f"train them with experiments/pretrain.py, or leave the sources out.")


def chosen_cells(arguments, sources, targets, preset):
    from gala_ssl.tasks import TASKS
    from gala_ssl.transfer import cells

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
    return chosen


def run_missing(chosen, preset, weights, arguments, directory):
    """Run the cells that are not done, on a Dask cluster; a live line tells how many and how long."""
    from tqdm import tqdm

    from gala_ssl.files import write_json
    from gala_ssl.transfer import FAILURE, attempt_cell, read_cell

    found = {cell: read_cell(cell, directory) for cell in chosen}
    missing = [cell for cell, card in found.items() if card is None or "error" in card]
    if not missing:
        return
    distributed, failed = load_dask(), 0
    groups = groups_of(missing, arguments)
    with tqdm(total=len(chosen), initial=len(chosen) - len(missing), desc="grid", unit="cell") as bar, \
            open_client(distributed, arguments, len(groups)) as (client, lanes):
        completed, under_way = distributed.as_completed(), {lane: {} for lane in lanes}

        def send_group(lane):
            for cell in groups.popleft() if groups else ():
                future = client.submit(attempt_cell, cell, preset, weights, directory, key=cell.name, pure=False,
                                       priority=-chosen.index(cell), workers=lane)
                under_way[lane][future] = cell
                completed.add(future)

        for lane in lanes:
            send_group(lane)
        for future in completed:
            lane = next(lane for lane in lanes if future in under_way[lane])
            cell = under_way[lane].pop(future)
            if future.exception() is not None:  # its worker died again and again
                card = {"error": f"{type(future.exception()).__name__}: {future.exception()}"}
                write_json(directory / cell.name / FAILURE, card)
            else:
                card = future.result()
            if "error" in card:
                failed += 1
                tqdm.write(f"failed: {cell.name}: {card['error']}")
            bar.update()
            bar.set_postfix_str(f"{failed} failed, last {cell.name}")
            if groups and not under_way[lane]:
                client.restart_workers([lane])
                send_group(lane)


def groups_of(missing, arguments):
    """The cells in the groups that are sent to one local process each, or all at once to a scheduler.

    A local process compiles what its group needs and ends with it, because TensorFlow never gives back what it
    compiled, half a gigabyte a model: a group is a target, or on many cores a target with one source.
    """
    if arguments.scheduler:
        return collections.deque([missing])
    for key in (lambda cell: cell.target, lambda cell: (cell.target, cell.source, cell.freeze)):
        groups = collections.defaultdict(list)
        for cell in missing:
            groups[key(cell)].append(cell)
        if len(groups) >= local_workers(arguments):
            break
    return collections.deque(groups.values())


def local_workers(arguments):
    return arguments.workers or max(1, len(os.sched_getaffinity(0)))


def load_dask():
    """The module `dask.distributed`, which only the grid needs; InputError that says how to install it."""
    try:
        import dask.distributed
    except ImportError as error:
        raise InputError(f"The transfer grid runs its cells with Dask, which cannot be loaded ({error}); install it "
                         f"with: pip install \"dask[distributed]\"") from error
    return dask.distributed


@contextlib.contextmanager
def open_client(distributed, arguments, groups):
    """(client, lanes) of the cluster that was named, or of local processes that end with the block.

    A lane is the name of a local process, to be given a group of cells at a time; None is any worker of a cluster.
    """
    if arguments.scheduler:
        with distributed.Client(arguments.scheduler, timeout=30) as client:
            yield client, [None]
        return
    import dask

    # One thread a worker: two would only take turns.
    threads = {name: 1 for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")}
    dask.config.set({"distributed.nanny.pre-spawn-environ": threads})
    with distributed.LocalCluster(n_workers=min(local_workers(arguments), groups), threads_per_worker=1,
                                  memory_limit=0, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            yield client, list(cluster.workers)


def print_state(chosen, directory):
    """How many cells of each target are done, failed and missing; then the failures."""
    from gala_ssl.transfer import read_cell

    states, failures = collections.defaultdict(collections.Counter), []
    for cell in chosen:
        card = read_cell(cell, directory)
        state = "missing" if card is None else "failed" if "error" in card else "done"
        states[cell.target][state] += 1
        if state == "failed":
            failures.append(f"{cell.name}: {card['error']}")
    for target, counts in states.items():
        print(f"{target:22}", *(f"{counts[state]:4} {state}" for state in ("done", "failed", "missing")))
    print("\n".join(failures), end="\n" if failures else "")
