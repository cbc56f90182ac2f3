"""Choose from finished cooling runs what is kept: the snapshots of Table 1, by the rule of
experiments/paper/snapshots.py, and the frames of whole runs for Figures 3 and 5.

    python experiments/select_snapshots.py

reads runs/simulation/NAME/ and writes data/trajectories/*.gsd with a card each, and results/trajectories/.
"""
import argparse

from gala_ssl.commands.main import script
from paper import shipping


@script
def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", default="runs/simulation", help="folder of the runs")
    parser.add_argument("--output", default="data/trajectories", help="folder of the snapshots")
    parser.add_argument("--results", default="results/trajectories", help="folder of figures and summary")
    arguments = parser.parse_args(argv)
    for path in shipping.ship(arguments.runs, arguments.output, arguments.results):
        print(path)


if __name__ == "__main__":
    main()
