"""Which crystal a frame has become, by a method and packages that are not ours: polyhedral template matching.

OVITO does it where it loads. Its wheel needs graphics libraries of the system (libEGL, libGL, libxkbcommon,
libdbus, libfontconfig), also without a display; where these are missing, `mdapy`, which needs none, takes its
place. On the snapshots in data/trajectories both give every particle the same name.
"""
import numpy as np

from gala_ssl.base.errors import InputError

STRUCTURES = ("other", "fcc", "hcp", "bcc", "ico", "sc")


def template_matching(positions, length, rmsd=0.15, package=None):
    """The crystal around each particle (Larsen et al., Modelling Simul. Mater. Sci. Eng. 24, 055007 (2016)).

    Args:
        positions: (N, 3) in a periodic cube centred on 0.
        length: edge of the cube.
        rmsd: largest root-mean-square deviation from the template, in units of the neighbour distance.
        package: "ovito" or "mdapy"; None takes the first of them that loads.
    Returns:
        (N,) array of names out of `STRUCTURES`. Particles in a droplet's surface or in the vapour lack
        neighbours and are "other": a droplet of 4096 particles reaches 0.6 or so of its crystal, not 1.
    Raises:
        InputError: neither package loads.
    """
    reasons, names = [], [package] if package else list(MATCHERS)
    for name in names:
        try:
            matcher = MATCHERS[name]
            return np.array(STRUCTURES)[matcher(np.asarray(positions, float), float(length), rmsd)]
        except ImportError as error:
            reasons.append(f"{name}: {error}")
    raise InputError(f"Template matching needs another package, and none loads ({'; '.join(reasons)}); "
                     "install one with: pip install ovito, or: pip install mdapy", option="package", value=names)


def fractions(positions, length, rmsd=0.15, package=None):
    """Fraction of the particles in each of `STRUCTURES`, a dictionary of floats; see `template_matching`."""
    names = template_matching(positions, length, rmsd, package)
    return {name: float(np.mean(names == name)) for name in STRUCTURES}


def _ovito(positions, length, rmsd):
    from ovito.data import DataCollection
    from ovito.modifiers import PolyhedralTemplateMatchingModifier as Matching
    data = DataCollection()
    data.create_cell(np.column_stack([np.eye(3) * length, np.full(3, -length / 2)]), pbc=(True, True, True))
    data.create_particles(count=len(positions)).create_property("Position", data=positions)
    matching = Matching(rmsd_cutoff=rmsd)
    wanted = [getattr(Matching.Type, name.upper()) for name in STRUCTURES]
    for kind in wanted[1:]:
        matching.structures[kind].enabled = True
    data.apply(matching)
    found = np.asarray(data.particles["Structure Type"])
    return np.argmax(found[:, None] == [int(kind) for kind in wanted], axis=1)


def _mdapy(positions, length, rmsd):
    import mdapy
    system = mdapy.System(pos=positions + length / 2, box=length)
    system.cal_polyhedral_template_matching("-".join(STRUCTURES[1:]), rmsd_threshold=rmsd)
    return system.data["ptm"].to_numpy()  # numbered in the order of STRUCTURES


MATCHERS = {"ovito": _ovito, "mdapy": _mdapy}
