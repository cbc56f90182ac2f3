"""A seventh task: it is listed after the paper's, and what was there before means what it meant."""
import pytest

from gala_ssl.tasks import TASKS, check_task, get_task, register_task
from gala_ssl.tasks.denoising import Denoising
from gala_ssl.training.transfer import COMBINED, Cell, parts, sources
from tests.refusals import refused


@pytest.fixture
def seventh(monkeypatch):
    class SmallDenoising(Denoising):
        name, order = "small_denoising", 7

    before = list(TASKS.items())
    yield register_task(SmallDenoising)
    TASKS.clear()
    TASKS.update(before)


def test_it_is_known_by_its_name_and_listed_last(seventh):
    check_task("small_denoising")
    assert isinstance(get_task("small_denoising"), seventh)
    assert list(TASKS)[-2:] == ["nearest_bond", "small_denoising"]
    assert "small_denoising" in sources()
    with refused(option="task", value="small_denoising"):
        register_task(seventh)


def test_it_changes_nothing_that_was_there(seventh):
    """No cell of a grid that is finished gets other settings; "combined" has the six cores it was trained with."""
    assert parts(COMBINED) == ("autoencoder", "denoising", "frame_classification", "shift_identification", "noisy_bond",
                               "nearest_bond")
    assert Cell("small_denoising", "denoising", 1.0, False, 13).name == "denoising/small_denoising-free-1-seed13"


def test_tasks_without_a_place_come_last_in_the_order_in_which_they_were_made_known(seventh):
    @register_task
    class Other(Denoising):
        name, order = "other", float("inf")

    assert list(TASKS)[-2:] == ["small_denoising", "other"]
