"""
Find the phases of a trajectory, in three ways
==============================================

A gas of 4096 particles is cooled; it condenses and freezes to bcc. When? Three answers that know nothing of each
other: energy; a classifier of frames, which needs no names (Appendix A of the paper); and the names of structures.
"""
# %%
# The classifier learned which of every fourth frame a particle is from, and was asked about the frames between.
# ``gala-ssl phases`` trained it in seven minutes and wrote ``results/phases``; here its answers are divided into
# phases.
import matplotlib.pyplot as plt
import pandas as pd

import gala_ssl
from gala_ssl.order.blocks import blocks
from gala_ssl.order.transitions import find_transitions

parts = pd.read_csv("../../results/phases/phases.csv")
parts = parts.pivot(index="true_frame", columns="predicted_frame", values="part")
asked, known = parts.index.to_numpy(), parts.columns.to_numpy()
starts, likelihood = blocks(parts, 3)
for start in starts[1:]:
    print(f"by the classifier: a transition between frames {asked[start - 1]} and {asked[start]}")

# %%
# How many phases? The likelihood of a particle is highest for three.
pd.Series({count: blocks(parts, count)[1] for count in range(1, 7)}, name="mean log likelihood").round(3)

# %%
# The names of the particles in each frame, which ``gala-ssl identify`` wrote, and when they change.
names = pd.read_csv("../../results/freezing/cI2-W.csv", index_col="frame")
fractions = names.loc[:, "bcc":"tP4-Np"].fillna(0)
transitions = find_transitions(fractions)
for each in transitions:
    last, first = fractions.index[[each.last, each.first]]
    print(f"by names: {each.verb} between frames {last} and {first}")

# %%
# All in one picture. The classifier mistakes frames of one phase for each other, so that phases are dark blocks.
run = pd.read_csv("../../data/trajectories/cI2-W.csv")
figure, (above, middle, below) = plt.subplots(3, 1, figsize=(6.5, 9.5), sharex=True,
                                              height_ratios=[3, 1, 1.2], layout="constrained")
cuts = [(asked[start - 1] + asked[start]) / 2 for start in starts[1:]]
gala_ssl.plot.frame_histogram(parts.to_numpy(), known, asked, cuts, above)
gala_ssl.plot.energy_by_frame(run.index, run["potential_energy"], run["kT"], cuts, middle)
gala_ssl.plot.fractions(fractions, fractions.index, "frame", transitions, ax=below)
for axes in (above, middle):
    axes.set_xlabel("")

# %%
# In Python the training is :func:`gala_ssl.find_phases`; :doc:`/howto/phases` says how to choose its settings and how
# a division is tested against chance.
