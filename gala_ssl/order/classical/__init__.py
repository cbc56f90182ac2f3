"""Classical order parameters that the learned embeddings are compared with (paper, Appendix F).

One file each: a file in this folder registers its order parameters. Those of the paper are free of scale, so a frame
may be in any unit of length, and rotation-invariant. In a perfect crystal several neighbours are equally far, and
wherever n does not complete a shell it is arbitrary which of them are "the nearest n": there rounding decides.
"""
from gala_ssl.base.registry import import_files
from gala_ssl.order.classical.averaged_steinhardt import AveragedSteinhardt
from gala_ssl.order.classical.base import BASELINES, baselines, register_baseline
from gala_ssl.order.classical.radial_distances import RadialDistances
from gala_ssl.order.classical.spherical_harmonics import SphericalHarmonics
from gala_ssl.order.classical.steinhardt import Steinhardt

import_files(__name__, __path__)

__all__ = ["BASELINES", "AveragedSteinhardt", "RadialDistances", "SphericalHarmonics", "Steinhardt", "baselines",
           "register_baseline"]
