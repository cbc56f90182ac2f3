"""Crystallographic information files, read by ASE."""
from gala_ssl.frames.formats.ase_reader import ASEReader
from gala_ssl.frames.formats.base import register_reader


@register_reader
class CIF(ASEReader):
    """A frame is a unit cell, of chemical elements."""

    name, ase = "CIF", "cif"
    patterns = ("*.cif",)
