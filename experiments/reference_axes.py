"""Fit the reference axes of frame classification (gala-ssl embed --axes reference) and check what they mean.

    python experiments/reference_axes.py

Writes "reference_axes" into the card of the weights: principal components of the embeddings of hot crystals and melts
(results/hot_crystals, the elements with use "tune"), thermal prototypes, stored melts and gases, a third each of
crystal, liquid and gas. Writes results/thermal/reference_axes.csv: how well each component tells crystals from melts,
on the other elements, and liquid from gas, and how it goes with temperature in crystals.
"""
import argparse
import json
import re

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from gala_ssl.base.files import read_json, write_csv, write_text
from gala_ssl.base.randomness import rng
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.commands.main import script
from gala_ssl.frames import prototypes
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.reference_axes import ReferenceAxes
from gala_ssl.tasks.data.config import ThermalConfig
from gala_ssl.tasks.data.hot import thermal_frame
from gala_ssl.tasks.models.sets import weights_folder
from hot_crystals import load_hot_crystals
from thermal_results import RESULTS

PARTICLES = 40  # of a frame
DISORDERED = 40  # frames of stored melts and of gases


def gather(embedding):
    """DataFrame with a row a particle: use, kind (crystal, liquid, gas), ratio (to the melting point), embedding."""
    parts, seen = [], set()

    def add(use, kind, ratio, frame):
        chosen = rng(len(parts), "reference axes").permutation(len(frame))[:PARTICLES]
        clouds = point_clouds(frame)[np.sort(chosen)].in_mean_bonds().scaled(1 / embedding.card["mean_bond"])
        found = pd.DataFrame(embedding(clouds))
        found.insert(0, "use", use), found.insert(1, "kind", kind), found.insert(2, "ratio", ratio)
        parts.append(found)

    for hot in load_hot_crystals():
        system = hot.element, hot.structure, hot.ratio
        if system not in seen:
            seen.add(system)
            add(hot.use, "liquid" if hot.structure == "liquid" else "crystal", hot.ratio, hot.frame)
    for name in prototypes.names():
        add("fit", "crystal", np.nan, thermal_frame(name, ThermalConfig(particles=200), rng(0, "axes", name)))
    for number in range(DISORDERED):
        for kind in ("liquid", "gas"):
            for use in ("fit", "check"):
                add(use, kind, np.nan, thermal_frame(kind, ThermalConfig(), rng(number, "axes", use, kind)))
    return pd.concat(parts, ignore_index=True)


def fitted(rows):
    """The axes, a third each of crystal, liquid and gas, and the table of what they mean."""
    learned, checked = rows[rows["use"].isin(("tune", "fit"))], rows[rows["use"].isin(("report", "check"))]
    numbers = [name for name in rows if isinstance(name, int)]
    least = learned["kind"].value_counts().max()
    even = np.concatenate([np.resize(group[numbers].to_numpy(float), (least, len(numbers)))
                           for _, group in learned.groupby("kind")])
    axes, shares = ReferenceAxes.fitted(even)
    found = pd.DataFrame(axes(learned[numbers].to_numpy(float))).groupby(learned["kind"].to_numpy()).mean()
    # Crystals have larger components than gases.
    signs = np.sign(found.loc["crystal"] - found.loc["gas"]).to_numpy()
    axes = ReferenceAxes(axes.mean, axes.scale, axes.axes * signs[:, None])
    values = axes(checked[numbers].to_numpy(float))
    crystal, liquid, gas = (values[checked["kind"] == kind] for kind in ("crystal", "liquid", "gas"))
    ratios = checked.loc[checked["kind"] == "crystal", "ratio"].to_numpy()
    return axes, pd.DataFrame([{
        "component": i + 1, "variance": shares[i], "crystal": crystal[:, i].mean(), "liquid": liquid[:, i].mean(),
        "gas": gas[:, i].mean(), "auc_crystal_liquid": area(crystal[:, i], liquid[:, i]),
        "auc_liquid_gas": area(liquid[:, i], gas[:, i]),
        "correlation_temperature": np.corrcoef(crystal[:, i], ratios)[0, 1]} for i in range(len(shares))])


def area(high, low):
    return roc_auc_score(np.repeat([1, 0], [len(high), len(low)]), np.concatenate([high, low]))


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="thermal", help="a set that ships or a folder (default: thermal)")
    arguments = parser.parse_args(argv)
    embedding = Embedding.from_pretrained("frame_classification", weights=arguments.weights, progress=False)
    axes, table = fitted(gather(embedding))
    path = weights_folder(arguments.weights) / "frame_classification.json"
    numbers = {name: np.round(getattr(axes, name), 5).tolist() for name in ("mean", "scale", "axes")}
    text = json.dumps(read_json(path) | {"reference_axes": numbers}, indent=1)
    # Rows of numbers in one line each.
    write_text(path, re.sub(r"\[[-\d\s.,e]+\]", lambda row: " ".join(row[0].split()), text) + "\n")
    write_csv(RESULTS / "reference_axes.csv", table, float_format="%.4f")
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
