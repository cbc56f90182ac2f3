"""The rules by which particles are neighbours, one class and one file each, which registers itself."""
from gala_ssl.base.registry import import_files
from gala_ssl.clouds.rules.base import RULES, NeighborRule, check_rule, parameters, register_rule, rule_named
from gala_ssl.clouds.rules.cutoff import Cutoff
from gala_ssl.clouds.rules.nearest import Nearest
from gala_ssl.clouds.rules.sann import SANN
from gala_ssl.clouds.rules.voronoi import Voronoi

import_files(__name__, __path__)

# What a network that ships was trained on.
DEFAULT = Nearest(20)

__all__ = ["DEFAULT", "RULES", "SANN", "Cutoff", "Nearest", "NeighborRule", "Voronoi", "check_rule", "parameters",
           "register_rule", "rule_named"]
