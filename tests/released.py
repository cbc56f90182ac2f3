"""What the weights of each release say of one frame, in tests/data/released, a file a version.

`python -m tests.released` writes the file of the version that is being prepared. Those of earlier ones never change:
later versions must read their weights and give the same numbers.
"""
import pathlib

import numpy as np

from gala_ssl.base.files import write_json
from gala_ssl.base.provenance import sha256
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.frames import prototypes
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks.models.sets import SETS
from gala_ssl.version import __version__

FOLDER = pathlib.Path(__file__).parent / "data" / "released"


def clouds():
    """Neighbourhoods of eight particles of bcc with some noise, in mean bonds of these clouds."""
    found = point_clouds(prototypes.build("cI2-W", 128, noise=0.05, seed=2))[:8]
    return found.scaled(np.linalg.norm(found.bonds, axis=-1).mean())


def networks():
    """All that ship: pairs of a set and the file of a task's weights."""
    return [(name, path) for name, folder in SETS.items() for path in sorted(folder.glob("*.safetensors"))]


def embedded(name, task):
    """The embedding (8, 32) by the core of a task's network."""
    return Embedding.from_pretrained(task, weights=name, progress=False)(clouds())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write_json(FOLDER / f"{__version__}.json", {
        f"{name}/{path.stem}": {"sha256": sha256(path),
                                "embedding": embedded(name, path.stem)[:2].astype(float).round(6).tolist()}
        for name, path in networks()})
