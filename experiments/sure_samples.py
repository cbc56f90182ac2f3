"""What how_sure.py is fitted to and measured on: frames, and what the network makes of their particles."""
import numpy as np

import strangers
from gala_ssl.base.randomness import rng
from gala_ssl.frames import prototypes
from gala_ssl.order.identify import Identifier
from gala_ssl.order.names import LIQUID, SHORT_NAMES
from gala_ssl.order.pooling import Surroundings, pooled
from gala_ssl.order.regions import at_edge, in_bulk
from gala_ssl.tasks.data.config import ThermalConfig
from gala_ssl.tasks.data.thermal import thermal_frame
from hot_crystals import load_hot_crystals

LONG_NAMES = {short: name for name, short in SHORT_NAMES.items()}
PARTICLES, NOISES = 400, (0.04, 0.07, 0.10)
DISORDERED = 20  # frames of melts and of gases


class Measured:
    """What the network makes of the particles of frames: single and pooled evidence, pooled summary.

    A part is (name, truth, use, frame, rows that count, single evidence, pooled evidence, summary).
    """

    def __init__(self, embedding):
        self.identify, self.parts = Identifier(embedding, pooled=0), []

    def add(self, name, truth, frame, use="", bulk=False):
        alone, summary = self.identify.evidence(frame)
        both = pooled(np.hstack([alone, summary]), frame)
        rows = in_bulk(frame) if bulk else np.ones(len(frame), bool)
        self.parts.append((name, truth, use, frame, rows, alone, both[:, :alone.shape[1]], both[:, alone.shape[1]:]))

    def __iter__(self):
        return iter(self.parts)

    def where(self, chosen):
        """(truths, alone, pooled, summary) of all particles of the frames for which chosen(name, truth, use)."""
        found = [part for part in self.parts if chosen(*part[:3])]
        truth = np.repeat([part[1] for part in found], [part[4].sum() for part in found])
        return truth, *(np.concatenate([part[i][part[4]] for part in found]) for i in (5, 6, 7))

    def odds(self, decide, chosen):
        """Strangeness by the classifier, pooled over neighbours as `Identifier` does, of the same particles."""
        return np.concatenate([strangeness(decide, part) for part in self.parts if chosen(*part[:3])])


def strangeness(decide, part):
    """(n,) of the particles that count in a part of Measured."""
    around = Surroundings(part[3])
    return decide.strangeness(part[7], around, at_edge(part[3], around))[part[4]]


def add_hot(measured, use):
    seen = set()
    for hot in load_hot_crystals():
        name = f"{hot.element} {hot.structure} {hot.ratio}"
        if hot.use == use and name not in seen:
            seen.add(name)
            measured.add(name, LONG_NAMES.get(hot.structure, hot.structure), hot.frame, use)


def known(embedding):
    """Hot crystals to tune on, and built crystals."""
    found = Measured(embedding)
    add_hot(found, "tune")
    for name in prototypes.names():
        frame = prototypes.build(name, PARTICLES)
        for noise in NOISES:
            found.add(f"built {noise}", name, strangers.heated(frame, noise, 1), "built")
    return found


def gather(embedding):
    """What is fitted to: built crystals, melts and gases, hot crystals to tune on, strangers."""
    found = known(embedding)
    for name in prototypes.names():
        frame = prototypes.build(name, PARTICLES)
        for seed in range(4):
            noise = rng(seed, "noise", prototypes.names().index(name)).uniform(0.01, 0.12)
            found.add("varied", name, strangers.heated(frame, noise, 2 + seed, strain=0.02), "varied")
    for seed in range(DISORDERED):
        for name in (LIQUID, "gas"):
            found.add(name, name, thermal_frame(name, ThermalConfig(), rng(seed, "disordered")), "varied")
    for number, name in enumerate(sorted(set(strangers.CELLS) - set(strangers.HELD_OUT))):
        for noise in (0.04, 0.08):
            found.add(name, "stranger", strangers.heated(strangers.named(name, PARTICLES), noise, number), "stranger")
    for seed in range(160):
        frame = strangers.random(seed, PARTICLES)
        if frame is not None:
            hot = strangers.heated(frame, rng(seed, "heat").uniform(.03, .12), seed)
            found.add("random", "stranger", hot, "stranger")
    return found
