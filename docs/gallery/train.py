"""
Train a network on structures of your choice
============================================

The networks that ship were trained on fifty structures for hours. This one learns to tell three apart, in half
a minute, from 8 bonds, to show how it is done. It needs ``pip install "gala-ssl[tensorflow]"``.
"""
# %%
# A preset has all settings; ``smoke`` is the smallest. Here it is given other structures, more epochs and the
# patience for them, and no dropout.
import dataclasses
import pathlib
import tempfile

import pandas as pd

import gala_ssl
from gala_ssl.training.presets import PRESETS

smoke = PRESETS["smoke"]
preset = dataclasses.replace(
    smoke, name="mine", dropout=0.0,
    data=dataclasses.replace(
        smoke.data, structures=("cF4-Cu", "cI2-W", "cF8-C"), min_particles=200),
    training=dataclasses.replace(
        smoke.training, epochs=12, learning_rate=5e-3, static_patience=(6, 12)))

# %%
# The compiled kernel takes the steps. A training is a directory. Started again it goes on where it was killed, and
# one that is done does nothing.
directory = pathlib.Path(tempfile.mkdtemp()) / "mine"
card = gala_ssl.train(
    "frame_classification", preset=preset, run_dir=directory, engine="kernel",
    progress=False)
card["structures"], card["epochs"], round(card["best"]["val_accuracy"], 2)

# %%
# What each epoch brought. The level line is what a network that knows nothing has: the logarithm of three.
history = pd.read_csv(directory / "history.csv")
ax = gala_ssl.plot.learning_curves(history, trivial=1.0986)
_ = ax.set(title="three structures, 8 bonds each", ylim=(0.4, 1.6))

# %%
# The directory is a folder of weights, which whatever takes ``weights`` takes as well.
embed = gala_ssl.Embedding.from_pretrained(
    "frame_classification", weights=directory, progress=False)
embed(gala_ssl.prototypes.build("cI2-W", 200, noise=0.03)).shape

# %%
# A real training is ``gala-ssl pretrain frame_classification --preset thermal-short``; :doc:`/howto/train` has the
# presets, :doc:`/howto/thermal` what real particles need.
