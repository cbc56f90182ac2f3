"""
Table 1: which order parameter tells two snapshots apart
========================================================

The paper's table from ``results/table1``, and how one of its numbers comes about. ``make reproduce-table1`` makes all
of it again in three minutes.
"""
# %%
# A row a method, a column a pair of snapshots; the area under the ROC curve of the first principal component, from
# 0.5 (nothing) to 1.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import gala_ssl
from gala_ssl.order.separability import first_component

scores = pd.read_csv("../../results/table1/table1.csv")
methods = scores["method"].unique()
scores.pivot(index="method", columns="pair", values="auc").loc[methods].round(3)

# %%
# The same as a picture, beside what a linear classifier gets out of all numbers of an embedding. The learned
# embeddings know more than their first component shows; no first component tells the two liquids of pair 5.
pairs = ["1 liquid, liquid", "2 gas, liquid", "3 liquid, bcc", "4 gas, quasicrystal",
         "5 two liquids", "6 fcc, hcp", "7 two liquids"]
figure, axes = plt.subplots(1, 2, figsize=(9, 5), sharey=True, layout="constrained")
titles = {"auc": "first component", "linear_auc": "all numbers, linear classifier"}
for ax, (column, title) in zip(axes, titles.items()):
    values = scores.pivot(index="method", columns="pair", values=column).loc[methods]
    image = ax.imshow(values, cmap="cividis", vmin=0.5, vmax=1, aspect="auto")
    for (i, j), value in np.ndenumerate(values):
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8,
                color="white" if value < 0.8 else "black")
    ax.set_title(title)
    ax.set_xticks(range(len(pairs)), pairs, rotation=40, ha="right", rotation_mode="anchor")
axes[0].set_yticks(range(len(methods)), [name.replace("_", " ") for name in methods])
figure.colorbar(image, ax=axes, label="area under the ROC curve", shrink=0.7)

# %%
# One number of pair 3, liquid against bcc, computed here: 32 numbers a particle, their first principal component in
# both snapshots together, the area under its curve. It is the one in the table.
data = "../../data/trajectories/"
liquid = gala_ssl.read_frame(data + "cI2-W_liquid.gsd")
solid = gala_ssl.read_frame(data + "cI2-W_solid.gsd")
embed = gala_ssl.Embedding.from_pretrained("noisy_bond", weights="paper", progress=False)
numbers = {each.name: (each(liquid), each(solid)) for each in (embed, gala_ssl.Steinhardt())}
for name, both in numbers.items():
    found = gala_ssl.separability(*both, n_bootstrap=100)
    print(f"{name}: {found.auc:.3f}, 95 % interval {found.low:.3f} to {found.high:.3f}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
for ax, (name, both) in zip(axes, numbers.items()):
    gala_ssl.plot.component_density(*first_component(*both), ("liquid", "bcc"), ax=ax)
    ax.set_title(name.replace("_", " "))

# %%
# The small humps are particles at the surface, and of the liquid also those of its vapour. ``gala-ssl compare A.gsd
# B.gsd`` does this for two snapshots of yours and all methods. What holds of the paper's claims is in
# :doc:`/results`.
