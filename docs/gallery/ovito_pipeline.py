"""
Name structures in a pipeline of OVITO
======================================

``pip install "gala-ssl[ovito]"`` adds two modifiers to OVITO's pipelines, in its Python package and in OVITO Pro.
OVITO's own modifiers can use what they find.
"""
# %%
# A pipeline: read a file, name the particles, and then, by an expression of OVITO's own, select those of the crystal
# and cluster them.
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
pipeline.modifiers.append(ClusterAnalysisModifier(cutoff=1.5, only_selected=True))

# %%
# Computing a frame names its particles. The counts are attributes, as those of OVITO's own modifiers are.
data = pipeline.compute(55)
for name, value in data.attributes.items():
    if name.startswith(("GalaIdentify", "ClusterAnalysis")):
        print(name, value)

# %%
# *Structure Type* has the names, in the colours of all pictures here; *Probability* says how sure each is.
kinds = {kind.id: kind for kind in data.particles["Structure Type"].types}
for number, kind in kinds.items():
    print(number, kind.name, np.round(kind.color, 2))

# %%
# OVITO draws it in its window, or with ``Viewport.render_image``, where there is a graphics driver. Here
# :func:`gala_ssl.plot.particles` does, which takes OVITO's data as they are.
frame = gala_ssl.as_frame(data)
names = [kinds[number].name for number in data.particles["Structure Type"][...]]
clusters, selected = data.particles["Cluster"][...], data.particles["Selection"][...] == 1
largest = selected & (clusters == np.bincount(clusters[selected]).argmax())
figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.4), layout="constrained")
gala_ssl.plot.particles(frame, names, ax=axes[0]).set_title("structure")
probability = data.particles["Probability"][...]
gala_ssl.plot.particles(frame, probability, "probability", Normalize(0.5, 1), ax=axes[1])
gala_ssl.plot.particles(frame, np.where(largest, "bcc", "others"), ax=axes[2])
axes[2].set_title("blue: the largest cluster of bcc")

# %%
# The other modifier, ``GalaEmbed``, adds the components of an embedding; both are in :doc:`/howto/ovito`.
