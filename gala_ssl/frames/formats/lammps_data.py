"""Data files of LAMMPS, read by ASE."""
from gala_ssl.base.errors import InputError
from gala_ssl.frames.formats.ase_reader import ASEReader
from gala_ssl.frames.formats.base import register_reader


@register_reader
class LAMMPSData(ASEReader):
    """One frame, of particles whose types are numbers."""

    name, ase = "LAMMPS data", "lammps-data"
    patterns = ("*.lmp", "*.data")
    counts = r"(?s:.*?)\n([ \d]+)atoms"

    def type_names(self, atoms, number):
        names = atoms.arrays["type"].astype(str)
        if (names == "0").all():
            raise InputError(f"{self.source(number)} has labels for types, which cannot be read; write it with "
                             f"numbers.")
        return names
