"""The transfer grid (Figure 4, Tables 4 to 8): every task's core as the start of every other task.

    python experiments/transfer_grid.py
    python experiments/transfer_grid.py --targets nearest_bond --fractions 0.01 1 --seeds 13 14 --output runs/part
    python experiments/transfer_grid.py --list
    python experiments/transfer_grid.py --scheduler tcp://host:8786      # a running Dask cluster

Each cell is a run directory that is finished once and for all; started again, the grid runs only what is missing or
failed. Writes grid.csv, tables.rst, figure4.png, gains.png and claims.rst of the cells asked for that are done, and
card.json: how they came about. Tables of cells that are not among those are not replaced.
"""
import pathlib

from gala_ssl.cli import standalone
from gala_ssl.commands import transfer

ROOT = pathlib.Path(__file__).resolve().parents[1]

main = standalone(transfer, __doc__, output=ROOT / "results/transfer")

if __name__ == "__main__":
    main()
