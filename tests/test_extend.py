"""The examples of the how-to on extending, each as a file in a folder outside the package."""
import argparse
import unittest.mock

import numpy as np
import pytest

import gala_ssl.clouds.rules
import gala_ssl.commands
import gala_ssl.frames.formats
import gala_ssl.order.classical
from gala_ssl.base.errors import InputError
from gala_ssl.base.registry import import_files
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import RULES
from gala_ssl.commands.main import main
from gala_ssl.commands.options import add_neighbors, neighbors_of
from gala_ssl.frames import prototypes
from gala_ssl.frames.formats.base import READERS
from gala_ssl.frames.formats.gsd import write_frames
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import read_frames
from gala_ssl.order.classical.base import BASELINES, baselines
from tests.refusals import refused
from tests.test_docs import python_in

FORMAT, RULE, BASELINE, COMMAND = python_in("docs/howto/extend.rst")


def add_file(monkeypatch, folder, package, name, text):
    """Put a file into a folder that `package` looks into as well."""
    (folder / f"{name}.py").write_text(text)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    import_files(package.__name__, package.__path__)


def test_a_file_format(tmp_path, monkeypatch):
    monkeypatch.setattr("gala_ssl.frames.formats.base.READERS", list(READERS))
    add_file(monkeypatch, tmp_path, gala_ssl.frames.formats, "cubic_table", FORMAT)
    (tmp_path / "two_particles.cubic").write_text("4\n0 0 0\n1 1 1\n")
    frame = read_frames(tmp_path / "two_particles.cubic")[0]
    assert (len(frame), frame.label, frame.box[0]) == (2, "two particles", 4)
    (tmp_path / "wrong.cubic").write_text("wide\n0 0 0\n")
    with pytest.raises(InputError, match="wrong.cubic, frame 0 is no cubic table"):
        read_frames(tmp_path / "wrong.cubic")[0]


def test_a_rule_for_neighbours(tmp_path, monkeypatch):
    """The second shell of bcc is 1.155 times as far as the first, the third 1.63 times; also in its unit cell."""
    with unittest.mock.patch.dict(RULES):
        add_file(monkeypatch, tmp_path, gala_ssl.clouds.rules, "relative", RULE)
        parser = argparse.ArgumentParser()
        add_neighbors(parser)
        for options, count in (((), 14), (("--factor", "1.1"), 8), (("--factor", "1.1", "--k", "5"), 5)):
            rule = neighbors_of(parser.parse_args(["--neighbors", "relative", *options]))
            for particles in (1, 200):
                clouds = point_clouds(prototypes.build("cI2-W", particles), rule)
                assert (clouds.mask.sum(axis=1) == count).all()
        line = Frame(np.arange(15.0)[:, None] * [1, 0, 0], [20, 20, 20, 0, 0, 0], periodic=(False,) * 3)
        ends = [1] + 13 * [2] + [1]
        assert (point_clouds(line, RULES["relative"](1.1)).mask.sum(axis=1) == ends).all()
        assert rule.card() == {"neighbors": "relative", "k": 5, "r_max": None, "factor": 1.1}
        with refused(option="factor", value=1.1):
            neighbors_of(parser.parse_args(["--factor", "1.1"]))


def test_a_classical_order_parameter(tmp_path, monkeypatch):
    """Diamond's four bonds are at the tetrahedral angle."""
    monkeypatch.setattr("gala_ssl.order.classical.base.BASELINES", dict(BASELINES))
    add_file(monkeypatch, tmp_path, gala_ssl.order.classical, "bond_angles", BASELINE)
    angles = baselines()[-1]
    assert angles.name == "bond_angles" and len(baselines()) == len(BASELINES) + 1
    found = angles(prototypes.build("cF8-C", 200))
    assert found.shape[1] == angles.dimension
    np.testing.assert_allclose(found, -1 / 3, atol=1e-4)
    alone = Frame(np.eye(3), [9, 9, 9, 0, 0, 0], periodic=(False,) * 3)
    assert np.isnan(angles(alone)).any(axis=1).all()


def test_a_command(tmp_path, monkeypatch, capsys):
    frame = prototypes.build("cF8-C", 200)
    write_frames(tmp_path / "run.gsd", [frame, frame])
    add_file(monkeypatch, tmp_path, gala_ssl.commands, "count_particles", COMMAND)
    main(["count_particles", str(tmp_path / "run.gsd")])
    assert capsys.readouterr().out == f"0 {len(frame)}\n1 {len(frame)}\n"
