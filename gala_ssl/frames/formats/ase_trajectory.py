"""Trajectories of ASE's own, read by ASE."""
import contextlib

from gala_ssl.frames.formats.base import Reader, register_reader
from gala_ssl.frames.objects import of_ase


@register_reader
class ASETrajectory(Reader):
    """Frames of chemical elements, read one at a time."""

    name, patterns = "an ASE trajectory", ("*.traj",)

    def __init__(self, path, partial=False):
        super().__init__(path, partial)
        try:
            with self._opened() as trajectory:
                self._count = len(trajectory)
            if not self._count:
                raise ValueError("it holds no frame")
        except Exception as error:  # it has classes of errors of its own
            raise self.unreadable(self.path, error) from error

    @staticmethod
    def recognises(head):
        return head.startswith(b"- of Ulm")

    def __len__(self):
        return self._count

    def read(self, number):
        try:
            with self._opened() as trajectory:
                atoms = trajectory[number]
        except Exception as error:
            raise self.unreadable(self.source(number), error) from error
        return of_ase(atoms, source=self.source(number), **self.given(number))

    @contextlib.contextmanager
    def _opened(self):
        from ase.io.trajectory import TrajectoryReader  # which takes a second that other formats do without

        with open(self.file, "rb") as file:  # ASE leaves a file open that it cannot read
            yield TrajectoryReader(file)
