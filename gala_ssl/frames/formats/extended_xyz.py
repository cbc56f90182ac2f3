"""Extended XYZ, read by ASE one frame at a time."""
import io
import re

from gala_ssl.frames.formats.ase_reader import FrameByFrame
from gala_ssl.frames.formats.base import register_reader


@register_reader
class ExtendedXYZ(FrameByFrame):
    """A frame is a number of particles, a line with the box, and a line a particle."""

    name, ase = "extended XYZ", "extxyz"
    patterns = ("*.xyz", "*.extxyz")

    @staticmethod
    def frame_starts(file):
        starts, start = [], file.tell()
        while line := file.readline():
            if not line.strip():
                start = file.tell()
                continue
            if not line.strip().isdigit():
                raise ValueError(f"there is no number of particles where frame {len(starts)} starts")
            starts.append(start)
            for row in range(int(line) + 1):
                if not file.readline():
                    raise ValueError(f"it ends {int(line) + 1 - row} lines before frame {len(starts) - 1} does")
            start = file.tell()
        return starts

    def parse_frame(self, text):
        # ASE takes species for elements only, other columns as they are.
        head, comment, rows = text.split("\n", 2)
        if re.search(r"Properties=\S*:\d{4}", comment):
            raise ValueError("a property has more than 999 columns")
        if "Properties=" not in comment:
            comment += " Properties=species:S:1:pos:R:3"
        atoms = self.parse(io.StringIO("\n".join([head, comment.replace("species:S:1", "type_name:S:1"), rows])), 0)
        named = [atoms.arrays[name] for name in ("type_name", "type", "name") if name in atoms.arrays]
        if not named and not atoms.numbers.any():
            raise ValueError("there is no column species, type or name")
        return atoms, named[0].astype(str) if named else None
