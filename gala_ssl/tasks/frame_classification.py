"""Frame classification: which structure is this cloud from?"""
import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.tasks.base import Task, register_task

_MOST = 65536


@register_task
class FrameClassification(Task):
    """Name the frame, here the prototype, that a cloud was cut from (paper, section "Self-supervised tasks").

    Target: the structure's index, (b,) int32, whatever its noise. Invariant: a turned cloud is the same cloud.

    Args:
        classes: number of structures.
    """

    order = 3
    name, stream = "frame_classification", "static"
    loss, metric = "SparseCategoricalCrossentropy", "accuracy"
    dropout = 0.5
    target_is_length = False
    kernel_head = "cloud_class"

    def __init__(self, classes=50):
        if not isinstance(classes, int) or not 0 < classes <= _MOST:
            raise InputError(f"classes is {classes!r}; it must be a positive integer, at most {_MOST}.",
                             option="classes", value=classes)
        self.classes = classes

    def settings(self, data):
        structures = len(data.structure_names)
        return {"classes": structures + 2 if data.thermal else structures}

    def make_batch(self, bonds, types, labels, rng, ideal=None):
        return (bonds, types), labels

    def head(self, bonds, multivectors, values, mask, config):
        from gala_ssl.networks import heads  # which imports Keras

        return heads.cloud_class(bonds, multivectors, values, mask, config, self.classes)

    def trivial_answer(self, inputs, target):
        """Every structure in proportion to its clouds."""
        shares = np.bincount(target, minlength=self.classes) / len(target)
        return np.broadcast_to(shares, (len(target), self.classes))
