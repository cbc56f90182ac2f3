"""Trajectories of ASE's own."""
from gala_ssl.frames.formats.ase_reader import ASEReader
from gala_ssl.frames.formats.base import register_reader


@register_reader
class ASETrajectory(ASEReader):
    """Frames of chemical elements."""

    name, ase = "an ASE trajectory", "traj"
    patterns = ("*.traj",)
