"""Learned order parameters: what a trained core knows of each particle, as a featurizer.

A featurizer is a callable `frame -> (N, d)` with a `name` and a `dimension`; the baselines in
`gala_ssl.analysis.baselines` follow the same protocol.
"""
import keras
import numpy as np
from tqdm import tqdm

from gala_ssl.data.neighborhoods import LENGTH_SCALES, PointClouds, point_clouds
from gala_ssl.errors import InputError
from gala_ssl.layers.conversion import MaskedMean
from gala_ssl.models import heads
from gala_ssl.models.pretrained import SHIPPED, load_model

# Clouds computed at a time: one shape, so that XLA compiles the network once.
_CHUNK = 256


class LearnedEmbedding:
    """What a trained network knows of each particle (paper, section "Embeddings").

    Args:
        model: keras.Model of a task. card: its card.
        source: "core", the core's rotation-invariant values averaged over a particle's bonds, or "head", what the
            head makes of a whole cloud before its answer, see `gala_ssl.models.heads.summary`.
        length_scale: what a frame's lengths are divided by: "contact" (the distance within which one
            particle in a hundred has its nearest neighbour), "shortest" (its shortest bond, as the paper's
            authors did) or "mean_bond" (each cloud by its own mean bond, then multiplied by that of the clouds
            the network was trained on: what is left without density).
        progress: show a bar (on a terminal only).

    Attributes:
        name: the task's. dimension: numbers in an embedding. model, core, card.

    Call on a Frame, whose lengths are scaled, or on PointClouds, taken as they are, in shortest distances;
    returns (N, dimension) float32.
    """

    def __init__(self, model, card, length_scale="contact", source="core", progress=True):
        if length_scale not in LENGTH_SCALES:
            raise InputError(f"There is no length scale {length_scale!r}; choose from {', '.join(LENGTH_SCALES)}.")
        self.model, self.card, self.length_scale, self.progress = model, card, length_scale, progress
        self.core = model.get_layer("core")
        self.name = card["task"]
        self._embed = keras.Model(model.inputs, self._output(source))
        self._embed.compile(jit_compile=True)
        self.dimension = self._embed.output.shape[-1]

    def __call__(self, frame):
        clouds = frame
        if not isinstance(frame, PointClouds):
            clouds = LENGTH_SCALES[self.length_scale](point_clouds(frame, self.card["data"]["neighbors"]))
            if self.length_scale == "mean_bond":
                clouds = clouds.scaled(1 / self.card["mean_bond"])
        self._check_types(clouds)
        result = np.empty((len(clouds), self.dimension), np.float32)
        starts = range(0, len(clouds), _CHUNK)
        for start in tqdm(starts, self.name, leave=False, disable=None if self.progress else True):
            part = clouds[start:start + _CHUNK]
            filled = ((0, _CHUNK - len(part)), (0, 0), (0, 0))
            bonds = np.pad(part.bonds / np.float32(self.card["data"]["x_scale"]), filled)
            result[start:start + _CHUNK] = self._embed.predict_on_batch([bonds, np.pad(part.types, filled)])[:len(part)]
        return result

    def _output(self, source):
        if source == "core":
            # The core's own outputs among the model's tensors, so that nothing is computed twice.
            mask, (_, values) = self.model.get_layer("bond_mask").output, self.core(self.model.inputs)
            return MaskedMean(name="pooled")(values, mask=mask)
        found = heads.summary(self.model) if source == "head" else None
        if found is None:
            raise InputError(f"There is no embedding {source!r} of {self.name}; choose 'core', or 'head' of a task "
                             f"whose head makes something of a whole cloud.")
        return found

    def _check_types(self, clouds):
        known, found = self.core.config.type_width // 2, clouds.types.shape[-1] // 2
        if known != found:
            raise InputError(f"The {self.name} network knows {known} particle types, but the particles given have "
                             f"{found}; give them as many types, or train a network for these.")


class Concatenation:
    """Several featurizers side by side: all that some networks know together.

    Args:
        featurizers: callables `frame -> (N, d)`. name: of the whole.
    """

    def __init__(self, featurizers, name="all_tasks"):
        self.featurizers, self.name = tuple(featurizers), name
        self.dimension = sum(featurizer.dimension for featurizer in self.featurizers)

    def __call__(self, frame):
        return np.hstack([featurizer(frame) for featurizer in self.featurizers])


def load_pretrained(task, directory=SHIPPED, attention=None, length_scale="contact", source="core", progress=True):
    """Return the LearnedEmbedding of a task's weights: shipped ones, or those in `directory`.

    Raises:
        InputError: an unknown task or length scale, or no weights for the task in the directory.

    Example:
        >>> embed = gala_ssl.load_pretrained("denoising")
        >>> embed(gala_ssl.prototypes.build("cP1-Po")).shape
        (4096, 32)
    """
    return LearnedEmbedding(*load_model(task, directory, attention), length_scale, source, progress)
