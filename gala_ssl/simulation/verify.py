"""Which crystal a frame has become, by a method that is not ours: polyhedral template matching in OVITO."""
import numpy as np

from gala_ssl.errors import InputError

STRUCTURES = ("other", "fcc", "hcp", "bcc", "ico", "sc")


def template_matching(positions, length, rmsd=0.15):
    """The crystal around each particle, by polyhedral template matching (Larsen et al., MSMSE 24, 055007 (2016)).

    Args:
        positions: (N, 3) in a periodic cube centred on 0.
        length: edge of the cube.
        rmsd: largest root-mean-square deviation from the template, in units of the neighbour distance.
    Returns:
        (N,) array of names out of `STRUCTURES`. Particles in a droplet's surface or in the vapour lack neighbours and
        are "other", so a perfect droplet of 4096 particles reaches about two thirds of its crystal.
    Raises:
        InputError: OVITO is not installed.
    """
    try:
        from ovito.data import DataCollection
        from ovito.modifiers import PolyhedralTemplateMatchingModifier as Matching
    except ImportError as error:
        raise InputError(f"Template matching needs OVITO, which does not load ({error}); "
                         "install it with: pip install ovito") from error
    positions = np.asarray(positions, float)
    data = DataCollection()
    data.create_cell(np.column_stack([np.eye(3) * length, np.full(3, -length / 2)]), pbc=(True, True, True))
    data.create_particles(count=len(positions)).create_property("Position", data=positions)
    matching = Matching(rmsd_cutoff=rmsd)
    wanted = {"fcc": Matching.Type.FCC, "hcp": Matching.Type.HCP, "bcc": Matching.Type.BCC,
              "ico": Matching.Type.ICO, "sc": Matching.Type.SC}
    for kind in wanted.values():
        matching.structures[kind].enabled = True
    data.apply(matching)
    found = np.asarray(data.particles["Structure Type"])
    names = np.full(len(positions), "other", dtype="<U5")
    for name, kind in wanted.items():
        names[found == int(kind)] = name
    return names


def fractions(positions, length, rmsd=0.15):
    """Fraction of the particles in each of `STRUCTURES`, a dictionary of floats; see `template_matching`."""
    names = template_matching(positions, length, rmsd)
    return {name: float(np.mean(names == name)) for name in STRUCTURES}
