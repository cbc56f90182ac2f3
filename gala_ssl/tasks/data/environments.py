"""Environments: the labelled point clouds of the prototypes, and how they are split."""
import dataclasses

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.progress import Bar
from gala_ssl.base.provenance import sha256
from gala_ssl.base.randomness import rng
from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.clouds.roles import by_role
from gala_ssl.clouds.rules import Nearest
from gala_ssl.frames import prototypes
from gala_ssl.frames.reading import read_frames


@dataclasses.dataclass(frozen=True, eq=False)
class Environments:
    """Point clouds with the structure each was cut from.

    Attributes:
        clouds: PointClouds of n environments, in shortest distances.
        labels: (n,) int32, index into `names`.
        names: the structures.
        ideal: (n, k, 3) float32, the bonds between the ideal sites of the same particles; None where the bonds
            themselves are taken for ideal.
    """

    clouds: PointClouds
    labels: np.ndarray
    names: tuple
    ideal: np.ndarray | None = None

    def __len__(self):
        return len(self.labels)


def prototype_environments(config, progress=True):
    """Return the Environments of the prototypes of a DataConfig: every particle of every structure and noise.

    Args:
        config: DataConfig. progress: show a bar (on a terminal only).

    Returns:
        Environments, structure by structure, noise by noise, particle by particle; bonds are in units of the
        structure's shortest distance before noise, or of a trajectory's contact distance in each frame.
    """
    if config.trajectories:
        return trajectory_environments(config, progress)
    structures = config.structures or prototypes.names()
    clouds, labels = [], []
    for label, structure in enumerate(Bar(structures, "prototypes", unit="structure", shown=progress)):
        for i, noise in enumerate(config.noises):
            frame = structure_frame(structure, config.min_particles, noise, _noise_seed(config.seed, i))
            frame = known_types(frame, config, rng(config.seed, "types", label, i))
            found = point_clouds(frame, Nearest(config.neighbors))
            clouds.append(by_role(found, config.types) if isinstance(config.types, int) else found)
            labels.append(np.full(len(frame), label, np.int32))
    return Environments(PointClouds.concatenate(clouds), np.concatenate(labels), config.structure_names)


def trajectory_environments(config, progress=True):
    """The Environments of the trajectories of a DataConfig: equally many of each, drawn evenly from its frames.

    Raises:
        InputError: a file that has changed since the settings were made, particles of several types about which
            nothing is said, and what `read_frames` refuses.
    """
    found = []
    for label, (_, path, digest) in enumerate(Bar(config.trajectories, "frames", unit="file", shown=progress)):
        if sha256(path) != digest:
            raise InputError(f"{path} is no longer the file that this training began with; put that one back, or begin "
                             f"anew in another directory.", path=path, option="trajectories")
        found.append(_of_trajectory(read_frames(path), config, label))
    labels = np.repeat(np.arange(len(found), dtype=np.int32), [len(part) for part in found])
    return Environments(PointClouds.concatenate(found), labels, config.structure_names)


def _of_trajectory(frames, config, label):
    """The PointClouds of one trajectory, in contact distances of each frame, drawn evenly from its frames."""
    wanted, found = config.min_particles * len(config.noises), []
    numbers = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), wanted)).astype(int))
    for number in numbers:
        frame, source = frames[number], rng(config.seed, "clouds of a trajectory", label, number)
        if config.types is None and len(frame.type_names) > 1:
            raise InputError(f"{frame.where} has particles of the types {', '.join(frame.type_names)}; say what to "
                             f"make of them: --types ignore, name or role.", frame=frame.where, option="types")
        clouds = point_clouds(known_types(frame, config, source), Nearest(config.neighbors)).in_contact_distances()
        count = -(-wanted // len(numbers))
        clouds = clouds[source.choice(len(clouds), count, replace=count > len(clouds))]
        found.append(by_role(clouds, config.types) if isinstance(config.types, int) else clouds)
    return PointClouds.concatenate(found)[:wanted]


def structure_frame(structure, min_particles, noise=0.0, seed=0):
    """The Frame of a prototype's name or a Crystal, see `gala_ssl.frames.prototypes.build`."""
    if isinstance(structure, str):
        return prototypes.build(structure, min_particles, noise, seed)
    return structure.frame(min_particles, noise, seed)


def known_types(frame, config, rng):
    """The frame with the types of particles that a DataConfig wants the networks to know, in their order.

    A frame of one type that has none of the names is of any of them, drawn from `rng`.
    """
    if not config.types:
        return dataclasses.replace(frame, types=None, type_names=None)
    if isinstance(config.types, int):
        return frame
    if len(frame.type_names) == 1 and frame.type_names[0] not in config.types:
        places = [rng.integers(len(config.types))]
    else:
        places = [config.types.index(name) for name in frame.type_names]
    return dataclasses.replace(frame, types=np.array(places)[frame.types], type_names=config.types)


def _noise_seed(seed, index):
    """One integer seed a noise level, so that levels do not share a sample."""
    return int(rng(seed, "noise level", index).integers(2**31))


def split(count, config, fraction=1.0):
    """Split `count` environments into training and validation ones.

    Args:
        count: number of environments.
        config: DataConfig, for the part held back and the seed.
        fraction: part of each side to keep. A smaller fraction is a subset of a larger one.

    Returns:
        (training, validation): disjoint int64 index arrays in random order, at least one index each.
    """
    if count < 2:
        raise InputError(f"{count} environments cannot be split into training and validation ones.",
                         option="count", value=count)
    order = rng(config.seed, "split").permutation(count)
    held_back = min(max(1, round(count * config.validation_fraction)), count - 1)
    return tuple(side[: max(1, round(len(side) * fraction))] for side in (order[held_back:], order[:held_back]))
