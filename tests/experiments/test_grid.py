"""The transfer grid for reading: made-up grids, and what of the claims holds on them."""
import contextlib
import json
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from gala_ssl.base.files import write_csv, write_json
from gala_ssl.tasks import TASKS
from gala_ssl.training.grid import COLUMNS, cells_of, check_kept, grid_table, read_grid, tables_rst
from gala_ssl.training.presets import preset
from gala_ssl.training.transfer import SCRATCH, Cell, cells
from paper.grid import claims_rst, figure4, gain_map
from tests.refusals import refused

FRACTIONS = (0.01, 1.0)


def made_up(gain=lambda source, target, fraction: 0.2, frozen_loss=0.1, seeds=(1, 2)):
    """A whole grid in which scratch errs by 0.5 and a core lessens that by `gain`, frozen by `frozen_loss` less."""
    rows = []
    for cell in cells([SCRATCH, *TASKS], TASKS, FRACTIONS, (False, True), seeds):
        better = 0 if cell.source == SCRATCH else gain(cell.source, cell.target, cell.fraction)
        error = 0.5 * (1 - better + frozen_loss * cell.freeze) + 0.01 * (cell.seed - 1.5)
        rows.append((cell.source, cell.target, cell.fraction, cell.freeze, cell.seed, TASKS[cell.target].metric,
                     error, 3, 1.0))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def verdicts(grid):
    """{number of the claim: verdict}."""
    text = claims_rst(grid)
    return {int(number): verdict for number, verdict in re.findall(r"^(\d+)\. .*\n-+\n\n\*\*(.*?)\.\*\*", text, re.M)}


def paper_like(source, target, fraction):
    """Gains with which all that the paper claims holds."""
    if target == "nearest_bond":
        return 0.3 if source == "shift_identification" else 0.02
    if target == "shift_identification":
        return -0.05
    if (source, target) == ("nearest_bond", "autoencoder"):
        return -1 if fraction < 1 else 0.2
    return 0.2


def test_the_claims_hold_on_a_grid_like_the_papers():
    assert verdicts(made_up(paper_like)) == dict.fromkeys(range(8, 13), "Holds")


@pytest.mark.parametrize(("number", "gain", "frozen_loss"), [
    (8, lambda s, t, f: -0.1 if t == "frame_classification" else paper_like(s, t, f), 0.1),
    (9, lambda s, t, f: 0.4 if t == "shift_identification" else paper_like(s, t, f), 0.1),
    (9, lambda s, t, f: 0.0 if t == "nearest_bond" else paper_like(s, t, f), 0.1),
    (10, lambda s, t, f: -0.1 if (s, t) == ("autoencoder", "denoising") else paper_like(s, t, f), 0.1),
    (11, lambda s, t, f: 0.2 if (s, t) == ("nearest_bond", "autoencoder") else paper_like(s, t, f), 0.1),
    (12, paper_like, -0.1)])
def test_a_claim_that_does_not_hold(number, gain, frozen_loss):
    found = verdicts(made_up(gain, frozen_loss))
    assert found.pop(number) == "Does not hold"
    assert set(found.values()) == {"Holds"}


def test_what_is_not_there_has_no_answer():
    grid = made_up(paper_like)
    assert verdicts(grid[grid["source"] == SCRATCH]) == dict.fromkeys(range(8, 13), "Not yet")
    assert verdicts(grid[(grid["target"] == "denoising") & ~grid["freeze"]]) == dict.fromkeys(range(8, 13), "Not yet")


def test_the_tables_have_sources_down_fractions_across_and_the_spread():
    lines = tables_rst(made_up(seeds=(1, 2))).splitlines()
    start = lines.index("noisy bond: 1 - accuracy")
    table = lines[start + 3:start + 3 + 3 + 13]
    assert table[1].split() == ["source", "core", "0.01", "1"]
    assert table[3].split() == ["scratch", "free", "0.5000", "±0.0071", "0.5000", "±0.0071"]
    assert re.split("  +", table[-1]) == ["nearest bond", "frozen", "0.4500 ±0.0071", "0.4500 ±0.0071"]
    assert "denoising: mean absolute error" in lines


def test_the_figure_has_a_panel_a_target_and_a_line_a_source():
    grid = made_up()
    grid.loc[grid["target"] == "denoising", "error"] **= 4  # more than a factor of two
    figure = figure4(grid)
    panels = figure.get_axes()
    assert [axes.get_title() for axes in panels] == [task.replace("_", " ") for task in TASKS]
    for axes in panels:
        assert len(axes.containers) == 13 and axes.get_xscale() == "log"
        assert axes.get_yscale() == ("log" if axes.get_title() == "denoising" else "linear")
        assert axes.get_xlabel() and axes.get_ylabel()
    styles = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in panels[0].get_lines()
              if len(line.get_xdata()) == 2 and line.get_marker() not in ("_", "None")}
    assert len(styles) == 13  # told apart without words
    assert len(figure.legends[0].get_texts()) == 13
    plt.close(figure)


def test_the_map_of_gains_has_a_panel_of_free_cores_and_one_of_frozen_ones_with_its_numbers():
    grid = made_up(paper_like)
    free, frozen, _ = gain_map(grid[(grid["source"] != "noisy_bond") | (grid["target"] != "denoising")]).get_axes()
    for axes, less in ((free, 0), (frozen, 0.1)):
        shown = np.ma.filled(axes.images[0].get_array(), np.nan)
        assert np.isnan(shown[1, 4]) and len(axes.texts) == 35
        np.testing.assert_allclose(shown[5, 3], 0.3 - less, atol=1e-4)
        np.testing.assert_allclose(shown[0, 5], (-1 + 0.2) / 2 - less, atol=1e-4)  # in the mean over the fractions
    assert [axes.get_title() for axes in (free, frozen)] == ["free cores", "frozen cores"]
    assert "+30%" in [text.get_text() for text in free.texts]


def test_cells_that_are_done_are_read_and_no_others(tmp_path):
    made = cells(["denoising"], ["noisy_bond", "nearest_bond"], (0.1,), (False, True), (1,))
    for i, cell in enumerate(made[:3]):
        card = {"metric": TASKS[cell.target].metric, "epochs": 4, "seconds": 2.0,
                "best": {f"val_{TASKS[cell.target].metric}": 0.8 + 0.01 * i}}
        write_json(tmp_path / cell.name / ("failure.json" if i == 1 else "card.json"),
                   {"error": "no"} if i == 1 else card)
    grid = grid_table(made, tmp_path)
    assert list(grid.columns) == list(COLUMNS) and list(grid["target"]) == ["noisy_bond", "nearest_bond"]
    np.testing.assert_allclose(grid["error"], [1 - 0.8, 0.82])


@pytest.fixture
def results(tmp_path):
    """(folder as the grid writes it, of a grid from scratch, the table in it)."""
    grid = made_up()
    grid = grid[grid["source"] == SCRATCH].reset_index(drop=True)
    write_csv(tmp_path / "results/grid.csv", grid)
    write_json(tmp_path / "results/card.json", {**preset("grid").values(), "cells": len(grid),
                                                "weights_sha256": {}})
    return tmp_path / "results", grid


def test_the_cells_of_other_machines_count_as_done(results, tmp_path):
    folder, grid = results
    made = cells([SCRATCH, "denoising"], TASKS, FRACTIONS, (False,), (1, 2))
    known = read_grid(folder, preset("grid"))
    pd.testing.assert_frame_equal(grid_table(made, tmp_path, known), grid, check_dtype=False)
    assert grid_table(made[:1], tmp_path / "runs", known)["error"][0] == grid["error"][0]
    write_json(tmp_path / "runs" / made[0].name / "card.json", {
        "metric": "mean_absolute_error", "epochs": 4, "seconds": 2.0, "best": {"val_mean_absolute_error": 0.7}})
    assert grid_table(made[:1], tmp_path / "runs", known)["error"][0] == 0.7  # what was run here comes first


@pytest.mark.parametrize(("name", "change"), [
    ("card.json", lambda path: path.write_text("{")),
    ("grid.csv", lambda path: path.write_text("source,target\n")),
    ("grid.csv", lambda path: path.write_text(""))])
def test_damaged_results_are_refused(results, name, change):
    change(results[0] / name)
    with refused(path=str(results[0] / name)):
        read_grid(results[0], preset("grid"))


def test_results_without_a_card_are_refused(results):
    (results[0] / "card.json").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        read_grid(results[0], preset("grid"))
    assert str(results[0] / "card.json") in str(caught.value)


def test_results_of_another_grid_are_refused(results):
    with refused(path=str(results[0]), option="settings") as caught:
        read_grid(results[0], preset("desktop"))
    assert caught.value.value["data.static_fraction"] == (0.02, 0.04) and len(caught.value.value) > 3


def test_results_from_other_weights_are_refused(results):
    card = json.loads((results[0] / "card.json").read_text())
    write_json(results[0] / "card.json", {**card, "weights_sha256": {"denoising": "abc"}})
    with refused(path=str(results[0]), option="settings") as caught:
        read_grid(results[0], preset("grid"))
    assert caught.value.value["weights_sha256.denoising"][0] == "abc"


@pytest.mark.parametrize(("wanted", "name", "lost"), [
    (lambda cells: cells, "grid", None),
    (lambda cells: [*cells, Cell(SCRATCH, "denoising", 0.5, False, 9)], "grid", None),
    (lambda cells: cells[1:], "grid", 1),
    (lambda cells: cells, "smoke", 24)])
def test_tables_of_other_cells_are_not_replaced(results, wanted, name, lost):
    folder, grid = results
    with contextlib.nullcontext() if lost is None else refused(path=str(folder), option="cells", value=lost):
        check_kept(folder, preset(name), wanted(cells_of(grid)))
    check_kept(folder / "elsewhere", preset(name), [])


def test_what_is_no_table_of_a_grid_is_not_replaced(results):
    (results[0] / "grid.csv").write_text("source,target\n")
    with refused(path=str(results[0] / "grid.csv")):
        check_kept(results[0], preset("grid"), cells_of(results[1]))


def test_without_all_the_data_nothing_is_said_of_all_the_data():
    grid = made_up(paper_like)
    few = grid[grid["fraction"] < 1]
    assert verdicts(pd.concat([few, few.assign(fraction=0.1)]))[11] == "Not yet"


def test_a_gain_is_over_scratch_of_the_same_seed():
    grid = made_up(lambda source, target, fraction: 0.2 if fraction == 1 else 0.0)
    hard = grid.assign(error=grid["error"].where(grid["seed"] == 1, 1.5 * grid["error"]))  # seed 2 drew less
    assert "autoencoder for denoising: +0% at 0.01, +20% at 1" in claims_rst(hard)
    failed = hard[(hard["source"] != SCRATCH) | (hard["seed"] != 1)]
    assert "autoencoder for denoising: +0% at 0.01, +20% at 1" in claims_rst(failed)
