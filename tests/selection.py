"""Which of many alike cases `make test` runs."""
import pytest


def slow_but_one(names, quick="denoising"):
    """The names as parameters of a test, all but one of them marked slow."""
    return [name if name == quick else pytest.param(name, marks=pytest.mark.slow) for name in names]
