"""The paper's schedule, on sequences made by hand and against Keras's own callbacks."""
import math

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gala_ssl.training.fit import schedule

pytestmark = pytest.mark.any_backend

STATIC, DYNAMIC = (1, 2), (4, 10)


@pytest.mark.parametrize(("patience", "losses", "rate", "stop"), [
    (STATIC, [], 1, False),
    (STATIC, [1.0], 1, False),
    (STATIC, [1.0, 0.9, 0.8], 1, False),
    (STATIC, [1.0, 1.1], 1 / 2, False),
    (STATIC, [1.0, 1.0], 1 / 2, False),  # equal is no improvement
    (STATIC, [1.0, 1.1, 0.9], 1 / 2, False),  # a better epoch does not give the rate back
    (STATIC, [1.0, 1.1, 0.9, 1.0, 0.8, 0.85], 1 / 8, False),
    (STATIC, [1.0, 1.1, 1.05], 1 / 4, True),  # better than the last, not than the best
    (DYNAMIC, [1.0] + [2.0] * 3, 1, False),
    (DYNAMIC, [1.0] + [2.0] * 4, 1 / 2, False),
    (DYNAMIC, [1.0] + [2.0] * 7, 1 / 2, False),
    (DYNAMIC, [1.0] + [2.0] * 8, 1 / 4, False),
    (DYNAMIC, [1.0] + [2.0] * 9, 1 / 4, False),
    (DYNAMIC, [1.0] + [2.0] * 10, 1 / 4, True),
    (DYNAMIC, [1.0] + [2.0] * 9 + [0.5] + [2.0] * 3, 1 / 4, False),
    (DYNAMIC, [1.0] + [2.0] * 9 + [0.5] + [2.0] * 4, 1 / 8, False),
])
def test_rule_of_the_paper(patience, losses, rate, stop):
    """Static: halve after 1 epoch without a better loss, stop after 2; dynamic: 4 and 10."""
    assert schedule(losses, 1e-3, patience) == (pytest.approx(1e-3 * rate), stop)


@given(losses=st.lists(st.integers(1, 12).map(float), max_size=40),
       patience=st.sampled_from([STATIC, DYNAMIC, (3, 3)]))
def test_as_keras_does_it(losses, patience):
    model = keras.Sequential()
    model.compile(optimizer=keras.optimizers.SGD(1.0))
    model.stop_training = False
    halving = keras.callbacks.ReduceLROnPlateau("val_loss", 0.5, patience[0], min_delta=0)
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=patience[1])
    for callback in (halving, stopping):
        callback.set_model(model)
        callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        for callback in (halving, stopping):
            callback.on_epoch_end(epoch, {"val_loss": loss})
        rate, stop = schedule(losses[: epoch + 1], 1.0, patience)
        assert rate == pytest.approx(float(model.optimizer.learning_rate))
        assert stop == model.stop_training
        if stop:
            break


def test_a_loss_that_is_not_a_number_is_no_improvement():
    assert schedule([1.0, math.nan], 1.0, STATIC) == (0.5, False)
    assert schedule([1.0, math.nan, math.nan], 1.0, STATIC) == (0.25, True)
