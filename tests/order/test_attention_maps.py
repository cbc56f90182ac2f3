"""Attention maps: normalised, blind to orientation and padding, in the bonds' order; averages by neighbour shell."""
import json

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.transform import Rotation

from gala_ssl import prototypes
from gala_ssl.clouds.lengths import contact_distance, nearest_distances
from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.clouds.rules import Nearest
from gala_ssl.commands.main import main
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.order.attention import AttentionMaps
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.shells import ShellSums, received, relative, shell_edges
from gala_ssl.tasks.models.pretrained import save_pretrained
from tests import tiny
from tests.properties import assert_close
from tests.refusals import failed, refused
from tests.selection import in_tiers

K = 14
HEADS = {"denoising": (["answer"], [False]), "frame_classification": (["reduction"], [True]),
         "shift_identification": (["answer"], [True]), "autoencoder": (["first", "second"], [True, True])}


def maps_of(task, attention="fast"):
    card = tiny.card(task)
    card["data"]["neighbors"] = K
    return AttentionMaps(Embedding(tiny.model(task, attention), card, progress=False))


@pytest.fixture(scope="module")
def maps():
    return maps_of("frame_classification")


@pytest.fixture(scope="module", params=["cP1-Po", "cF4-Cu"])
def clouds(request):
    return point_clouds(prototypes.build(request.param, 200, noise=0.03), Nearest(K))[:50]


@pytest.mark.parametrize("task", in_tiers(HEADS, slow=HEADS))
def test_the_layers_of_core_and_head_and_the_axes_they_are_normalised_over(task):
    maps = maps_of(task)
    names, reduces = HEADS[task]
    assert maps.layers == ("block0_values", "block0_multivectors", *names)
    assert list(maps.reduces) == [False, False, *reduces]
    weights = maps(point_clouds(prototypes.build("cP1-Po", 60, noise=0.03), Nearest(K)))
    assert weights.shape[1:] == (len(maps.layers), K, K) and weights.min() >= 0
    for i, layer_reduces in enumerate(maps.reduces):
        sums = weights[:, i].sum(axis=(1, 2) if layer_reduces else 2)
        np.testing.assert_allclose(sums, 1, atol=1e-5)
    assert np.ptp(weights, axis=(2, 3)).max(axis=0).min() > 1e-3, "a layer without preferences shows nothing"


@pytest.mark.tensorflow
def test_weights_are_those_the_layers_use(maps, clouds):
    core, bonds = maps.embedding.core, clouds.bonds / np.float32(2)
    points, values = core.get_layer("to_multivectors")(bonds), core.get_layer("embed_types")(clouds.types)
    first = core.get_layer("block0_values")([points, values], return_attention=True)[1]
    assert_close(maps(clouds)[:, 0], np.asarray(first)[..., 0], 1e-4)
    # Parallel bonds have a bivector that is rounding alone, which each way of computing normalises in its own.
    assert_close(maps_of("frame_classification", "published")(clouds), maps(clouds), 1e-3)


def test_turned_clouds_have_the_same_weights(maps, clouds):
    turn = Rotation.random(rng=np.random.default_rng(2)).as_matrix()
    turned = PointClouds((clouds.bonds @ turn.T).astype(np.float32), clouds.types)
    assert_close(maps(turned), maps(clouds), 1e-4)


def test_weights_follow_the_order_of_the_bonds(maps, clouds):
    order = np.random.default_rng(3).permutation(K)
    found = maps(PointClouds(clouds.bonds[:, order], clouds.types[:, order]))
    assert_close(found, maps(clouds)[:, :, order][..., order], 1e-4)
    assert np.abs(found - maps(clouds)).max() > 1e-3


@pytest.mark.filterwarnings("ignore:The frame_classification network was trained on")
def test_padding_is_not_looked_at(maps, clouds):
    cut = [array.copy() for array in (clouds.bonds, clouds.types)]
    for array in cut:
        array[:, 9:] = 0
        array[0] = 0
    weights = maps(PointClouds(*cut))
    assert not weights[:, :, 9:].any() and not weights[..., 9:].any() and not weights[0].any()
    shorter = maps(PointClouds(clouds.bonds[1:, :9], clouds.types[1:, :9]))
    assert_close(weights[1:, :, :9, :9], shorter, 1e-5)
    given = received(weights, maps.reduces)
    assert not given[..., 9:].any() and not given[0].any()
    np.testing.assert_allclose(given[1:].sum(axis=-1), 1, atol=1e-5)


def test_what_bonds_receive():
    rows = np.array([[0.5, 0.5, 0.0], [0.25, 0.75, 0.0], [0.0, 0.0, 0.0]])
    pairs = np.array([[0.1, 0.2, 0.0], [0.3, 0.4, 0.0], [0.0, 0.0, 0.0]])
    found = received(np.stack([rows, pairs]), [False, True])
    np.testing.assert_allclose(found, [[0.375, 0.625, 0], [0.35, 0.65, 0]])
    np.testing.assert_allclose(relative(pairs[:2, :2]), [[0.4, 0.8], [1.2, 1.6]])


@pytest.mark.parametrize("name, shells", [
    ("cF4-Cu", [1, 2**0.5, 3**0.5]), ("cP1-Po", [1, 2**0.5, 3**0.5]), ("cI2-W", [1, (8 / 3)**0.5, (11 / 3)**0.5])])
@pytest.mark.parametrize("unit", [1, 3.4])
def test_the_edges_are_between_the_shells(name, shells, unit):
    """In bcc at this noise the second shell, at 1.15, is a shoulder of the first."""
    crystal = prototypes.build(name, 700, noise=0.05)
    frame = Frame(crystal.positions * unit, crystal.box * [unit, unit, unit, 1, 1, 1], crystal.types)
    length = float(contact_distance(nearest_distances(frame)))
    edges = shell_edges(frame, length, 1.85 * unit) / unit
    assert len(edges) == len(shells) - 1
    for low, edge, high in zip(shells, edges, shells[1:]):
        assert low + 0.1 < edge < high - 0.1


def test_where_there_are_no_gaps_the_bins_are_plain():
    rng = np.random.default_rng(0)
    gas = Frame(rng.uniform(-5, 5, size=(4000, 3)), [10, 10, 10, 0, 0, 0], np.zeros(4000))
    np.testing.assert_allclose(shell_edges(gas, 0.4, 2.0), [0.8, 1.2, 1.6])
    with refused(option="length", value=(2.0, 0.4)):
        shell_edges(gas, 2.0, 0.4)


def test_equal_attention_has_no_preference(clouds):
    weights = np.full((len(clouds), 2, K, K), 1 / K) / [[[[1]], [[K]]]]
    sums = ShellSums([1.2, 1.6], [False, True])
    sums.add(clouds, weights)
    present = sums.pairs > 0
    np.testing.assert_allclose(sums.relative()[:, present], 1, rtol=1e-6)
    np.testing.assert_allclose(sums.received()[:, sums.bonds > 0], 1, rtol=1e-6)


def test_shells_are_averaged_in_chunks_as_at_once(maps):
    """And from the definition, pair by pair."""
    frame = prototypes.build("cF4-Cu", 300, noise=0.03)
    sums = maps.by_shell(frame, [1.25])
    length = contact_distance(nearest_distances(frame))
    clouds = point_clouds(frame, Nearest(K)).scaled(length)
    weights, outer = maps(frame), np.linalg.norm(clouds.bonds, axis=-1) > 1.25
    share = received(weights, maps.reduces)
    np.testing.assert_allclose(sums.attention[:, 1] / len(frame), (share * outer[:, None]).sum(axis=2).mean(axis=0),
                               rtol=1e-5)
    from_inner = ~outer[:, :, None] & outer[:, None]
    expected = [weights[:, i][from_inner].mean() * (K * K if reduces else K) for i, reduces in enumerate(maps.reduces)]
    np.testing.assert_allclose(sums.relative()[:, 0, 1], expected, rtol=1e-4)
    table = sums.table(maps.layers)
    assert list(table["shell"]) == [1, 2] * len(maps.layers) and table["r_max"][1] == np.inf
    np.testing.assert_allclose(table.groupby("layer")["share"].sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(table.groupby("shell")["bonds"].first(), (~outer).sum() / len(frame) * np.array([1, 0])
                               + outer.sum() / len(frame) * np.array([0, 1]))


@pytest.fixture
def folder(maps, tmp_path, monkeypatch):
    """A folder with weights and a frame, to run the command in."""
    save_pretrained(maps.embedding.model, maps.embedding.card, tmp_path / "weights")
    write_frames(tmp_path / "fcc.gsd", [prototypes.build("cF4-Cu", 300, noise=0.03, seed=seed) for seed in range(2)])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_writes_arrays_figures_table_and_card(folder, maps, capsys):
    main(["attention", "fcc.gsd@1", "--particle", "270", "--weights", "weights", "-o", "maps", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert {path.name for path in (folder / "maps").iterdir()} == {
        "attention.npz", "particle.png", "shells.png", "shells.csv", "card.json"}
    arrays = np.load(folder / "maps/attention.npz")
    assert tuple(arrays["layers"]) == maps.layers and arrays["weights"].shape == (len(maps.layers), K, K)
    frame = prototypes.build("cF4-Cu", 300, noise=0.03, seed=1)
    np.testing.assert_allclose(arrays["weights"], maps(frame)[270], atol=1e-4)
    assert list(arrays["shells"]) == [1] * 12 + [2] * 2
    table, card = pd.read_csv(folder / "maps/shells.csv"), json.loads((folder / "maps/card.json").read_text())
    np.testing.assert_allclose(table["relative"], arrays["shell_received"].ravel(), atol=1e-6)
    assert table["bonds"][0] == pytest.approx(12, abs=0.05)
    assert printed == {"output": "maps"} | card
    assert card["frame"].endswith("fcc.gsd, frame 1") and (card["particle"], card["k"]) == (270, K)
    for name in ("particle", "shells"):
        assert (folder / f"maps/{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("options, sentence", [
    (["--particle", "320"], "frame 1 has 320 particles, so there is no particle 320; choose from 0 to 319"),
    (["--particle", "-1"], "there is no particle -1"),
    (["--task", "alchemy"], "There is no task 'alchemy'"),
    (["-o", "fcc.gsd"], "fcc.gsd is a file; give a folder"),
])
def test_what_the_command_refuses_leaves_nothing(folder, options, sentence, capsys):
    assert sentence in failed(capsys, main, ["attention", "fcc.gsd", "--weights", "weights", *options])
    assert sorted(path.name for path in folder.iterdir()) == ["fcc.gsd", "weights"]
