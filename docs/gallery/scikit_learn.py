"""
Order parameters in scikit-learn
================================

An embedding is an array with a row a particle, and a transformer makes it a step of a pipeline.
"""
# %%
# Two snapshots, a liquid and the bcc crystal that it became, and a label for each particle: which snapshot it is
# from.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import gala_ssl

data = "../../data/trajectories/"
frames = [gala_ssl.read_frame(data + name) for name in ("cI2-W_liquid.gsd", "cI2-W_solid.gsd")]
labels = np.repeat(["liquid", "solid"], [len(frame) for frame in frames])

# %%
# Nothing is learned from the frames when the transformer is fitted; the network was trained before.
order = gala_ssl.EmbeddingTransformer("denoising")
rows = order.fit_transform(frames)
rows.shape, order.get_feature_names_out()[:3]

# %%
# Supervised: how many particles does a linear classifier, which did not see them, put into the right snapshot? Those
# in the vapour and at the surface are alike in both.
classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
predicted = cross_val_predict(classifier, rows, labels, cv=5)
print(f"{np.mean(predicted == labels):.1%}")

# %%
# Unsupervised: three clusters, without a label. They are not gas, liquid and solid but inside, surface and vapour:
# what varies most is how much of the surroundings is there. Liquid and solid differ along smaller directions, which
# the classifier above was told to look for.
plane = make_pipeline(StandardScaler(), PCA(2)).fit_transform(rows)
clusters = KMeans(3, n_init=4, random_state=0).fit_predict(StandardScaler().fit_transform(rows))
for cluster in range(3):
    members = labels[clusters == cluster]
    print(f"cluster {cluster}: {len(members)} particles, {np.mean(members == 'solid'):.0%} of the solid snapshot")

# %%
figure = plt.figure(figsize=(9, 7), layout="constrained")
above, below = figure.subfigures(2, 1, height_ratios=[1.2, 1])
gala_ssl.plot.component_map({phase: plane[labels == phase] for phase in ("liquid", "solid")},
                            ax=above.subplots())
colors = dict(zip("012", ("#8FCBF0", "#0072B2", "#009E73")))
for ax, frame, phase in zip(below.subplots(1, 2), frames, ("liquid", "solid")):
    gala_ssl.plot.particles(frame, clusters[labels == phase].astype(str), colors=colors, ax=ax)
    ax.set_title(f"clusters in the {phase} snapshot")

# %%
# A classical order parameter can replace the network, ``EmbeddingTransformer(gala_ssl.Steinhardt())``; see
# :doc:`/howto/sklearn`.
