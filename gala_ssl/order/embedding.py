"""Learned order parameters: what a trained core knows of each particle, as a featurizer.

A featurizer is a callable `frame -> (N, d)` with a `name` and a `dimension`; the baselines in
`gala_ssl.order.classical` follow the same protocol.
"""
import os
import pathlib
import typing
import warnings
from collections.abc import Iterable, Iterator

import numpy as np

from gala_ssl.base.errors import InputError, check_choice
from gala_ssl.base.progress import Bar
from gala_ssl.clouds.lengths import LENGTH_SCALES
from gala_ssl.clouds.neighborhoods import PointClouds, cloud_chunks
from gala_ssl.clouds.rules import Nearest, NeighborRule, check_rule
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.objects import FrameLike, as_frame
from gala_ssl.order import gathered
from gala_ssl.order.featurizer import Featurizer
from gala_ssl.order.gathered import ahead, checked
from gala_ssl.order.inputs import Inputs, check_width
from gala_ssl.order.network import CHUNK, at_a_time, open_network, predict
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.models.cards import tasks_with_weights

if typing.TYPE_CHECKING:
    import keras

    from gala_ssl.networks.core import GalaCore

# Particles of a frame whose clouds are in memory at a time, a multiple of the chunk.
SEARCHED = 64 * CHUNK
# What is asked of a network for each source, see `gala_ssl.kernel.network.WANTED`.
_WANTED = {"core": "mean", "bonds": "bonds", "head": "summary"}


class Embedding(Featurizer):
    """What a trained network knows of each particle (paper, section "Embeddings").

    Args:
        model: keras.Model of a task, or a network of `gala_ssl.order.network.open_network`. card: its card.
        source: "core", the core's rotation-invariant values averaged over a particle's bonds, or "head", what the
            head makes of a whole cloud before its answer, see `gala_ssl.networks.heads.summary`; "bonds", the core's
            values of every bond, which are no featurizer: called, it returns (N, k, dimension), zeros for padding.
        length_scale: what a frame's lengths are divided by: None for what the network was trained with ("contact" for
            the paper's environments), "contact" (the distance within which one particle in a hundred has its nearest
            neighbour), "shortest" (its shortest bond, as the paper's authors did), "bulk" (the mean bond of its dense
            part, see `gala_ssl.clouds.lengths`) or "mean_bond" (each cloud by its own mean bond, then multiplied by
            that of the clouds the network was trained on: what is left without density).
        neighbors: the rule by which a frame's particles have neighbours, such as `gala_ssl.Voronoi()`; None for the
            nearest, as many as the network was trained on, which is also the number of a rule that has none. Time goes
            with its square, and it is at most `gala_ssl.clouds.MOST_NEIGHBORS`.
        ignore_types: take all particles for one type.
        jit_compile: where Keras computes, compile the network with XLA: True, False, or None for frames of more than
            2000 particles, for which it pays. Compiling takes some ten seconds, once; afterwards an embedding takes
            half the time or less. Both ways agree to about 1e-5 of the largest value. Set it for many small frames.
        progress: show a bar (on a terminal only).

    Attributes:
        name: the task's. dimension: numbers in an embedding. neighbors: the rule, with its number. card, length_scale.
        network: what computes it. engine: "kernel" or "keras". model, core: as Keras has them; where the compiled
        kernel computes, Keras is imported and loads them when they are first asked for.

    Call on a Frame, or what `gala_ssl.as_frame` makes one of, whose lengths are scaled, or on PointClouds, taken as
    they are, in shortest distances; returns (N, dimension) float32. Of a frame, only some thousand clouds are in memory
    at a time. A particle without a neighbour (possible with `Cutoff`) gets a row of NaN, because nothing can be said
    about it; values of bonds have zeros there, as for any padding.

    Warns (UserWarning), because the network was not trained for it: neighbours by another rule or number than it was
    trained on, clouds of another width, or of which one in a hundred has its nearest bond nowhere near 1 (looked at for
    20 clouds and more, and not of "mean_bond"); particles of fewer types than it knows, which count as its first ones.
    A network of several types whose card has their `type_names` takes a frame's types by their names; of another one,
    and in PointClouds, which have no names, types count in their order. A network of one type takes any.
    Warns of perfect crystals with a shell that does not fit into the number of neighbours.

    Raises:
        InputError: an unknown length scale or source, what is no rule, too many neighbours; when called, particles of
            more types than the network knows or of none of its names, an embedding that is not finite, and what
            `point_clouds` refuses.

    Example:
        >>> embed = Embedding.from_pretrained("frame_classification", neighbors=gala_ssl.Voronoi())
        >>> embed(gala_ssl.read_frames("dump.lammpstrj", -1)[0]).shape
    """

    def __init__(self, model, card: dict, *, neighbors: NeighborRule | None = None,
                 length_scale: str | None = None, source: str = "core", ignore_types: bool = False,
                 jit_compile: bool | None = None, progress: bool = True):
        if length_scale is None:
            length_scale = (card["data"].get("thermal") or {"length_scale": "contact"})["length_scale"]
        check_choice("length scale", length_scale, LENGTH_SCALES)
        if length_scale == "mean_bond" and "mean_bond" not in card:
            raise InputError(f"The card of {card['task']} does not say how long the bonds were that the network was "
                             f"trained on; choose another length scale, or train it again.",
                             option="length_scale", value=length_scale)
        check_choice("source", source, _WANTED)
        self.card, self.length_scale, self.progress, self.source = card, length_scale, progress, source
        self.network = model if hasattr(model, "dimension") else _keras_network(model, jit_compile)
        self.name, self.ignore_types, self.jit_compile = card["task"], ignore_types, jit_compile
        trained = card["data"]["neighbors"]
        neighbors = Nearest() if neighbors is None else neighbors
        check_rule(neighbors)
        self.neighbors = neighbors.limited(trained)
        check_width(self.neighbors.most)
        if self.neighbors != Nearest(trained):
            warnings.warn(f"The {self.name} network was trained on the {trained} nearest neighbours of each particle; "
                          f"what it makes of neighbours by {neighbors.name!r}, {self.neighbors.most} at most, was not "
                          f"tested.", stacklevel=2)
        self._inputs = Inputs(card, self.network.config.type_width // 2, ignore_types)
        self.dimension = self.network.dimension(_WANTED[source])
        if self.dimension is None:
            raise InputError(f"There is no embedding {source!r} of {self.name}; choose 'core', 'bonds', or 'head' of a "
                             f"task whose head makes something of a whole cloud.", option="source", value=source)

    @classmethod
    def from_pretrained(cls, task: str | os.PathLike, *, weights: str | os.PathLike = "thermal",
                        neighbors: NeighborRule | None = None, length_scale: str | None = None, source: str = "core",
                        ignore_types: bool = False, engine: str = "auto", attention: str | None = None,
                        jit_compile: bool | None = None, progress: bool = True) -> "Embedding":
        """Return the embedding by the weights of a task.

        Args:
            task: name of a task, or a folder of the weights of one task.
            weights: "thermal", for real particles, "paper" or "converged", the sets of weights that ship, or a folder
                of weights.
            engine: what computes: "kernel", the compiled kernel; "keras"; or "auto", the kernel where it can, see
                `gala_ssl.order.network.open_network`. Both agree to rounding.
            attention: "fast" or "published", how Keras computes attention; None as it was trained.
            Others: see the class.

        Raises:
            InputError: an unknown task, length scale or rule for neighbours, no weights for the task in the folder, or
                a folder with the weights of several tasks.

        Example:
            >>> embed = gala_ssl.Embedding.from_pretrained("denoising")
            >>> embed(gala_ssl.prototypes.build("cP1-Po")).shape
            (4096, 32)
        """
        if task not in TASKS and pathlib.Path(task).is_dir():
            weights, task = task, _only_task(task)
        check_choice("source", source, _WANTED)
        network, card = open_network(task, weights, _WANTED[source], engine=engine, attention=attention,
                                     jit_compile=jit_compile)
        return cls(network, card, neighbors=neighbors, length_scale=length_scale, source=source,
                   ignore_types=ignore_types, jit_compile=jit_compile, progress=progress)

    @property
    def engine(self) -> str:
        return self.network.engine

    @property
    def model(self) -> "keras.Model":
        return self.network.model

    @property
    def core(self) -> "GalaCore":
        return self.model.get_layer("core")

    def __repr__(self):
        return (f"Embedding({self.name}, {self.dimension} numbers a particle, {self.neighbors}, "
                f"length_scale={self.length_scale!r})")

    def __call__(self, frame: FrameLike | PointClouds) -> np.ndarray:
        parts = list(self.parts(frame))
        return np.concatenate(parts) if parts else np.empty((0, self.dimension), np.float32)

    def __deepcopy__(self, memo):
        """This embedding itself, as scikit-learn's clones have it: nothing here changes a network, and Keras warns
        when it copies one."""
        return self

    def parts(self, frame: FrameLike | PointClouds, wanted: str | None = None) -> Iterator[np.ndarray]:
        """Yield the embedding of the particles piece by piece, in order, where all of it does not fit into memory.

        Rows of particles without neighbours are NaN, unless `wanted` is "bonds".

        Args:
            wanted: something else of the network, such as "answer", see `gala_ssl.kernel.network.WANTED`.
        """
        frame = frame if isinstance(frame, PointClouds) else as_frame(frame)
        wanted = _WANTED[self.source] if wanted is None else wanted
        for clouds in ahead(self.chunks(frame, self.network.most), self.network.in_flight):
            yield checked(self.compute(clouds, wanted, len(frame)), clouds, wanted, frame, self.name)

    def each(self, frames: Iterable[FrameLike], wanted: str | None = None
             ) -> Iterator[tuple[Frame, Iterable[np.ndarray]]]:
        """Yield each frame of a trajectory or list, and its `parts`; small frames are computed together."""
        return gathered.each(self, frames, _WANTED[self.source] if wanted is None else wanted)

    def chunks(self, frame: FrameLike | PointClouds, most: int = CHUNK) -> Iterator[PointClouds]:
        """Yield the PointClouds of a frame, or those given, as the network knows them: at most so many, in order."""
        whole = isinstance(frame, PointClouds)
        known = [self._inputs.of_clouds(frame, self.length_scale)] if whole else self.searched(frame)
        with Bar(total=len(frame), desc=self.name, unit="particle", unit_scale=True, leave=False,
                 shown=self.progress) as bar:
            for clouds in known:
                size = at_a_time(clouds.bonds.shape[1], most)
                for first in range(0, len(clouds), size):
                    chunk = clouds[first:first + size]
                    yield chunk
                    bar.update(len(chunk))

    def compute(self, clouds: PointClouds, wanted: str, count: int) -> np.ndarray:
        """What is wanted of the network for one of `chunks` of `count` clouds: an array, n rows for n clouds."""
        return self.network(self._bonds(clouds), clouds.types, wanted, count)

    def predict(self, model: "keras.Model", clouds: PointClouds) -> np.ndarray:
        """What a keras.Model with the network's inputs makes of one of `chunks`: an array, n rows for n clouds."""
        return predict(model, self._bonds(clouds), clouds.types)

    def _bonds(self, clouds):
        return clouds.bonds / np.float32(self.card["data"]["x_scale"])

    def searched(self, frame):
        """Yield the clouds of a frame, some thousand at a time, in the unit that the network was trained on."""
        frame = self._inputs.of_frame(frame, self.neighbors)
        of_frame = LENGTH_SCALES[self.length_scale]
        length = of_frame and of_frame(frame)
        for clouds in cloud_chunks(frame, SEARCHED, self.neighbors):
            yield clouds.scaled(length) if of_frame else clouds.in_mean_bonds().scaled(1 / self.card["mean_bond"])


def _keras_network(model, jit_compile):
    from gala_ssl.order.keras_network import KerasNetwork

    return KerasNetwork(model, jit_compile)


def _only_task(folder):
    found = tasks_with_weights(folder)
    if len(found) != 1:
        raise InputError(f"The folder {folder} has the weights of {', '.join(found) or 'no task'}; name the task, and "
                         f"the folder as weights.", path=folder, option="task", value=str(folder))
    return found[0]
