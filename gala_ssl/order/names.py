"""Names of structures, and of what is none."""
from gala_ssl.tasks.data.config import GAS, LIQUID

UNKNOWN = "unknown"
# Names that are never unknown.
DISORDERED = (LIQUID, GAS)
# Names that people use, beside those of the prototypes.
SHORT_NAMES = {
    "cF4-Cu": "fcc", "hP2-Mg": "hcp", "cI2-W": "bcc", "cP1-Po": "sc", "cF8-C": "diamond", "tI4-Sn": "beta-Sn",
    "hP4-La": "dhcp", "cP20-Mn": "beta-Mn", "cI58-Mn": "alpha-Mn", "cP46-Si": "clathrate I",
    "cF136-Si": "clathrate II", "hP1-HgSn6-10": "simple hexagonal", "tP30-U": "beta-U",
}


def usual_name(name):
    """The usual name of a structure that the network knows."""
    return SHORT_NAMES.get(name, name)
