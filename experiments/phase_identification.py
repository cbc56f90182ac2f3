"""Phase identification (Appendix A, Figure 5, claim 13): phases of the bcc cooling run by a classifier of its frames.

    python experiments/phase_identification.py

in the top folder is gala-ssl phases data/trajectories/cI2-W_trajectory.gsd -o results/phases with the paper's settings,
and writes claims.rst as well: whether the transitions are those of energy and density.
"""
import argparse
import pathlib
import sys

import pandas as pd

from gala_ssl.base.files import read_json, write_text
from gala_ssl.commands import phases
from gala_ssl.commands.main import script
from paper.claims import transitions_to_rst

TRAJECTORY = "data/trajectories/cI2-W_trajectory.gsd"
# The phase of each frame by energy and density, as experiments/paper/shipping.py writes it.
LOG = "data/trajectories/cI2-W.csv"


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    phases.configure(parser)
    parser.set_defaults(output=pathlib.Path("results/phases"), directory=pathlib.Path("runs/phases/cI2-W"))
    arguments = parser.parse_args([TRAJECTORY, *(sys.argv[1:] if argv is None else argv)])
    phases.run(arguments)
    table, card = pd.read_csv(arguments.output / "phases.csv"), read_json(arguments.output / "card.json")
    labels = pd.read_csv(LOG)["phase"]
    write_text(arguments.output / "claims.rst", transitions_to_rst(table, card["transitions"], labels))


if __name__ == "__main__":
    main()
