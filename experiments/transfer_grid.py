"""The transfer grid (Figure 4, Tables 4 to 8): every task's core as the start of every other task.

    python experiments/transfer_grid.py
    python experiments/transfer_grid.py --targets nearest_bond --fractions 0.01 1 --seeds 13 14 --output runs/part
    python experiments/transfer_grid.py --list
    python experiments/transfer_grid.py --scheduler tcp://host:8786      # a running Dask cluster

Each cell is a run directory that is finished once and for all; started again, the grid runs only what is missing or
failed. Writes grid.csv, tables.rst, figure4.png, gains.png and claims.rst of the cells asked for that are done, and
card.json: how they came about. Tables of cells that are not among those are not replaced.
"""
import argparse
import pathlib

from gala_ssl.base.files import write_text, written_whole
from gala_ssl.commands import transfer
from gala_ssl.commands.main import script
from gala_ssl.training.transfer import SCRATCH
from paper import grid as reading

ROOT = pathlib.Path(__file__).resolve().parents[1]


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    transfer.configure(parser)
    parser.set_defaults(output=ROOT / "results/transfer")
    arguments = parser.parse_args(argv)
    transfer.run(arguments, also=write_claims_and_figures)


def write_claims_and_figures(table, folder):
    """Write claims.rst, figure4.png and gains.png of a table of cells."""
    write_text(folder / "claims.rst", reading.claims_rst(table))
    figures = {"figure4.png": reading.figure4}
    if not table[table["source"] != SCRATCH].empty:
        figures["gains.png"] = reading.gain_map
    for name, draw in figures.items():
        with written_whole(folder / name) as temporary:
            draw(table).savefig(temporary, dpi=150)


if __name__ == "__main__":
    main()
