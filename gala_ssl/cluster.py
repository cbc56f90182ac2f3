"""Cells of the transfer grid as tasks of Dask: on processes of this machine, or on a cluster."""
import collections
import contextlib
import os
import pathlib

from gala_ssl.errors import InputError
from gala_ssl.files import write_json
from gala_ssl.transfer import FAILURE, attempt_cell


def run_cells(cells, preset, weights, directory, workers=None, scheduler=None):
    """Run cells side by side and yield (Cell, its card, or {"error": sentence}) as each is done.

    A cell whose worker is killed is run again, on another worker of a cluster or on the one that takes its place.

    Args:
        cells: list of Cells of one grid. preset: Preset. weights: folder of the sources' weights; every worker
            must see it, and `directory`, under this name.
        directory: under which the run directories are.
        workers: processes of this machine; None is one a core.
        scheduler: address of a running Dask scheduler, in place of local processes.

    Raises:
        InputError: Dask is not installed.
    """
    distributed, workers = _load_dask(), workers or max(1, len(os.sched_getaffinity(0)))
    groups = collections.deque([list(cells)] if scheduler else _groups(cells, workers))
    order = {cell: i for i, cell in enumerate(cells)}
    with _lanes(distributed, min(workers, len(groups)), scheduler) as (client, lanes):
        completed, under_way = distributed.as_completed(), {lane: {} for lane in lanes}

        def send_group(lane):
            for cell in groups.popleft():
                future = client.submit(attempt_cell, cell, preset, weights, directory, key=cell.name, pure=False,
                                       priority=-order[cell], workers=lane)
                under_way[lane][future] = cell
                completed.add(future)

        for lane in lanes:
            send_group(lane)
        for future in completed:
            lane = next(lane for lane in lanes if future in under_way[lane])
            cell = under_way[lane].pop(future)
            yield cell, _card(future, cell, directory)
            if groups and not under_way[lane]:
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
    """The module `dask.distributed`, which only the grid needs; InputError that says how to install it."""
    try:
        import dask.distributed
    except ImportError as error:
        raise InputError(f"The transfer grid runs its cells with Dask, which cannot be loaded ({error}); install it "
                         f"with: pip install \"dask[distributed]\"") from error
    return dask.distributed


@contextlib.contextmanager
def _lanes(distributed, workers, scheduler):
    """(client, lanes): names of local processes, which are given a group at a time, or None for a whole cluster."""
    if scheduler:
        with distributed.Client(scheduler, timeout=30) as client:
            yield client, [None]
        return
    import dask

    # One thread a worker: two would only take turns.
    threads = {name: 1 for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")}
    dask.config.set({"distributed.nanny.pre-spawn-environ": threads})
    with distributed.LocalCluster(n_workers=workers, threads_per_worker=1, memory_limit=0,
                                  dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            yield client, list(cluster.workers)
