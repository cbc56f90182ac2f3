"""The transfer grid for reading: its table, and the tables of each target."""
import dataclasses
import pathlib

import pandas as pd

from gala_ssl.base.errors import InputError, pluralize
from gala_ssl.base.files import check_file, read_json
from gala_ssl.base.runs import differing_settings, in_words
from gala_ssl.base.tables import simple_table
from gala_ssl.tasks import TASKS
from gala_ssl.training.transfer import Cell, digests, read_cell

COLUMNS = ("source", "target", "fraction", "freeze", "seed", "metric", "error", "epochs", "seconds")


def grid_table(cells, directory, known=None):
    """The cells that are done, a row each with `COLUMNS`: "error" is the kept epoch's metric, or 1 - accuracy.

    Args:
        cells: list of Cells. directory: under which their run directories are.
        known: {Cell: row} of `read_grid`, for cells without a run directory.
    """
    rows = []
    for cell in cells:
        card = read_cell(cell, directory)
        if card is not None and "error" not in card:
            value = card["best"][f"val_{card['metric']}"]
            rows.append({**dataclasses.asdict(cell), "metric": card["metric"],
                         "error": 1 - value if card["metric"] == "accuracy" else value,
                         "epochs": card["epochs"], "seconds": card["seconds"]})
        elif known and cell in known:
            rows.append(known[cell])
    return pd.DataFrame(rows, columns=list(COLUMNS))


def read_grid(folder, preset, weights=None):
    """Return the cells that are in the results of a grid, as {Cell: row with `COLUMNS`}.

    Args:
        folder: with the grid.csv and card.json of the grid, or of a part of it.
        preset, weights: see `gala_ssl.training.transfer.transfer`; InputError if the card has others.
    """
    table, card = _read_results(folder)
    wanted = {**preset.values(), "weights_sha256": digests(card.get("weights_sha256", {}), weights)}
    differing = differing_settings(wanted, {name: card.get(name) for name in wanted})
    if differing:
        raise InputError(f"The cells in {folder} are of a grid with other settings ({in_words(differing)}); give "
                         f"results of this grid.", path=folder, option="settings", value=differing)
    return dict(zip(cells_of(table), table.to_dict("records")))


def _read_results(folder):
    """(table with `COLUMNS`, card) that a grid wrote into a folder."""
    folder = pathlib.Path(folder)
    for name in ("grid.csv", "card.json"):
        check_file(folder / name)
    card = read_json(folder / "card.json")
    try:
        return pd.read_csv(folder / "grid.csv")[list(COLUMNS)], card
    except (KeyError, ValueError) as error:
        raise InputError(f"{folder / 'grid.csv'} is not the table of a transfer grid ({error}).",
                         path=folder / "grid.csv") from error


def cells_of(grid):
    """The Cell of each row of a table of `grid_table`."""
    return [Cell(*row) for row in grid[[field.name for field in dataclasses.fields(Cell)]].itertuples(index=False)]


def check_kept(folder, preset, cells):
    """InputError where tables of `cells` would take the place of tables in `folder` that have others."""
    if not (pathlib.Path(folder) / "grid.csv").exists():
        return
    table, card = _read_results(folder)
    there, name = cells_of(table), card.get("name")
    lost = len(there) if name != preset.name else len(set(there) - set(cells))
    if lost:
        raise InputError(f"{folder} has tables of {pluralize(len(there), 'cell')} of the grid {name!r}, of which "
                         f"{lost} would be lost; give another --output, or, if they are of this grid, ask for them as "
                         f"well and let them count as done with --known {folder}.", path=folder, option="cells",
                         value=lost)


def tables_rst(grid):
    """One table a target, as reStructuredText: sources down, fractions across, mean and deviation over seeds."""
    lines = []
    for target, of_target in grid.groupby("target", sort=False):
        fractions = sorted(of_target["fraction"].unique())
        metric = "1 - accuracy" if TASKS[target].metric == "accuracy" else "mean absolute error"
        title = f"{target.replace('_', ' ')}: {metric}"
        rows = []
        for (source, freeze), of_source in of_target.groupby(["source", "freeze"], sort=False):
            rows.append([source.replace("_", " "), "frozen" if freeze else "free",
                         *(_spread(of_source.loc[of_source["fraction"] == f, "error"]) for f in fractions)])
        header = ["source", "core", *(f"{fraction:g}" for fraction in fractions)]
        lines += [title, "-" * len(title), "", *simple_table(header, rows), ""]
    return "\n".join(lines)


def _spread(errors):
    if errors.empty:
        return "-"
    return f"{errors.mean():.4f}" + (f" ±{errors.std(ddof=1):.4f}" if len(errors) > 1 else "")
