"""Structures that the network does not know, named after a fit of seconds (gala-ssl identify --also).

    python experiments/also.py

Gives four structures to one identifier. Prints and writes into results/thermal/also.csv: how long the fit took; of each
structure at three temperatures the share of its particles that get its name, and the commonest name; of hot crystals at
their melting point and of melts, of the elements that nothing was tuned on, the share that wrongly gets a new name.
"""
import argparse
import time

import numpy as np
import pandas as pd

import strangers
from gala_ssl.base.files import write_csv
from gala_ssl.commands.main import script
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.identify import Identifier
from hot_crystals import load_hot_crystals
from thermal_results import RESULTS

STRUCTURES, NOISES = ("A15", "hexagonal diamond", "CaCu5", "fluorite"), (0.05, 0.075, 0.10)


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="thermal", help="a set that ships or a folder (default: thermal)")
    parser.add_argument("--particles", type=int, default=500, help="of each new structure (default: 500)")
    parser.add_argument("--least", type=float, default=1.0, help="temperature of the hot crystals, at least, in units "
                        "of the melting point (default: 1)")
    arguments = parser.parse_args(argv)
    embedding = Embedding.from_pretrained("frame_classification", weights=arguments.weights, progress=False)
    start = time.process_time()
    identify = Identifier(embedding, also={name: strangers.named(name, 1) for name in STRUCTURES})
    print(f"The fit took {time.process_time() - start:.1f} s of a processor.", flush=True)
    rows = []
    for name in STRUCTURES:
        for noise in NOISES:
            found = identify(strangers.heated(strangers.named(name, arguments.particles), noise, 99)).structure
            rows.append(row(f"{name} at {noise}", found, found == name))
    seen = set()
    for hot in load_hot_crystals():
        system = f"{hot.element} {hot.structure} {hot.ratio}"
        if hot.use == "report" and hot.ratio >= arguments.least and system not in seen:
            seen.add(system)
            found = identify(hot.frame).structure
            rows.append(row(system, found, np.isin(found, STRUCTURES)))
    table = pd.DataFrame(rows)
    write_csv(RESULTS / "also.csv", table, float_format="%.4f")
    print(table.to_string(index=False))


def row(system, found, new):
    made = {"system": system, "particles": len(found), "new": new.mean(), "commonest": pd.Series(found).mode()[0]}
    print(made, flush=True)
    return made


if __name__ == "__main__":
    main()
