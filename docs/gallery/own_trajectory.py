"""
Name the structures in a trajectory
===================================

When did it freeze, and into what? Particles that attract each other are cooled from a gas on; each particle of some
frames is named by the structure around it.
"""
# %%
# The file may be one of yours: a LAMMPS dump, GSD, extended XYZ, XDATCAR and others are read, by the same line. This
# one ships with the repository. Eight of its 17 frames are taken.
import matplotlib.pyplot as plt

import gala_ssl
from gala_ssl.order.timeline import Timeline

path = "../../data/trajectories/cF4-Cu_trajectory.gsd"
run = gala_ssl.read_frames(path, slice(2, None, 2))
print(run)

# %%
# One call names the particles of all frames.
found = gala_ssl.identify(run, progress=False)
found[-1]

# %%
# A row for each particle; these are of the first frame with a crystal. ``nearest`` is the likeliest name also where a
# particle is too unlike all known structures to be given one.
found[4].table().query("structure == 'fcc' and probability > 0.9").head()

# %%
# Along the trajectory: the fraction of each name, and when it changed, in a sentence.
timeline = Timeline(run)
for frame, each in zip(run, found):
    timeline.add(frame, each.structure)
print(*timeline.sentences(), sep="\n")
timeline.table()[["step", "kT", "gas", "liquid", "fcc"]].round(3)

# %%
# Where it happens: the fractions, and three frames cut in half. Colours are the same in every picture here: grey is
# gas, pale blue liquid, green fcc.
figure = plt.figure(figsize=(9, 6), layout="constrained")
above, below = figure.subfigures(2, 1)
fractions = timeline.fractions()
gala_ssl.plot.fractions(fractions, timeline.steps, "step", timeline.transitions(), ax=above.subplots())
colors = gala_ssl.plot.name_colors(fractions.columns)
for i, ax in zip((2, 4, 7), below.subplots(1, 3)):
    gala_ssl.plot.particles(run[i], found[i].structure, colors=colors, ax=ax)
    ax.set_title(f"step {run[i].step:,}")
    names = [name for name, fraction in found[i].fractions().items() if fraction > 0.01]
    ax.set_xlabel(", ".join(names))

# %%
# On the command line the same is ``gala-ssl identify cF4-Cu_trajectory.gsd --figure freezing.png -o structures.csv``.
# :doc:`/howto/identify` says how sure the names are, and what cannot be told apart.
