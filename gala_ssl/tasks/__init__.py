"""The self-supervised tasks, one file each: a file in this folder is a task that registers itself.

What tasks have in common is in `base`; what they are trained on in the folder `data`, their networks and the weights
of these in the folder `models`. Importing the tasks does not import Keras.
"""
from gala_ssl.base.registry import import_files
from gala_ssl.tasks.base import TASKS, Task, check_task, get_task, register_task

import_files(__name__, __path__)

__all__ = ["TASKS", "Task", "check_task", "get_task", "register_task"]
