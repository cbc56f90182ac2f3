"""Small disks of their own, to be filled: tmpfs, which only root may mount."""
import contextlib
import subprocess


class Disk:
    """A disk mounted on the folder `path`."""

    def __init__(self, path, kilobytes):
        self.path, self._ballast = path, path / "ballast"
        path.mkdir()
        self._run("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", path)

    def fill(self, room=0):
        """Leave room for so many bytes, in whole pages."""
        with contextlib.suppress(OSError), open(self._ballast, "wb", buffering=0) as ballast:
            while ballast.write(bytes(4096)):
                pass
        with open(self._ballast, "r+b") as ballast:
            ballast.truncate(max(0, self._ballast.stat().st_size - room))

    def free(self):
        self._ballast.unlink()

    def remount(self, options):
        self._run("mount", "-o", f"remount,{options}", self.path)

    def unmount(self):
        self._run("umount", "--lazy", self.path)  # what failed to close a file still holds it

    def _run(self, *command):
        subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
