"""Names of the structure around each particle by methods that are not ours, all from the package mdapy."""
import freud
import numpy as np

from gala_ssl.base.errors import InputError

TEMPLATES = ("other", "fcc", "hcp", "bcc", "ico", "sc", "diamond", "hexagonal diamond")  # as mdapy numbers them
NEIGHBORS = ("other", "fcc", "hcp", "bcc", "ico")
DIAMONDS = ("other",) + ("diamond",) * 3 + ("hexagonal diamond",) * 3


def _system(frame):
    if np.any(frame.box[3:]):
        raise InputError(f"These methods take rectangular boxes, but {frame.where} has a tilted one.",
                         frame=frame.where, option="box", value=frame.box.tolist())
    try:
        import mdapy
    except ImportError as error:
        raise InputError("These methods need the package mdapy; install it with: pip install mdapy",
                         option="package", value="mdapy") from error
    lengths = frame.box[:3]
    return mdapy.System(pos=(np.asarray(frame.positions, float) + lengths / 2) % lengths, box=np.diag(lengths))


def template_matching(frame, cutoff=None):
    """Polyhedral template matching against all templates but graphene: (N,) names.

    Args:
        frame: a `Frame` in a rectangular periodic box.
        cutoff: largest root-mean-square deviation, in units of the neighbour distance; None: the nearest template.
    """
    system = _system(frame)
    system.cal_polyhedral_template_matching("fcc-hcp-bcc-ico-sc-dcub-dhex",
                                            rmsd_threshold=1e3 if cutoff is None else cutoff)
    return np.array(TEMPLATES)[system.data["ptm"].to_numpy()]


def adaptive_common_neighbors(frame):
    """Adaptive common neighbour analysis, and its extension to the diamonds for what it leaves "other": (N,) names."""
    system = _system(frame)
    system.cal_common_neighbor_analysis()
    system.cal_identify_diamond_structure()
    names = np.array(NEIGHBORS)[system.data["cna"].to_numpy()]
    return np.where(names == "other", np.array(DIAMONDS)[system.data["ids"].to_numpy()], names)


def ackland_jones(frame):
    """The bond-angle method of Ackland and Jones, Phys. Rev. B 73, 054104 (2006), which has no diamond: (N,) names."""
    system = _system(frame)
    system.cal_ackland_jones_analysis()
    return np.array(NEIGHBORS)[system.data["aja"].to_numpy()]


def majority(frame, names, neighbors=12):
    """The most frequent name among a particle and its nearest neighbours: (N,) names; ties to the particle's own."""
    kinds, numbers = np.unique(names, return_inverse=True)
    query = freud.locality.AABBQuery(freud.box.Box(*frame.box), frame.positions)
    found = query.query(frame.positions, {"num_neighbors": neighbors, "exclude_ii": True}).toNeighborList()
    votes = np.zeros((len(names), len(kinds)))
    np.add.at(votes, (found[:, 0], numbers[found[:, 1]]), 1)
    votes[np.arange(len(names)), numbers] += 1.5
    return kinds[np.argmax(votes, axis=1)]
