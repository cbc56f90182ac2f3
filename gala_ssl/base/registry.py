"""Things that make themselves known: classes by name, and the files of a folder."""
import importlib
import math
import pkgutil
from typing import Any

from gala_ssl.base.errors import InputError


def register(known: dict[str, Any], kind: str, cls: Any) -> Any:
    """Put a class into `known`, {name: class}, by its attribute `name`, at the place that its `order` says; return it.

    Without an `order` it comes last.

    Raises:
        InputError: the name is taken.
    """
    if cls.name in known:
        raise InputError(f"There is a {kind} {cls.name!r} already; give {cls.__name__} another name.",
                         option=kind, value=cls.name)
    known[cls.name] = cls
    for name in sorted(known, key=lambda name: getattr(known[name], "order", math.inf)):
        known[name] = known.pop(name)
    return cls


def import_files(package, path, but=()):
    """Import all files of a package, so that they register what they hold, and return these modules, {name: module}.

    Args:
        package: its `__name__`. path: its `__path__`. but: names of files to leave out; packages in it always are.
    """
    names = [file.name for file in pkgutil.iter_modules(path) if not file.ispkg and file.name not in but]
    return {name: importlib.import_module(f"{package}.{name}") for name in names}
