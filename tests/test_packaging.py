"""What an installed package has besides its code."""
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]


def test_weights_cards_and_tables_are_in_the_package(tmp_path):
    pytest.importorskip("setuptools")
    subprocess.run([sys.executable, "setup.py", "-q", "build_py", "--build-lib", tmp_path], cwd=ROOT, check=True,
                   capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == ["gala_ssl"]  # and nothing of the paper's room
    package = ROOT / "gala_ssl"
    data = [path for kind in ("*.safetensors", "*.json", "*.csv", "*.npz", "*.py") for path in package.rglob(kind)]
    assert len(data) >= 120
    for path in data:
        built = tmp_path / path.relative_to(ROOT)
        assert built.read_bytes() == path.read_bytes()
