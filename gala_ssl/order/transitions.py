"""When did the sample order? Transitions in the fractions of names along a trajectory, in words."""
import dataclasses

import numpy as np

from gala_ssl.base.errors import InputError, pluralize
from gala_ssl.base.randomness import rng
from gala_ssl.order.change_points import SHORTEST, change_points, division, slow_noise
from gala_ssl.order.names import GAS, LIQUID, UNKNOWN

# Frames in which a transition can be found at all, and made-up series by which its place is known.
FEWEST, _DRAWN = 3 * SHORTEST, 199
# A fraction that changed by more than this deserves a word where no transition is found.
_CHANGED = 0.3
# A transition begins and ends where the sample has gone a tenth and nine tenths of its way.
_GONE = 0.1
# Part of the particles that another name than the target gains, where a sentence has it too.
_BESIDE = 0.1
_VERBS = {(GAS, LIQUID): "condensed", (GAS, "solid"): "became solid from the gas", (LIQUID, GAS): "evaporated",
          ("solid", GAS): "sublimed", (LIQUID, "solid"): "froze", ("solid", LIQUID): "melted"}


@dataclasses.dataclass(frozen=True)
class Transition:
    """A change of the names that particles have.

    Attributes:
        source, target: the name that loses most particles, and the one that gains most.
        verb: what happened, such as "froze".
        last, first: places in the trajectory (0, 1, ...): the last frame before the transition and the first one
            after it. They include the uncertainty of 95 %.
        before, after: fraction of `target` up to `last` and from `first` on, up to the transitions beside this one.
        moved: fraction of all particles that have another name afterwards.
        beside: other names that at least a tenth of the particles get, and the fraction of each from `first` on.
    """

    source: str
    target: str
    verb: str
    last: int
    first: int
    before: float
    after: float
    moved: float
    beside: tuple[tuple[str, float], ...] = ()


def find_transitions(fractions, least=0.1, level=0.01, seed=0):
    """The transitions of a trajectory, in the order of time.

    Levels come from `gala_ssl.order.change_points.change_points`; changes that follow each other and have the same
    source and target are one transition, so a droplet that grows for long condenses once. So are changes of one kind
    and source that overlap in time: a liquid that becomes dhcp and hcp at once freezes once.

    Args:
        fractions: pandas.DataFrame, a row a frame and a column a name: the part of the frame's particles that has it.
        least: part of the particles that a transition gives another name, at least.
        level: probability to find a change, however small, in a trajectory that has none. Measured at 0.01: none of
            100 where neighbouring frames have a correlation of up to 0.5; for one of 0.8, none of 100 with 17 frames
            and 3 of 100 with 100. Most of these changes are smaller than `least`.
        seed: of the simulated noise.

    Returns:
        list of Transition; empty where there is none, and of fewer than 6 frames.

    Raises:
        InputError: a fraction that is not finite, or `least` not between 0 and 1.
    """
    if not 0 < least < 1:
        raise InputError(f"least is {least!r}; a transition moves a part of the particles, so give a number between 0 "
                         "and 1.", option="least", value=least)
    values = fractions.to_numpy(float)
    if not np.isfinite(values).all():
        raise InputError("Some fractions are not finite; give a number for each frame and name, 0 where there is none.",
                         option="fractions")
    if len(values) < FEWEST:
        return []
    starts = _large(values, change_points(values, level, seed), least)
    edges = [0, *starts.tolist(), len(values)]
    means = np.stack([values[a:b].mean(axis=0) for a, b in zip(edges, edges[1:])])
    steps = np.diff(means, axis=0)
    kinds = [(int(step.argmin()), int(step.argmax())) for step in steps]
    spans, i = [], 0
    while i < len(kinds):
        j = i
        while j + 1 < len(kinds) and kinds[j + 1] == kinds[i]:
            j += 1
        spans.append((i, j))
        i = j + 1
    found = [_between(fractions, edges, means, *span, seed) for span in spans]
    i = 0
    while i + 1 < len(found):
        one, other = found[i:i + 2]
        if one.verb == other.verb and one.source == other.source and one.first > other.last:
            spans[i:i + 2] = [(spans[i][0], spans[i + 1][1])]
            found[i:i + 2] = [_between(fractions, edges, means, *spans[i], seed)]
        else:
            i += 1
    return found


def in_words(fractions, transitions, places=None, unit="frame", temperatures=None):
    """Sentences about a trajectory, one a transition, or one that says that there is none.

    Args:
        fractions: of `find_transitions`. transitions: what it found.
        places: (T,) what the frames are called, such as their steps; None for 0, 1, ...
        unit: of the places, "frame" or "step". temperatures: (T,) kT of the frames, or None.

    Example:
        >>> print(*in_words(fractions, find_transitions(fractions), steps, "step"), sep="\\n")
        bcc 0.3% until step 21,000, 61% from step 27,000; froze between steps 21,000 and 27,000
    """
    places = np.arange(len(fractions)) if places is None else places
    if transitions:
        return [_sentence(each, places, unit, temperatures) for each in transitions]
    if len(fractions) < FEWEST:
        return [f"No transition can be found in {pluralize(len(fractions), 'frame')}; give {FEWEST} or more."]
    usual = fractions.mean().idxmax()
    low, high = fractions[usual].min(), fractions[usual].max()
    doubt = " It changed, but in so few frames that may be chance; give more." if high - low > _CHANGED else ""
    return [f"No transition found: {usual} {percent(fractions[usual].mean())} on average ({percent(low)} to "
            f"{percent(high)}).{doubt}"]


def table_of(transitions, places=None):
    """pandas.DataFrame, a row a transition, of the attributes of `Transition`; last and first in `places` (T,)."""
    import pandas as pd

    table = pd.DataFrame([dataclasses.asdict(each) for each in transitions],
                         columns=[field.name for field in dataclasses.fields(Transition)])
    if places is not None:
        for column in ("last", "first"):
            table[column] = np.asarray(places)[table[column].to_numpy(int)]
    return table


def percent(fraction):
    """A fraction for reading: 0.3%, 61%."""
    return f"{fraction:.1%}" if 0.0005 <= fraction < 0.0095 or 0.9905 < fraction <= 0.9995 else f"{fraction:.0%}"


def _large(values, starts, least):
    """The starts of levels between which at least this part of the particles gets another name."""
    starts = np.asarray(starts, int)
    while len(starts):
        means = np.stack([run.mean(axis=0) for run in np.split(values, starts)])
        moved = abs(np.diff(means, axis=0)).sum(axis=1) / 2
        if moved.min() >= least:
            break
        starts = division(values, len(starts)) if len(starts) > 1 else starts[:0]
    return starts


def _between(fractions, edges, means, i, j, seed):
    """The Transition of the changes number i to j: from the level `means[i]` to `means[j + 1]`."""
    change = means[j + 1] - means[i]
    return _transition(fractions, (edges[i], edges[i + 1], edges[j + 1], edges[j + 2]),
                       (int(change.argmin()), int(change.argmax())), seed)


def _transition(fractions, edges, kind, seed):
    """The Transition from the level that begins at edges[0] to the one that ends at edges[3].

    Args:
        edges: the first row of the level before, of what comes after it and of the level after, and that one's end.
        kind: columns of source and target.
    """
    start, end_before, start_after, end = edges
    values = fractions.to_numpy(float)[start:end]
    low, high = (part.mean(axis=0) for part in (values[:end_before - start], values[start_after - start:]))
    direction = (high - low) / np.sum((high - low)**2)
    way = (values - low) @ direction
    last, first = _bounds(way, seed)
    source, target = (fractions.columns[column] for column in kind)
    of_target = values[:, kind[1]]
    now, gained = values[first:].mean(axis=0), values[first:].mean(axis=0) - values[:last + 1].mean(axis=0)
    beside = [(fractions.columns[column], float(now[column])) for column in np.argsort(-gained)
              if column != kind[1] and gained[column] >= _BESIDE]
    # Of frames that lie on a level; where a bound is at the end of the trajectory, the level itself.
    return Transition(source, target, _verb(source, target), start + last, start + first,
                      float(of_target[:last + 1].mean()), float(of_target[first:].mean()),
                      float(abs(high - low).sum() / 2), tuple(beside))


def _bounds(way, seed):
    """Last row before and first row after a transition, in the way gone (rows,), about 0 before and 1 after."""
    rows = len(way)
    middle = _step(way[None])[0]
    ideal = (np.arange(rows) >= middle).astype(float)
    drawn = ideal + slow_noise(way[:, None], _DRAWN, rng(seed, "place of a transition", rows))[:, :, 0]
    early, late = np.quantile(_step(drawn), [0.025, 0.975], method="nearest")
    not_yet, there = np.flatnonzero(way[:middle] <= _GONE), middle + np.flatnonzero(way[middle:] >= 1 - _GONE)
    last = min([middle - 1, early - 1, *not_yet[-1:]])
    return int(max(last, 0)), int(min(max([middle, late, *there[:1]]), rows - 1))


def _step(ways):
    """The row at which a step fits each of these series (n, rows) best, (n,)."""
    rows = ways.shape[1]
    size = np.arange(1, rows)
    sums = (ways - ways.mean(axis=1, keepdims=True)).cumsum(axis=1)[:, :-1]
    return 1 + np.argmax(sums**2 / (size * (rows - size)), axis=1)


def _verb(source, target):
    if UNKNOWN in (source, target):
        return f"changed from {source} to {target}"
    kinds = tuple(name if name in (LIQUID, GAS) else "solid" for name in (source, target))
    return _VERBS.get(kinds, f"changed from {source} to {target}")


def _sentence(found, places, unit, temperatures):
    last, first = (f"{places[place]:,}" for place in (found.last, found.first))
    warm = "" if temperatures is None else (f" (kT {temperatures[found.last]:.3g} to "
                                            f"{temperatures[found.first]:.3g})")
    beside = "".join(f" and {name} {percent(share)}" for name, share in found.beside)
    return (f"{found.target} {percent(found.before)} until {unit} {last}, {percent(found.after)}{beside} from {unit} "
            f"{first}; {found.verb} between {unit}s {last} and {first}{warm}.")
