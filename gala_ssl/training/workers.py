"""Cells of the transfer grid as tasks of Dask: on processes of this machine, or on a cluster."""
import collections
import contextlib
import logging
import pathlib

from gala_ssl.base import memory, quiet
from gala_ssl.base.errors import InputError
from gala_ssl.base.files import write_json
from gala_ssl.training.transfer import FAILURE, attempt_cell


def run_cells(cells, preset, weights, directory, workers=None, scheduler=None):
    """Run cells side by side and yield (Cell, its card, or {"error": sentence}) as each is done.

    A cell whose worker is killed is run again, on another worker of a cluster or on the process that takes its place.

    Args:
        cells: list of Cells of one grid. preset: Preset. weights: folder of the sources' weights; every worker
            must see it, and `directory`, under this name.
        directory: under which the run directories are.
        workers: processes of this machine, at least one; None is one a core.
        scheduler: address of a running Dask scheduler, in place of local processes.

    Raises:
        InputError: Dask is not installed, or there are no workers.
    """
    if workers is not None and workers < 1:
        raise InputError(f"The grid was given {workers} workers; it needs one at least.",
                         option="workers", value=workers)
    dask = _load_dask()
    if workers is None:
        workers = dask.system.CPU_COUNT
    groups = collections.deque([list(cells)] if scheduler else _groups(cells, workers))
    order = {cell: i for i, cell in enumerate(cells)}
    with _lanes(dask, min(workers, len(groups)), scheduler) as (client, lanes):
        completed, under_way = dask.distributed.as_completed(), {lane: {} for lane in lanes}

        def send_group(lane):
            for cell in groups.popleft():
                future = client.submit(attempt_cell, cell, preset, weights, directory, key=f"{directory}/{cell.name}",
                                       pure=False, priority=-order[cell], resources=_only_in(lane))
                under_way[lane][future] = cell
                completed.add(future)

        for lane in lanes:
            send_group(lane)
        for future in completed:
            lane = next(lane for lane in lanes if future in under_way[lane])
            cell = under_way[lane].pop(future)
            yield cell, _card(future, cell, directory)
            if groups and not under_way[lane]:
                del future  # Dask would compute again what it is still asked for
                client.restart_workers([lane])
                send_group(lane)


def _groups(cells, workers):
    """The cells in groups for one local process each: a target, or with many processes a target and one source. The
    largest come first, so that the processes end together.

    A process compiles what its group needs and ends with it, because TensorFlow never gives back what it compiled,
    half a gigabyte a model.
    """
    for key in (lambda cell: cell.target, lambda cell: (cell.target, cell.source, cell.freeze)):
        groups = collections.defaultdict(list)
        for cell in cells:
            groups[key(cell)].append(cell)
        if len(groups) >= workers:
            break
    return sorted(groups.values(), key=len, reverse=True)


def _card(future, cell, directory):
    if future.exception() is None:
        return future.result()
    failure = {"error": f"{type(future.exception()).__name__}: {future.exception()}"}  # workers died again and again
    write_json(pathlib.Path(directory) / cell.name / FAILURE, failure)
    return failure


def _load_dask():
    """The module `dask`, which only the grid needs; InputError that says how to install it."""
    try:
        import dask.distributed
        import dask.system
    except ImportError as error:
        raise InputError(f"The transfer grid runs its cells with Dask, which cannot be loaded ({error}); install it "
                         f"with: pip install \"dask[distributed]\"", option="package", value="dask") from error
    return dask


@contextlib.contextmanager
def _lanes(dask, workers, scheduler):
    """(client, lanes): numbers of local processes, which are given a group at a time, or None for a whole cluster."""
    if scheduler:
        with dask.distributed.Client(scheduler, timeout=30) as client:
            yield client, [None]
        return
    # One thread a worker: two would only take turns.
    threads = {name: 1 for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")}
    environment = {"distributed.nanny.pre-spawn-environ": {**quiet.ENVIRONMENT, **threads, **memory.ENVIRONMENT}}
    here = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": ":0"}
    processes = {lane: {"cls": dask.distributed.Nanny,
                        "options": {**here, "nthreads": 1, "memory_limit": 0, "silence_logs": logging.ERROR,
                                    "preload": ["gala_ssl.base.quiet"], "resources": _only_in(lane)}}
                 for lane in range(workers)}
    scheduler = {"cls": dask.distributed.Scheduler, "options": here}
    with dask.config.set(environment), \
            dask.distributed.SpecCluster(processes, scheduler, silence_logs=logging.ERROR) as cluster, \
            dask.distributed.Client(cluster) as client:
        yield client, list(processes)


def _only_in(lane):
    """What a cell asks for to be run by this local process or by the one that takes its place, as Dask resources."""
    return None if lane is None else {f"lane {lane}": 1}
