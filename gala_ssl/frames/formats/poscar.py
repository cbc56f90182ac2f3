"""Structures of VASP, POSCAR and CONTCAR, and its trajectories, XDATCAR, read by ASE."""
from gala_ssl.frames.formats.ase_reader import ASEReader
from gala_ssl.frames.formats.base import register_reader

_COUNTS = r"(?:.*\n){5}(.*\n.*)"


@register_reader
class POSCAR(ASEReader):
    """One frame, of chemical elements."""

    name, ase, counts = "POSCAR", "vasp", _COUNTS
    patterns = ("poscar*", "contcar*", "*.poscar", "*.vasp")


@register_reader
class XDATCAR(ASEReader):
    """Frames of one set of particles, of chemical elements."""

    name, ase, counts = "XDATCAR", "vasp-xdatcar", _COUNTS
    patterns = ("xdatcar*",)
