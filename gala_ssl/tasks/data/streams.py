"""Streams: the batches of a task, where batch i of epoch e is a function of (seed, e, i) alone."""
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.randomness import rng


class Stream:
    """Batches that a task makes of environments.

    A static task passes over its environments in an order shuffled anew each epoch; a dynamic task draws
    from them without end, and `clouds` of them are called an epoch. Either way a batch depends on
    (seed, epoch, i) only, so that a resumed run goes on as if never stopped and parallel reading changes
    nothing. In training the last, incomplete batch of an epoch is left out. In validation it is there, and `filled`
    makes it as large as the others: one shape means one compilation.

    Args:
        task: Task.
        environments: Environments.
        indices: (m,) the environments to use.
        batch_size: clouds a batch. Where there are fewer, a static task in training repeats them to fill the one
            batch of an epoch, so that trainings on more and on fewer share one compilation; else it has them all.
        clouds: clouds in an epoch; None is one pass over the indices, for static tasks.
        x_scale: the networks' unit of length, in shortest distances.
        seed: integer, or a tuple of them.
        shuffle: False keeps the order of the indices, for validation.
    """

    def __init__(self, task, environments, indices, batch_size, clouds=None, x_scale=2.0, seed=0, shuffle=True):
        if len(indices) == 0:
            raise InputError("A stream needs at least one environment; the fraction of the data is too small.",
                             option="indices")
        self.task = task
        self.environments = environments
        self.indices = np.asarray(indices)
        self.clouds = clouds
        per_epoch = len(self.indices) if clouds is None else clouds
        self.batch_size = batch_size if clouds is None and shuffle else min(batch_size, per_epoch)
        self.per_epoch = per_epoch
        self.batches = max(1, per_epoch // self.batch_size) if shuffle else -(-per_epoch // self.batch_size)
        self.x_scale = np.float32(x_scale)
        self.seed = tuple(np.atleast_1d(seed).tolist())
        self.shuffle = shuffle

    def __len__(self):
        return self.batches

    def batch(self, epoch, i):
        """Return ((bonds, types), target, weights), batch `i` of epoch `epoch`, lengths in the networks' unit.

        The weights say what counts in loss and metric, see `Task.weights`. The last batch of a validation may have
        fewer clouds than the others.
        """
        chosen = self.chosen(epoch, i)
        found = self.environments_of(epoch)
        (bonds, types), target = self.task.make_batch(
            found.clouds.bonds[chosen], found.clouds.types[chosen], found.labels[chosen],
            rng(self.seed, "questions", epoch, i), None if found.ideal is None else found.ideal[chosen])
        target = target / self.x_scale if self.task.target_is_length else target
        return (bonds / self.x_scale, types), target, self.task.weights(types)

    @property
    def sizes(self):
        """Clouds in each batch before it is filled, (batches,) int."""
        if self.shuffle:
            return np.full(self.batches, self.batch_size)
        return np.minimum(self.batch_size, self.per_epoch - self.batch_size * np.arange(self.batches))

    def filled(self, batch):
        """Return a batch as large as the others, filled up with clouds of padding alone, which do not count."""
        (bonds, types), target, weights = batch
        lacking = self.batch_size - len(bonds)
        if not lacking:
            return batch
        bonds, types, weights = (_filled(array, lacking) for array in (bonds, types, weights))
        return (bonds, types), np.resize(target, (self.batch_size, *target.shape[1:])), weights

    def epoch(self, epoch):
        """Yield the batches of an epoch: the plain twin of `dataset`, for any Keras backend."""
        for i in range(self.batches):
            yield self.batch(epoch, i)

    def stacked(self, epoch):
        """Return the batches of an epoch as four arrays (batches, batch_size, ...): bonds, types, target, weights.

        They are filled.
        """
        return [np.stack(arrays) for arrays in zip(*(_flat(self.filled(batch)) for batch in self.epoch(epoch)))]

    def dataset(self, epoch):
        """Return the batches of an epoch, filled, as a tf.data.Dataset, made beside the training step."""
        import tensorflow as tf  # the backend of the trainings; the data room itself does without

        arrays = _flat(self.batch(epoch, 0))

        def load(i):
            made = tf.numpy_function(
                lambda i: _flat(self.filled(self.batch(epoch, int(i)))), [i], [tf.as_dtype(a.dtype) for a in arrays])
            for tensor, array in zip(made, arrays, strict=True):
                tensor.set_shape(array.shape)
            bonds, types, target, weights = made
            return (bonds, types), target, weights

        steps = tf.data.Dataset.range(self.batches).map(load, num_parallel_calls=2, deterministic=True).prefetch(4)
        # There is nothing to tune, and closing the iterator waits for the tuner thread, up to half of an epoch's time.
        options = tf.data.Options()
        options.autotune.enabled = False
        return steps.with_options(options)

    def environments_of(self, epoch):
        """Return the Environments that an epoch is made of."""
        return self.environments

    def chosen(self, epoch, i):
        """Return the indices of the environments that batch `i` of epoch `epoch` is made of."""
        size = self.batch_size
        if self.clouds is not None:
            drawn = rng(self.seed, "choice of clouds", epoch, i).integers(len(self.indices), size=size)
            return self.indices[drawn[:self.per_epoch - i * size]]
        order = rng(self.seed, "order of clouds", epoch).permutation(self.indices) if self.shuffle else self.indices
        return np.resize(order, max(len(order), size if self.shuffle else 0))[i * size:(i + 1) * size]


def _filled(array, lacking):
    return np.pad(array, [(0, lacking), *[(0, 0)] * (array.ndim - 1)])


def _flat(batch):
    (bonds, types), target, weights = batch
    return bonds, types, target, weights
