"""The modifiers in pipelines of OVITO, and what OVITO reads of written files; skipped where it is not installed."""
import pathlib

import numpy as np
import pytest

from gala_ssl.frames import prototypes
from gala_ssl.frames.objects import as_frame
from gala_ssl.frames.reading import read_frame, read_frames
from gala_ssl.frames.writing import write_frames
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.identify import Identifier
from gala_ssl.order.named_files import named_file
from tests.refusals import refused

pytest.importorskip("ovito", exc_type=ImportError)
TINY = str(pathlib.Path(__file__).parent / "data" / "tiny")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Two frames of hot copper, as a dump."""
    path = tmp_path_factory.mktemp("ovito") / "run.dump"
    write_frames(path, [prototypes.build("cF4-Cu", 108, noise=0.05, seed=seed) for seed in range(2)])
    return path


@pytest.fixture(scope="module")
def identified(path):
    """The modifier's result, and the Identifier's, of the last frame."""
    from ovito.io import import_file

    from gala_ssl.ovito import GalaIdentify

    pipeline = import_file(str(path))
    pipeline.modifiers.append(GalaIdentify(among=["fcc", "bcc", "liquid"], engine="kernel"))
    identify = Identifier(Embedding.from_pretrained("frame_classification", weights="thermal", engine="kernel"),
                          ["fcc", "bcc", "liquid"])
    return pipeline.compute(1), identify(read_frame(path))


def test_structures_are_named_in_a_pipeline(identified):
    data, found = identified
    structure = data.particles["Structure Type"]
    names = {kind.id: kind.name for kind in structure.types}
    assert names == {0: "unknown", 1: "fcc", 2: "bcc", 3: "liquid"}
    assert [names[int(number)] for number in structure[...]] == found.structure.tolist()
    np.testing.assert_allclose(data.particles["Probability"][...], found.probability, atol=1e-5)
    counts = {name: data.attributes.get(f"GalaIdentify.counts.{name}", 0) for name in found.names}
    assert counts == {name: int(np.sum(found.structure == name)) for name in found.names}
    assert len({tuple(kind.color) for kind in structure.types}) == 4


def test_components_are_along_the_axes_of_the_reference_frame(path):
    from ovito.io import import_file

    from gala_ssl.ovito import GalaEmbed

    pipeline, modifier = import_file(str(path)), GalaEmbed(task="denoising", weights=TINY, components=2, reference=1,
                                                           engine="kernel", embedding=True)
    pipeline.modifiers.append(modifier)
    embed = Embedding.from_pretrained("denoising", weights=TINY, engine="kernel")
    rows = [embed(frame).astype(float) for frame in read_frames(path)]
    away = rows[1] - rows[1].mean(axis=0)
    axes = np.linalg.svd(away, full_matrices=False)[2][:2]
    axes *= np.sign(axes[np.arange(2), abs(axes).argmax(axis=1)])[:, None]
    for number in (0, 1):
        data = pipeline.compute(number)
        np.testing.assert_allclose(data.particles["Embedding"][...], rows[number], atol=1e-4)
        np.testing.assert_allclose(data.particles["Component"][...], (rows[number] - rows[1].mean(axis=0)) @ axes.T,
                                   atol=1e-3)
    variance = [data.attributes[f"GalaEmbed.variance.{number}"] for number in (1, 2)]
    np.testing.assert_allclose(variance, (away @ axes.T).var(axis=0) / away.var(axis=0).sum(), rtol=1e-3)
    modifier.components = 0
    with refused(option="components", value=0):
        pipeline.compute()


@pytest.mark.parametrize("name", ["named.xyz", "named.dump"])
def test_names_that_are_written_are_read_by_ovito(path, tmp_path, identified, name):
    from ovito.io import import_file

    frames, found = read_frames(path, [1]), identified[1]
    structure = np.array(["beta-Mn", "liquid", "clathrate I"])[np.arange(len(found)) % 3]
    found = type(found)(structure, found.probability, (), found.log_probabilities)
    with named_file(tmp_path / name, tmp_path / name, frames, ["clathrate I", "liquid", "beta-Mn"]) as writer:
        writer.add(frames[0], found)
    particles = import_file(str(tmp_path / name)).compute().particles
    if name.endswith(".xyz"):
        read = [particles["structure"][i] for i in range(len(found))]
        assert {kind.name for kind in particles.particle_types.types} == set(frames[0].type_names)
    else:
        names = {kind.id: kind.name for kind in particles.particle_types.types}
        read = [names[int(number)] for number in particles.particle_types[...]]
        assert set(particles["original_type"][...]) == {1}
    assert read == [name.replace(" ", "_") for name in structure]
    np.testing.assert_allclose(particles["probability"][...], found.probability, atol=6e-5)
    np.testing.assert_allclose(particles.positions[...], frames[0].positions, atol=1e-5)


def test_a_file_is_the_same_frame_by_ovito(path):
    from ovito.io import import_file

    frame, found = read_frame(path), as_frame(import_file(str(path)).compute(1))
    np.testing.assert_allclose(found.positions, frame.positions, atol=1e-5)
    assert found.type_names == frame.type_names and found.ids.tolist() == frame.ids.tolist()
    np.testing.assert_allclose(found.box, frame.box, rtol=1e-6)
