"""Which frames of a cooling run are gas, liquid and solid: a rule of energy and density, and nothing else.

The rule, for frames in the order of cooling:

1. The local density of a particle is 12 / (4/3 pi r_12**3), r_12 the distance to its twelfth neighbour. A
   particle is condensed where it exceeds `CONDENSED_DENSITY` = 0.5: the gas of these runs has 0.1, their
   liquids 1 or more. c is the condensed fraction of a frame.
2. Gas: frames before the first with c > 0.05.
3. e / c is the energy per condensed particle (the vapour's is small). In a droplet that takes up its vapour
   it is level; freezing is a step down in it. The fall across a frame is the mean of e / c over the three
   frames before minus the mean over the three after, taken where all these have c > 0.5. Freezing is the
   stretch of frames around the largest fall in which the fall exceeds a third of the largest; there is none
   if the largest is under three times the median.
4. Liquid: frames with c > 0.5 before the freezing. Solid: frames after it. All others are "between".

The snapshot of a phase is the middle one of its gas or liquid frames, and for the solid the last frame of the
run. Snapshots keep all particles: a droplet with its surface and its vapour.
"""
import dataclasses
import pathlib

import freud
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.frames.formats.gsd import opened

CONDENSED_DENSITY = 0.5
GAS_FRACTION, DROPLET_FRACTION = 0.05, 0.5
WINDOW, FALL_PART, FALL_RATIO = 3, 1 / 3, 3


@dataclasses.dataclass(frozen=True)
class Log:
    """What a trajectory tells about its phases: arrays of length T, the number of frames."""

    step: np.ndarray
    kT: np.ndarray
    kinetic_temperature: np.ndarray
    potential_energy: np.ndarray
    condensed: np.ndarray


def local_density(positions, length, neighbors=12):
    """Local density around each particle, neighbors / (4/3 pi r**3), r the distance to the last of them.

    Args:
        positions: (N, 3) in a periodic cube centred on 0, N > `neighbors`.
        length: edge of the cube.
    Returns:
        (N,) float64, particles per unit volume.
    """
    positions = np.asarray(positions, np.float32)
    if len(positions) <= neighbors:
        raise InputError(f"A frame of {len(positions)} particles has no {neighbors} neighbours around each; "
                         f"the local density needs more than {neighbors} particles.",
                         option="neighbors", value=neighbors)
    query = freud.locality.AABBQuery(freud.box.Box.cube(length), positions)
    found = query.query(positions, {"num_neighbors": neighbors, "exclude_ii": True}).toNeighborList()
    last = np.asarray(found.distances, float).reshape(len(positions), neighbors).max(axis=1)
    return neighbors / (4 / 3 * np.pi * last ** 3)


def condensed_fraction(positions, length):
    """Fraction of the particles whose local density exceeds `CONDENSED_DENSITY`."""
    return float(np.mean(local_density(positions, length) > CONDENSED_DENSITY))


def read_log(path):
    """The `Log` of a trajectory written by `cooling.cool`."""
    rows = []
    with opened(pathlib.Path(path)) as trajectory:
        for frame in trajectory:
            if "kT" not in frame.log:
                raise InputError(f"{path} has no log of temperature and energy; give a run written by cooling.cool.",
                                 path=path)
            rows.append((frame.configuration.step, *(frame.log[key][0] for key in
                         ("kT", "kinetic_temperature", "potential_energy")),
                         condensed_fraction(frame.particles.position, frame.configuration.box[0])))
    columns = np.array(rows, float).T
    return Log(columns[0].astype(np.int64), *columns[1:])


def label_frames(potential_energy, condensed):
    """Name each frame by the rule at the top of this file.

    Args:
        potential_energy: (T,) energy per particle, frames in the order of cooling.
        condensed: (T,) condensed fraction.
    Returns:
        (T,) array of "gas", "liquid", "solid" and "between".
    """
    energy, condensed = np.asarray(potential_energy, float), np.asarray(condensed, float)
    labels = np.full(len(energy), "between", dtype="<U7")
    past_gas = np.flatnonzero(condensed > GAS_FRACTION)
    labels[:past_gas[0] if len(past_gas) else len(energy)] = "gas"
    droplet = condensed > DROPLET_FRACTION
    labels[droplet] = "liquid"
    freezing = _freezing(energy, condensed, droplet)
    if freezing is not None:
        first, last = freezing
        labels[first:last + 1] = "between"
        labels[last + 1:] = "solid"
    return labels


def _freezing(energy, condensed, droplet):
    """First and last frame of the freezing, or None."""
    per_condensed = energy / np.maximum(condensed, GAS_FRACTION)
    inside = [i for i in range(WINDOW, len(energy) - WINDOW) if droplet[i - WINDOW:i + WINDOW + 1].all()]
    if not inside:
        return None
    fall = np.zeros(len(energy))
    for i in inside:
        fall[i] = per_condensed[i - WINDOW:i].mean() - per_condensed[i + 1:i + WINDOW + 1].mean()
    peak = int(np.argmax(fall))
    if fall[peak] < FALL_RATIO * np.median(np.abs(fall[inside])):
        return None
    first = last = peak
    while first - 1 in inside and fall[first - 1] > FALL_PART * fall[peak]:
        first -= 1
    while last + 1 in inside and fall[last + 1] > FALL_PART * fall[peak]:
        last += 1
    return first, last


def choose(labels):
    """Frame of the snapshot of each phase present: {"gas": i, "liquid": j, "solid": k}."""
    chosen = {}
    for phase in ("gas", "liquid"):
        frames = np.flatnonzero(labels == phase)
        if len(frames):
            chosen[phase] = int(frames[(len(frames) - 1) // 2])
    if len(labels) and labels[-1] == "solid":
        chosen["solid"] = len(labels) - 1
    return chosen


def choose_common_liquid(first, second):
    """The middle one of the frames that are liquid in both of two runs of one protocol: one temperature."""
    count = min(len(first), len(second))
    frames = np.flatnonzero((first[:count] == "liquid") & (second[:count] == "liquid"))
    if not len(frames):
        raise InputError("The two runs have no frame in which both are liquid, so the control pair "
                         "cannot be chosen; cool more slowly or look at their energies.",
                         option="phase", value="liquid")
    return int(frames[(len(frames) - 1) // 2])
