"""
Teach it a structure of your own
================================

The network knows fifty structures. Another one is given as a perfect cell, and takes some ten seconds, because only a
small classifier is fitted to what the network makes of it; nothing is trained.
"""
# %%
# A15, the structure of Cr3Si, is not among the fifty. All sites are of one type here; a CIF of yours is read by
# ``gala_ssl.read_frame("my.cif")``.
import matplotlib.pyplot as plt
import numpy as np

import gala_ssl

sites = [(0, 0, 0), (1/2, 1/2, 1/2), (1/4, 0, 1/2), (3/4, 0, 1/2),
         (1/2, 1/4, 0), (1/2, 3/4, 0), (0, 1/2, 1/4), (0, 1/2, 3/4)]
a15 = gala_ssl.Frame((np.array(sites) - 1/2) * 2.0, [2.0, 2.0, 2.0, 0, 0, 0])
print(a15)

# %%
# A sample to name: A15 as it is when hot, with a noise of 0.08 on each coordinate, where the shortest distance is 1.
perfect = a15.replicated(5, 5, 5)
noise = np.random.default_rng(0).normal(scale=0.08, size=perfect.positions.shape)
sample = gala_ssl.Frame(perfect.positions + noise, perfect.box)

# %%
# Without help it is taken for beta-uranium, a relative whose sites have the same coordination polyhedra. With the
# cell it has its name.
before = gala_ssl.identify(sample, progress=False)
after = gala_ssl.identify(sample, also={"A15": a15}, progress=False)
before, after

# %%
figure, axes = plt.subplots(1, 2, figsize=(7, 3.6), layout="constrained")
colors = gala_ssl.plot.name_colors([*before.structure, *after.structure])
for ax, result, title in zip(axes, (before, after), ("not taught", "taught")):
    gala_ssl.plot.particles(sample, result.structure, colors=colors, ax=ax)
    ax.set_title(title)
    shares = result.fractions().items()
    ax.set_xlabel(", ".join(f"{name} {share:.1%}" for name, share in shares))

# %%
# On the command line: ``gala-ssl identify run.gsd --also my.cif``, see :doc:`/howto/identify`.
