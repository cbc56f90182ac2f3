"""What the documentation shows in Python is run as it stands there."""
import importlib
import json
import pathlib
import pkgutil
import re

import docutils.core
import docutils.nodes
import keras
import matplotlib
import numpy as np
import pytest
from docutils.parsers.rst import Directive, directives, roles

import gala_ssl
from gala_ssl.base.errors import InputError
from gala_ssl.commands.main import main
from gala_ssl.networks.core import build_core
from gala_ssl.tasks.data.streams import Stream
from gala_ssl.tasks.models.build import build_model
from gala_ssl.tasks.models.sets import SETS
from gala_ssl.training.fit import compile_for

pytestmark = pytest.mark.tensorflow

ROOT = pathlib.Path(__file__).parents[1]


class Ignored(Directive):
    """A directive of Sphinx that docutils does not know."""

    has_content, optional_arguments, final_argument_whitespace = True, 9, True
    option_spec = {"maxdepth": directives.unchanged}

    def run(self):
        return []


def python_in(path):
    """The Python blocks of a reStructuredText file, in order."""
    directives.register_directive("toctree", Ignored)
    for role in ("class", "doc", "func", "meth", "mod"):
        roles.register_generic_role(role, docutils.nodes.literal)
    document = docutils.core.publish_doctree((ROOT / path).read_text(encoding="utf-8"), settings_overrides={
        "report_level": 5})
    return [block.astext() for block in document.findall(docutils.nodes.literal_block)
            if "python" in block["classes"]]


@pytest.fixture
def beside_the_data(tmp_path, monkeypatch):
    """A folder to write in, from which the repository's data are where the documentation says."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_tutorial(beside_the_data, capsys):
    matplotlib.use("Agg")
    names = run_python_in("docs/tutorial.rst")
    assert names["embedding"].shape == (4096, 32)
    said = capsys.readouterr().out
    assert [f"{float(line):.3f}" for line in said.split()] == ["0.973", "0.922"]  # as it says
    assert (beside_the_data / "runs/droplet.png").read_bytes().startswith(b"\x89PNG")


def test_the_example_of_the_readme(beside_the_data):
    names = run_python_in("README.rst")
    assert names["order"].shape == (4096, 32)


def run_python_in(path):
    """Run the blocks of a file one after the other; return the names they left."""
    names = {}
    for block in python_in(path):
        exec(block, names)
    return names


def test_the_house_has_what_its_page_names():
    text = (ROOT / "docs/house.rst").read_text(encoding="utf-8")
    names = re.findall(r":(?:class|func|meth|mod):`([\w.]+)`", text)
    assert len(names) > 30
    for name in names:
        pkgutil.resolve_name(name)  # raises where there is none


@pytest.mark.slow
def test_one_bond_by_hand(beside_the_data, capsys):
    names = run_python_in("docs/house.rst")
    assert capsys.readouterr().out.startswith("0.9238")
    embed = gala_ssl.Embedding.from_pretrained("noisy_bond", weights="paper")
    np.testing.assert_allclose(names["rows"], next(embed.parts(names["frame"]))[:100], rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_the_phases_of_the_how_to(beside_the_data, capsys):
    names = run_python_in("docs/howto/phases.rst")
    assert names["found"].histogram.shape == (5, 5)
    assert capsys.readouterr().out.count("Transition(last=") == 2


def test_the_frames_of_the_how_to_on_files(beside_the_data, capsys):
    reading, refused = python_in("docs/howto/files.rst")
    names = {}
    exec(reading, names)
    assert len(names["frames"]) == 1 and "cI2-W_solid.gsd, frame 0" in capsys.readouterr().out
    with pytest.raises(InputError) as caught:
        exec(refused, names)
    text = (ROOT / "docs/howto/files.rst").read_text(encoding="utf-8")
    assert " ".join(str(caught.value).split()) in " ".join(text.split())
    error = caught.value
    assert (error.path, error.frame, error.option) == (None, "flat.gsd, frame 3", "box")
    assert error.value == [5.0, 5.0, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.slow
def test_the_how_to_of_attention(beside_the_data):
    """The last layer for the values looks at the second shell, as the figure of the command shows."""
    names = run_python_in("docs/howto/attention.rst")
    received = names["last"].mean(axis=(0, 1)) * 20
    assert names["weights"].shape == (100, 7, 20, 20)
    assert received[:8].max() < 0.5 and received[-4:].min() > 1.5


@pytest.mark.slow
def test_the_how_to_of_scikit_learn(beside_the_data):
    names = run_python_in("docs/howto/sklearn.rst")
    assert names["classifier"].score(names["frames"], names["phases"]) > 0.95
    assert names["classical"].shape == (8192, 102)
    assert (names["crystal"] == "solid").mean() > 0.9


@pytest.mark.slow
def test_own_structures_of_the_how_to(beside_the_data, capsys):
    """From files of two mixtures to named particles, by the command that stands between the blocks."""
    blocks = [block for block in python_in("docs/howto/train.rst") if "PRESETS" not in block and "embed =" not in block]
    writing, naming, choosing = blocks
    names = {}
    exec(writing, names)
    text = (ROOT / "docs/howto/train.rst").read_text(encoding="utf-8")
    command, = re.findall(r"gala-ssl (pretrain .*--structures.*)", text)
    main([*command.split(), "--quiet"])
    exec(naming, names)
    assert set(names["found"].structure) <= {"b2", "rock_salt", "cF4-Cu"}
    assert names["found"].table().shape[0] == len(names["frame"])
    exec(choosing, names)
    assert "873" in text and len(names["prototypes"].names(library=True)) == 873
    assert capsys.readouterr().out.splitlines()[-1] == "['cF24-MgCu2', 'hP12-MgZn2', 'hP24-MgNi2'] 74 500 cF4-Cu"


@pytest.mark.slow
def test_temperatures_of_the_how_to(beside_the_data):
    text = (ROOT / "docs/howto/train.rst").read_text(encoding="utf-8").replace("\\\n", " ")
    command, = re.findall(r"gala-ssl (pretrain .*--trajectories.*)", text)
    main([*command.split(), "--quiet"])
    card = json.loads(pathlib.Path("states/frame_classification.json").read_text())
    assert card["structures"] == ["cI2-W_gas", "cI2-W_liquid", "cI2-W_solid"]
    assert card["best"]["val_accuracy"] > 0.5  # a gas is no crystal


@pytest.mark.slow
def test_the_task_of_the_how_to_learns(monkeypatch):
    monkeypatch.setattr("gala_ssl.tasks.base.TASKS", {})  # the task is known here only
    names = run_python_in("docs/howto/task.rst")
    task = names["StretchClassification"]()
    from gala_ssl.tasks.data.environments import prototype_environments
    from gala_ssl.training.presets import PRESETS
    preset = PRESETS["smoke"]
    environments = prototype_environments(preset.data, progress=False)
    stream = Stream(task, environments, np.arange(len(environments)), 32, clouds=640)
    keras.utils.set_random_seed(1)
    model = build_model(task, build_core(preset.core))
    compile_for(model, task, preset.training)
    losses = [model.fit(stream.dataset(epoch), shuffle=False, verbose=0).history["loss"][0] for epoch in range(3)]
    assert losses[-1] < losses[0]


@pytest.fixture
def pages(monkeypatch):
    """The modules in docs/ that write pages."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    return importlib.import_module


def test_a_page_has_each_card(pages):
    cards = pages("cards")
    text = cards.page()
    for name in SETS:
        for task, card in cards.cards_of(name).items():
            assert f".. _card-{name}-{task}:" in text and card["sha256"] in text
    assert "22 of 24" in cards.epochs_of(cards.cards_of("thermal")["frame_classification"])


def test_a_card_may_lack_anything(pages):
    cards = pages("cards")
    assert "not in the card" in cards.card_part("mine", "denoising", {"task": "denoising"})
    full = cards.cards_of("thermal")["frame_classification"]
    for field in full:
        assert cards.card_part("mine", "denoising", {key: value for key, value in full.items() if key != field})


def test_the_benchmarks_are_those_of_the_results(pages):
    measured = pages("measured")
    assert "**kernel**" in measured.speeds() and "2,625" in measured.speeds()
    assert "published" in measured.networks() and "4,096" in measured.small_frames()


def test_a_notebook_is_a_page(pages, tmp_path):
    pages("notebooks").write_pages(tmp_path)
    names = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert names | {"index"} == {path.stem for path in tmp_path.glob("*.rst")}
    for name in names:
        page = (tmp_path / f"{name}.rst").read_text(encoding="utf-8")
        assert f".. image:: {name}_0.png" in page and (tmp_path / f"{name}_0.png").exists()
        assert not re.search(r"(?<!`)`(?![`<])[^`:]+`(?!`)", page.split(".. code-block")[0])  # no Markdown is left
