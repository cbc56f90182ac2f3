"""
Table 1: which order parameter tells two snapshots apart
========================================================

The paper's table from ``results/table1``, and how one of its numbers comes about. ``make reproduce-table1`` makes all of
it again in three minutes.
"""
# %%
# A row a method, a column a pair of snapshots; the area under the ROC curve of the first principal component, from 0.5
# (nothing) to 1.
import matplotlib.pyplot as plt
import pandas as pd

import gala_ssl
from gala_ssl.order.separability import first_component

scores = pd.read_csv("../../results/table1/table1.csv")
table = scores.pivot(index="method", columns="pair", values="auc").loc[scores["method"].unique()]
table.round(3)

# %%
# The same as a picture, beside what a linear classifier gets out of all numbers of an embedding. The learned embeddings
# know more than their first component shows, and no method tells the two liquids of pair 5 well.
pairs = ["1 liquid, liquid", "2 gas, liquid", "3 liquid, bcc", "4 gas, quasicrystal", "5 two liquids", "6 fcc, hcp",
         "7 two liquids"]
figure, axes = plt.subplots(1, 2, figsize=(9, 5), sharey=True, layout="constrained")
for ax, column, title in zip(axes, ("auc", "linear_auc"), ("first component", "all numbers, linear classifier")):
    values = scores.pivot(index="method", columns="pair", values=column).loc[table.index]
    image = ax.imshow(values, cmap="cividis", vmin=0.5, vmax=1, aspect="auto")
    for (i, j), value in zip(((i, j) for i in range(len(values)) for j in range(values.shape[1])), values.to_numpy().flat):
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8, color="white" if value < 0.8 else "black")
    ax.set_title(title)
    ax.set_xticks(range(len(pairs)), pairs, rotation=40, ha="right", rotation_mode="anchor")
axes[0].set_yticks(range(len(table)), [name.replace("_", " ") for name in table.index])
figure.colorbar(image, ax=axes, label="area under the ROC curve", shrink=0.7)

# %%
# One number of pair 3, liquid against bcc, computed here: 32 numbers a particle, their first principal component in both
# snapshots together, the area under its curve. It is the one in the table.
liquid, solid = (gala_ssl.read_frame(f"../../data/trajectories/cI2-W_{phase}.gsd") for phase in ("liquid", "solid"))
methods = [gala_ssl.Embedding.from_pretrained("noisy_bond", weights="paper", progress=False), gala_ssl.Steinhardt()]
numbers = {method.name: (method(liquid), method(solid)) for method in methods}
{name: gala_ssl.separability(*both, n_bootstrap=100) for name, both in numbers.items()}

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
for ax, (name, both) in zip(axes, numbers.items()):
    gala_ssl.plot.component_density(*first_component(*both), ("liquid", "bcc"), ax=ax)
    ax.set_title(name.replace("_", " "))

# %%
# Two humps of the solid are the inside of the droplet and its surface. ``gala-ssl compare A.gsd B.gsd`` does this for two
# snapshots of yours and all methods. What holds of the paper's claims is in :doc:`/results`.
