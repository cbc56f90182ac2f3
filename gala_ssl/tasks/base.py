"""What a task is: one pure function that makes a batch, and one head that answers it."""
import abc


class Task(abc.ABC):
    """A self-supervised task on point clouds.

    A subclass states, as class attributes,

        name: as in the paper, in snake case.
        stream: "static" (passes over a fixed subset) or "dynamic" (drawn without end).
        loss: name of a Keras loss.
        metric: name of a Keras metric, the one reported.
        dropout: rate the authors trained it with.
        target_is_length: whether the target is in units of length, so that it is scaled with the inputs.

    and defines the two methods below.
    """

    name: str
    stream: str
    loss: str
    metric: str
    dropout = 0.1
    target_is_length = True

    def settings(self, data):
        """Return the constructor's arguments for a training on `data`, a DataConfig, as plain values."""
        return {}

    @abc.abstractmethod
    def make_batch(self, bonds, types, labels, rng):
        """Make questions and answers of clouds.

        Args:
            bonds: (b, n, 3) float32, in shortest distances; never written to.
            types: (b, n, d) float32, rows of zeros where there is padding.
            labels: (b,) int32, the structure that each cloud was cut from.
            rng: numpy Generator, the only source of chance.

        Returns:
            ((bonds, types), target): the inputs of the network, and the answer.
        """

    @abc.abstractmethod
    def head(self, bonds, multivectors, values, mask, config):
        """Return the answer, a Keras tensor, from the inputs and the core's two signals.

        Args:
            bonds: (b, n, 3). multivectors: (b, n, 8). values: (b, n, width). mask: (b, n).
            config: the core's CoreConfig.
        """
