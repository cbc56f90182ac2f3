"""
Name structures in a pipeline of OVITO
======================================

``pip install "gala-ssl[ovito]"`` adds two modifiers to OVITO's pipelines, for its Python package and for OVITO Pro. They
stand among OVITO's own, whose results they can use and which can use theirs.
"""
# %%
# A pipeline: read a file, name the particles, and then, by an expression of OVITO's own, select those of the crystal and
# cluster them.
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import Normalize
from ovito.io import import_file
from ovito.modifiers import ClusterAnalysisModifier, ExpressionSelectionModifier

import gala_ssl
from gala_ssl.ovito import GalaIdentify

pipeline = import_file("../../data/trajectories/cI2-W_trajectory.gsd")
pipeline.modifiers.append(GalaIdentify(among=["bcc", "liquid", "gas"]))
pipeline.modifiers.append(ExpressionSelectionModifier(expression="StructureType == 1"))
pipeline.modifiers.append(ClusterAnalysisModifier(cutoff=1.5, only_selected=True, sort_by_size=True))

# %%
# Computing a frame names its particles. The counts are attributes, as those of OVITO's own modifiers are.
data = pipeline.compute(55)
{name: value for name, value in data.attributes.items() if "GalaIdentify" in name or "ClusterAnalysis" in name}

# %%
# *Structure Type* has the names, in the colours of all pictures here; *Probability* says how sure each is.
kinds = {kind.id: kind for kind in data.particles["Structure Type"].types}
{kind.name: tuple(round(part, 2) for part in kind.color) for kind in kinds.values()}

# %%
# OVITO draws it in its window, or with ``Viewport.render_image``, where there is a graphics driver. Here
# :func:`gala_ssl.plot.particles` does, which takes OVITO's data as they are.
frame = gala_ssl.as_frame(data)
names = [kinds[number].name for number in data.particles["Structure Type"][...]]
clusters, selected = data.particles["Cluster"][...], data.particles["Selection"][...] == 1
largest = np.bincount(clusters[selected]).argmax()
figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.4), layout="constrained")
gala_ssl.plot.particles(frame, names, ax=axes[0]).set_title("structure")
gala_ssl.plot.particles(frame, data.particles["Probability"][...], "probability", Normalize(0.5, 1), ax=axes[1])
gala_ssl.plot.particles(frame, np.where(selected & (clusters == largest), "bcc", "others"), ax=axes[2])
axes[2].set_title("blue: the largest cluster of bcc")

# %%
# The other modifier, ``GalaEmbed``, adds the components of an embedding; both are in :doc:`/howto/ovito`.
