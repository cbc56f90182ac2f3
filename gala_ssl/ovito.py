"""Modifiers for OVITO's pipelines: the structure of each particle by name, and learned order parameters.

In a script of OVITO's Python package::

    from ovito.io import import_file
    from gala_ssl.ovito import GalaEmbed, GalaIdentify

    pipeline = import_file("dump.lammpstrj")
    pipeline.modifiers.append(GalaIdentify(among=["fcc", "hcp", "liquid"]))
    pipeline.modifiers.append(GalaEmbed(task="noisy_bond"))
    data = pipeline.compute()

OVITO Pro lists them among its modifiers where this package is installed in its Python.
"""
import collections
import functools
import hashlib

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.frames.objects import as_frame
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.embedding_files import principal_axes
from gala_ssl.order.identify import Identifier
from gala_ssl.order.names import UNKNOWN
from gala_ssl.order.network import ENGINES
from gala_ssl.order.pooling import POOLED
from gala_ssl.plot.style import name_colors

try:
    import traits.api as traits
    from ovito.data import ElementType
    from ovito.pipeline import ModifierInterface
except ImportError as error:
    raise InputError(f"gala_ssl.ovito needs OVITO's Python package, which cannot be imported ({error}); install it "
                     f"with: pip install ovito.", option="package", value="ovito") from error

__all__ = ["GalaEmbed", "GalaIdentify"]


class GalaIdentify(ModifierInterface):
    """Names the structure of each particle, as `gala_ssl.identify` does.

    Args:
        among: names to choose from, such as ["fcc", "hcp", "liquid"]; all by default.
        alone: name each particle without its neighbours' evidence.
        weights: a set of weights that ships, or a folder. ignore_types: take all particles for one type. engine: what
            computes; see `gala_ssl.Embedding.from_pretrained`.

    Adds to the particles "Structure Type" (N,), numbers with names and colours, 0 for "unknown", and "Probability" (N,)
    float32, of the likeliest name; and an attribute "GalaIdentify.counts.NAME" for each name that is there.

    Raises:
        InputError: what `Identifier` and `as_frame` refuse; OVITO shows its sentence in the pipeline.

    Example:
        >>> pipeline.modifiers.append(GalaIdentify())
        >>> pipeline.compute().attributes["GalaIdentify.counts.fcc"]
    """

    among = traits.List(traits.Str, label="Among")
    alone = traits.Bool(False, label="Without neighbours' evidence")
    weights = traits.Str("thermal", label="Weights")
    ignore_types = traits.Bool(False, label="Ignore types")
    engine = traits.Enum(*ENGINES, label="Engine")

    def modify(self, data, **slots):
        """Add the properties to a DataCollection; called by OVITO."""
        identify = _identifier(tuple(self.among) or None, 0 if self.alone else POOLED, self.weights, self.ignore_types,
                               self.engine)
        found = identify(as_frame(data))
        numbers = {UNKNOWN: 0} | {name: i + 1 for i, name in enumerate(identify.names)}
        structure = data.particles_.create_property("Structure Type", data=[numbers[name] for name in found.structure])
        structure.types = [ElementType(id=numbers[name], name=name, color=_rgb(color))
                           for name, color in name_colors(numbers).items()]
        data.particles_.create_property("Probability", data=found.probability)
        for name, count in collections.Counter(found.structure.tolist()).items():
            data.attributes[f"GalaIdentify.counts.{name}"] = count


class GalaEmbed(ModifierInterface):
    """Embeds the particles, and adds the first principal components of their embeddings, by which OVITO can colour.

    Args:
        task: whose network, such as "noisy_bond". weights, ignore_types, engine: as of `GalaIdentify`.
        components: how many.
        reference: number of the frame whose embeddings' principal axes and mean the components of all frames are along
            and relative to, so that these can be compared.
        embedding: whether to add all numbers of the embedding as well.

    Adds to the particles "Component" (N, components) float32, largest variance first, and "Embedding" (N, d) float32;
    and the attributes "GalaEmbed.variance.1" and so on, the fraction of the reference frame's variance in a component.

    Raises:
        InputError: what `Embedding` and `as_frame` refuse, fewer than one component.

    Example:
        >>> pipeline.modifiers.append(GalaEmbed(task="denoising", reference=pipeline.num_frames - 1))
        >>> pipeline.compute().particles["Component"].shape
    """

    task = traits.Str("frame_classification", label="Task")
    weights = traits.Str("thermal", label="Weights")
    components = traits.Int(3, label="Components")
    reference = traits.Int(0, label="Reference frame")
    embedding = traits.Bool(False, label="All numbers of the embedding")
    ignore_types = traits.Bool(False, label="Ignore types")
    engine = traits.Enum(*ENGINES, label="Engine")
    _last = traits.Any(transient=True)

    def modify(self, data, *, input_slots, **slots):
        """Add the properties to a DataCollection; called by OVITO."""
        if self.components < 1:
            raise InputError(f"components is {self.components}; give at least 1.", option="components",
                             value=self.components)
        settings = self.task, self.weights, self.ignore_types, self.engine
        embed = _embedding(*settings)
        rows = embed(as_frame(data))
        mean, axes, ratio = self._axes(embed, settings, input_slots["upstream"])
        names = [str(i + 1) for i in range(max(len(axes), rows.shape[1]))]
        add = data.particles_.create_property
        add("Component", data=((rows - mean) @ axes.T).astype(np.float32), components=names[:len(axes)])
        if self.embedding:
            add("Embedding", data=rows, components=names[:rows.shape[1]])
        for name, part in zip(names, ratio):
            data.attributes[f"GalaEmbed.variance.{name}"] = float(part)

    def _axes(self, embed, settings, upstream):
        """Mean (d,), axes (c, d) and fractions (c,) of variance of the reference frame, computed once."""
        frame = as_frame(upstream.compute(self.reference))
        content = b"".join(np.ascontiguousarray(part).tobytes() for part in (frame.positions, frame.box, frame.types,
                                                                             frame.periodic))
        key = *settings, self.components, hashlib.sha256(content).digest()
        if self._last is None or self._last[0] != key:
            rows = embed(frame).astype(np.float64)
            axes, ratio = principal_axes(np.cov(rows.T, bias=True), self.components)
            self._last = key, (rows.mean(axis=0), axes, ratio)
        return self._last[1]


@functools.lru_cache(maxsize=4)
def _embedding(task, weights, ignore_types, engine):
    return Embedding.from_pretrained(task, weights=weights, ignore_types=ignore_types, engine=engine, progress=False)


@functools.lru_cache(maxsize=4)
def _identifier(among, pooled, weights, ignore_types, engine):
    return Identifier(_embedding("frame_classification", weights, ignore_types, engine), among, pooled)


def _rgb(color):
    """Red, green and blue from 0 to 1 of "#rrggbb"."""
    return tuple(int(color[i:i + 2], 16) / 255 for i in (1, 3, 5))
