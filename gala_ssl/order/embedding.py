"""Learned order parameters: what a trained core knows of each particle, as a featurizer.

A featurizer is a callable `frame -> (N, d)` with a `name` and a `dimension`; the baselines in
`gala_ssl.order.classical` follow the same protocol.
"""
import dataclasses
import os
import pathlib
import warnings

import keras
import numpy as np
from tqdm import tqdm

from gala_ssl.base.errors import InputError, check_choice, counted
from gala_ssl.clouds import MOST_NEIGHBORS
from gala_ssl.clouds.lengths import LENGTH_SCALES
from gala_ssl.clouds.neighborhoods import PointClouds, cloud_chunks
from gala_ssl.clouds.neighbors import undecided
from gala_ssl.clouds.rules import Nearest, NeighborRule, check_rule
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.objects import as_frame
from gala_ssl.networks import heads
from gala_ssl.networks.compiled import CompiledWhereItPays
from gala_ssl.networks.layers.conversion import MaskedMean
from gala_ssl.order.featurizer import Featurizer
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.models.pretrained import load_model
from gala_ssl.tasks.models.sets import SHIPPED, weights_folder

# Clouds computed at a time: one shape, so that XLA compiles the network once. Of wide clouds fewer, because memory goes
# with the pairs of their bonds, three kilobytes each (ten for attention maps); the widest is computed alone.
_CHUNK = 256
# Particles of a frame whose clouds are in memory at a time, a multiple of the chunk.
SEARCHED = 64 * _CHUNK
# What the contact distance of clouds in shortest distances may be, and of how many clouds there is one: of a few from a
# gas, none may touch another.
_CONTACT, _ENOUGH = (0.5, 2), 20
# Part of the particles that may have further neighbours just as far as their last one: by chance, few.
_UNDECIDED = 0.1


class Embedding(Featurizer):
    """What a trained network knows of each particle (paper, section "Embeddings").

    Args:
        model: keras.Model of a task. card: its card.
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
        jit_compile: compile the network with XLA: True, False, or None for frames of more than 2000 particles, for
            which it pays. Compiling takes some ten seconds, once; afterwards an embedding takes half the time or less.
            Both ways agree to about 1e-5 of the largest value. Set it for many small frames.
        progress: show a bar (on a terminal only).

    Attributes:
        name: the task's. dimension: numbers in an embedding. neighbors: the rule, with its number. model, core, card,
        length_scale.

    Call on a Frame, or what `gala_ssl.as_frame` makes one of, whose lengths are scaled, or on PointClouds, taken as
    they are, in shortest distances; returns (N, dimension) float32. Of a frame, only some thousand clouds are in memory
    at a time. A particle without a neighbour (possible with `Cutoff`) gets what the network makes of no bonds: zeros of
    a core, and of a head the same finite numbers for each such particle.

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

    def __init__(self, model: keras.Model, card: dict, *, neighbors: NeighborRule | None = None,
                 length_scale: str | None = None, source: str = "core", ignore_types: bool = False,
                 jit_compile: bool | None = None, progress: bool = True):
        if length_scale is None:
            length_scale = (card["data"].get("thermal") or {"length_scale": "contact"})["length_scale"]
        check_choice("length scale", length_scale, LENGTH_SCALES)
        if length_scale == "mean_bond" and "mean_bond" not in card:
            raise InputError(f"The card of {card['task']} does not say how long the bonds were that the network was "
                             f"trained on; choose another length scale, or train it again.",
                             option="length_scale", value=length_scale)
        self.model, self.card, self.length_scale, self.progress = model, card, length_scale, progress
        self.core = model.get_layer("core")
        self.name, self.ignore_types = card["task"], ignore_types
        trained = card["data"]["neighbors"]
        neighbors = Nearest() if neighbors is None else neighbors
        check_rule(neighbors)
        self.neighbors = neighbors.limited(trained)
        _check_width(self.neighbors.most)
        if self.neighbors != Nearest(trained):
            warnings.warn(f"The {self.name} network was trained on the {trained} nearest neighbours of each particle; "
                          f"what it makes of neighbours by {neighbors.name!r}, {self.neighbors.most} at most, was not "
                          f"tested.", stacklevel=2)
        known = self.core.config.type_width // 2
        if len(card.get("type_names", known * [""])) != known:
            raise InputError(f"The card of {self.name} has the type_names {', '.join(card['type_names'])}, but the "
                             f"network knows {counted(known, 'type')}; name as many.")
        self._embed = keras.Model(model.inputs, self._output(source))
        self.jit_compile, self._compiled = jit_compile, CompiledWhereItPays(self._embed, jit_compile)
        self.dimension = self._embed.output.shape[-1]

    @classmethod
    def from_pretrained(cls, task: str | os.PathLike, *, weights: str | os.PathLike = "paper",
                        neighbors: NeighborRule | None = None, length_scale: str | None = None, source: str = "core",
                        ignore_types: bool = False, attention: str | None = None, jit_compile: bool | None = None,
                        progress: bool = True) -> "Embedding":
        """Return the embedding by the weights of a task.

        Args:
            task: name of a task, or a folder of the weights of one task.
            weights: "paper", "thermal" or "converged", the sets of weights that ship, or a folder of weights.
            attention: "fast" or "published", how the network computes its attention; None as it was trained.
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
        return cls(*load_model(task, weights, attention), neighbors=neighbors, length_scale=length_scale, source=source,
                   ignore_types=ignore_types, jit_compile=jit_compile, progress=progress)

    def __repr__(self):
        return (f"Embedding({self.name}, {self.dimension} numbers a particle, {self.neighbors}, "
                f"length_scale={self.length_scale!r})")

    def __call__(self, frame: Frame | PointClouds) -> np.ndarray:
        parts = list(self.parts(frame))
        return np.concatenate(parts) if parts else np.empty((0, self.dimension), np.float32)

    def __deepcopy__(self, memo):
        """This embedding itself, as scikit-learn's clones have it: nothing here changes a network, and Keras warns
        when it copies one."""
        return self

    def parts(self, frame):
        """Yield the embedding of the particles piece by piece, in order, for who cannot hold all of it in memory."""
        frame = frame if isinstance(frame, PointClouds) else as_frame(frame)
        network = self._compiled(len(frame))
        for clouds in self.chunks(frame):
            found = self.predict(network, clouds)
            if not np.isfinite(found).all():
                raise InputError(f"The {self.name} network makes NaN or infinity of particles of "
                                 f"{getattr(frame, 'where', 'the point clouds')}; their bonds are of too "
                                 f"different lengths for single precision, or the weights are damaged.")
            yield found

    def chunks(self, frame):
        """Yield the PointClouds of a frame, or those given, as the network knows them: a few at a time, in order."""
        known = [self._known_columns(frame)] if isinstance(frame, PointClouds) else self._scaled_clouds(frame)
        with tqdm(total=len(frame), desc=self.name, leave=False, disable=None if self.progress else True) as bar:
            for clouds in known:
                size = _at_a_time(clouds)
                for first in range(0, len(clouds), size):
                    chunk = clouds[first:first + size]
                    yield chunk
                    bar.update(len(chunk))

    def predict(self, model, clouds):
        """What a model with the network's inputs makes of a chunk of clouds: an array, n rows for n clouds."""
        filled = ((0, _at_a_time(clouds) - len(clouds)), (0, 0), (0, 0))
        bonds = np.pad(clouds.bonds / np.float32(self.card["data"]["x_scale"]), filled)
        return model.predict_on_batch([bonds, np.pad(clouds.types, filled)])[:len(clouds)]

    def _scaled_clouds(self, frame):
        """Yield the clouds of a frame, some thousand at a time, in the unit that the network was trained on."""
        frame = self._known_types(frame)
        self._warn_of_ties(frame)
        of_frame = LENGTH_SCALES[self.length_scale]
        length = of_frame and of_frame(frame)
        for clouds in cloud_chunks(frame, SEARCHED, self.neighbors):
            yield clouds.scaled(length) if of_frame else clouds.in_mean_bonds().scaled(1 / self.card["mean_bond"])

    def _output(self, source):
        if source in ("core", "bonds"):
            # The core's own outputs among the model's tensors, so that nothing is computed twice.
            mask, (_, values) = self.model.get_layer("bond_mask").output, self.core(self.model.inputs)
            return MaskedMean(name="pooled")(values, mask=mask) if source == "core" else values
        found = heads.summary(self.model) if source == "head" else None
        if found is None:
            raise InputError(f"There is no embedding {source!r} of {self.name}; choose 'core', 'bonds', or 'head' of a "
                             f"task whose head makes something of a whole cloud.", option="source", value=source)
        return found

    def _known_types(self, frame):
        """The frame with the types that the network knows, in its order."""
        if self.ignore_types:
            frame = dataclasses.replace(frame, types=None, type_names=("any",))
        known, present = self.core.config.type_width // 2, np.unique(frame.types)
        self._check_types(known, len(present), frame.where)
        names = self.card.get("type_names")
        if known == 1 < len(frame.type_names):
            return dataclasses.replace(frame, types=None, type_names=[frame.type_names[present[0]]])
        if names and known > 1 and not self.ignore_types:
            return self._matched(frame, present, list(names))
        if len(frame.type_names) > known:
            raise InputError(f"{frame.where} names the types {', '.join(frame.type_names)}, but the {self.name} "
                             f"network knows {known} without names; give a frame that names these {known} alone, in "
                             f"the order of the training, or write the names into the network's card as type_names.")
        if len(frame.type_names) == known:
            return frame
        self._warn_of_types(known, len(frame.type_names))
        return dataclasses.replace(frame, type_names=[*frame.type_names, *["none"] * (known - len(frame.type_names))])

    def _matched(self, frame, present, names):
        """The frame with the types of the network's card, by their names."""
        strange = [frame.type_names[kind] for kind in present if frame.type_names[kind] not in names]
        if strange:
            raise InputError(f"{frame.where} has particles of the type {', '.join(strange)}, but the {self.name} "
                             f"network knows {', '.join(names)}; name them as these, or take all for one type with "
                             f"ignore_types, on the command line --ignore-types.")
        places = [names.index(name) if name in names else 0 for name in frame.type_names]
        return dataclasses.replace(frame, types=np.array(places)[frame.types], type_names=names)

    def _known_columns(self, clouds):
        """The clouds with as many type columns as the network knows."""
        width, trained = clouds.bonds.shape[1], self.card["data"]["neighbors"]
        _check_width(width)
        if width != trained:
            warnings.warn(f"The {self.name} network was trained on clouds of {trained} bonds; what it makes of clouds "
                          f"of up to {width} was not tested.", stacklevel=5)
        self._warn_of_lengths(clouds)
        if self.ignore_types:  # what the encodings of all types sum up to is that of one
            ones = clouds.types.reshape(*clouds.types.shape[:2], 2, -1).sum(axis=-1)
            clouds = PointClouds(clouds.bonds, ones)
        known, found = self.core.config.type_width // 2, clouds.types.shape[-1] // 2
        halves = np.split(clouds.types, 2, axis=-1)
        if known == 1 < found:  # as of a frame, a type that no particle is of does not count
            present = np.flatnonzero(halves[1].any(axis=(0, 1)))[:found] if len(clouds) else np.empty(0, int)
            found = max(1, len(present))
            halves = [half[..., present if len(present) else [0]] for half in halves]
            clouds = PointClouds(clouds.bonds, np.concatenate(halves, axis=-1))
        self._check_types(known, found, "the point clouds")
        if known == found:
            return clouds
        self._warn_of_types(known, found)
        filled = [np.pad(half, ((0, 0), (0, 0), (0, known - found))) for half in halves]
        return PointClouds(clouds.bonds, np.concatenate(filled, axis=-1))

    def _warn_of_lengths(self, clouds):
        contact = clouds.contact if len(clouds) >= _ENOUGH and self.length_scale != "mean_bond" else None
        if contact is not None and not _CONTACT[0] <= contact <= _CONTACT[1]:
            warnings.warn(f"The {self.name} network was trained on lengths in shortest distances, but of the point "
                          f"clouds given one in a hundred has its nearest bond within {contact:.3g}; if that is "
                          f"another unit, divide them by it, as in_contact_distances() does.", stacklevel=6)

    def _check_types(self, known, found, where):
        if found > known:
            raise InputError(f"The {self.name} network knows {counted(known, 'type')} of particles, but those of "
                             f"{where} are of {found}; take all for one type with ignore_types, on the command line "
                             f"--ignore-types, or train a network on as many.", frame=where, option="types",
                             value=found)

    def _warn_of_types(self, known, found):
        if found < known:
            warnings.warn(f"The {self.name} network knows {known} types of particles, but those given are of "
                          f"{found}, which count as its first.", stacklevel=5)

    def _warn_of_ties(self, frame):
        k = self.neighbors.most
        if isinstance(self.neighbors, Nearest) and (part := undecided(frame, k)) > _UNDECIDED:
            warnings.warn(f"In {frame.where} {part:.0%} of the particles have further neighbours just as far as the "
                          f"last of their {k} nearest. Which of these count is arbitrary, so that equivalent "
                          f"particles of a perfect crystal get different numbers; average over them, give them the "
                          f"noise of a temperature, or choose the neighbours by solid angle: SANN(), --neighbors sann.",
                          stacklevel=6)


def _check_width(k):
    if k > MOST_NEIGHBORS:
        raise InputError(f"Clouds of k = {k} bonds are too wide: a network looks at each of their k x k pairs, for "
                         f"which memory is set aside up to k = {MOST_NEIGHBORS}; choose fewer neighbours.",
                         option="most", value=k)


def _at_a_time(clouds):
    """How many clouds as wide as these are computed at a time."""
    return min(_CHUNK, MOST_NEIGHBORS**2 // clouds.bonds.shape[1]**2)


def _only_task(folder):
    found = tasks_with_weights(folder)
    if len(found) != 1:
        raise InputError(f"The folder {folder} has the weights of {', '.join(found) or 'no task'}; name the task, and "
                         f"the folder as weights.", path=folder, option="task", value=str(folder))
    return found[0]


def tasks_with_weights(directory: str | os.PathLike = SHIPPED) -> list[str]:
    """Names of the tasks that a directory has weights of, in the paper's order."""
    return [task for task in TASKS if (weights_folder(directory) / f"{task}.keras").exists()]
