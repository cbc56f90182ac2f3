"""The self-supervised tasks, one file each: a file in this folder is a task that registers itself.

What tasks have in common is in `base`; what they are trained on in the folder `data`, their networks and the weights
of these in the folder `models`. Importing the tasks does not import Keras.
"""
import importlib
import pkgutil

from gala_ssl.tasks.base import TASKS, Task, check_task, get_task, register_task

for _file in pkgutil.iter_modules(__path__):
    if not _file.ispkg:
        importlib.import_module(f"{__name__}.{_file.name}")

__all__ = ["TASKS", "Task", "check_task", "get_task", "register_task"]
