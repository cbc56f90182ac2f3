"""What a task is: one pure function that makes a batch, and one head that answers it."""
import abc
import math

import numpy as np

from gala_ssl.base.errors import InputError, check_choice
from gala_ssl.base.registry import register
from gala_ssl.base.validators import is_finite

# The tasks that there are, by name, in their `order`.
TASKS: dict[str, type["Task"]] = {}
# Amplitudes of the noise that tasks add to thermal environments, in nearest distances: what hot particles need (O).
THERMAL_SCALE = (0.05, 0.35)


def register_task(task):
    """Make a task known by its name: a decorator of subclasses of Task."""
    return register(TASKS, "task", task)


def check_task(name: str) -> None:
    """InputError unless there is a task of this name."""
    check_choice("task", name, TASKS)


def get_task(task: "str | Task") -> "Task":
    """Return a Task: itself, or the one of this name with its default settings."""
    if isinstance(task, Task):
        return task
    check_task(task)
    return TASKS[task]()


def checked_scale(scale):
    """Return a standard deviation, or the pair (least, largest) of a range as a list of plain numbers."""
    pair = np.broadcast_to(scale, 2).tolist()
    if not (is_finite(pair[0]) and is_finite(pair[1]) and 0 <= pair[0] <= pair[1]):
        raise InputError(f"scale is {scale!r}; give a standard deviation, or the least and the largest one.",
                         option="scale", value=scale)
    return scale if np.ndim(scale) == 0 else pair


class Task(abc.ABC):
    """A self-supervised task on point clouds.

    A subclass states, as class attributes,

        name: as in the paper, in snake case.
        order: place among the tasks where they are listed; the paper's have 1 to 6, others come after them.
        stream: "static" (passes over a fixed subset) or "dynamic" (drawn without end).
        loss: name of a Keras loss class.
        metric: name of a Keras metric, the one reported.
        dropout: rate the authors trained it with.
        answers: "cloud" or "bond", what has an answer of its own.
        target_is_length: whether the target is in units of length, so that it is scaled with the inputs.
        kernel_head: the head's function, one of `gala_ssl.kernel.fold.HEADS`; None leaves the head to Keras.

    and defines the two methods below.
    """

    name: str
    order = math.inf
    stream: str
    loss: str
    metric: str
    dropout = 0.1
    answers = "cloud"
    target_is_length = True
    kernel_head: str | None = None

    def settings(self, data):
        """Return the constructor's arguments for a training on `data`, a DataConfig, as plain values.

        These are the attributes of the instance, unless the data have a say.
        """
        return dict(vars(self))

    @classmethod
    def for_training(cls, data):
        """Return the task as it is trained on `data`, a DataConfig."""
        return cls(**cls().settings(data))

    @abc.abstractmethod
    def make_batch(self, bonds, types, labels, rng, ideal=None):
        """Make questions and answers of clouds.

        Args:
            bonds: (b, n, 3) float32, in shortest distances; never written to.
            types: (b, n, d) float32, rows of zeros where there is padding.
            labels: (b,) int32, the structure that each cloud was cut from.
            rng: numpy Generator, the only source of chance.
            ideal: (b, n, 3) float32, the bonds between the ideal sites, for tasks that look for these; None where
                the bonds themselves are taken for ideal.

        Returns:
            ((bonds, types), target): the inputs of the network, and the answer.
        """

    @staticmethod
    def amplitudes(scale, rng, count):
        """Return (count, 1, 1) standard deviations: `scale`, or an even draw from the range (least, largest)."""
        least, largest = np.broadcast_to(scale, 2)
        return rng.uniform(least, largest, size=(count, 1, 1)) if largest > least else np.full((count, 1, 1), least)

    def trivial_answer(self, inputs, target):
        """Return the answer of no skill that a network must beat: the mean answer, or the task's own.

        Args:
            inputs: (bonds, types) and target: as of `make_batch`, of many clouds.

        Returns:
            Array of the target's shape; for classes, of the shape of their probabilities.
        """
        return np.broadcast_to(target.mean(axis=0), target.shape)

    def weights(self, types):
        """Return what counts in loss and metric, float32: 1 for bonds (b, n) or clouds (b,), 0 for padding.

        Args:
            types: (b, n, d) of the inputs; a cloud without a bond does not count.
        """
        mask = types.any(axis=-1)
        return (mask if self.answers == "bond" else mask.any(axis=-1)).astype(np.float32)

    @abc.abstractmethod
    def head(self, bonds, multivectors, values, mask, config):
        """Return the answer, a Keras tensor, from the inputs and the core's two signals.

        Args:
            bonds: (b, n, 3). multivectors: (b, n, 8). values: (b, n, width). mask: (b, n).
            config: the core's CoreConfig.
        """
