"""Dumps of LAMMPS in text, read by ASE one frame at a time."""
import io

from gala_ssl.frames.formats.ase_reader import FrameByFrame
from gala_ssl.frames.formats.base import register_reader

# What a frame may begin with before its time step (dump_modify units and time).
_BEFORE_STEP = (b"ITEM: UNITS", b"ITEM: TIME")
_ITEM = b"ITEM:"


@register_reader
class LAMMPSDump(FrameByFrame):
    """Frames of items that have names, the time step first."""

    name, ase = "LAMMPS dump", "lammps-dump-text"
    patterns = ("*.dump", "*.lammpstrj", "dump.*")

    @staticmethod
    def recognises(path):
        with open(path, "rb") as file:
            return file.read(len(_ITEM)) == _ITEM

    @staticmethod
    def frame_starts(file):
        starts, start, header = [], 0, None
        while line := file.readline():
            if line.strip() in _BEFORE_STEP:
                header = start if header is None else header
            elif line.startswith(b"ITEM: TIMESTEP"):
                starts.append(start if header is None else header)
                header = None
            elif not starts and header is None and line.strip():
                raise ValueError("it does not start with ITEM: TIMESTEP")
            start = file.tell()
        return starts

    def parse_frame(self, text):
        # Before ASE, which makes a list of as many lines as it is told of.
        count = int(text.partition("ITEM: NUMBER OF ATOMS")[2].split()[0])
        header, *rows = text.partition("ITEM: ATOMS")[2].rstrip().splitlines()
        if len(rows) != count:
            raise ValueError(f"{len(rows)} of {count} particles are there")
        atoms = self.parse(io.StringIO(text), 0)
        # Without elements ASE takes a type for an atomic number, or guesses from masses.
        by_type = "type" in header.split() and "element" not in header.split()
        return atoms, atoms.arrays["type"].astype(str) if by_type else None
