"""Which of many alike cases each tier runs: `make test`, `make test-slow`, `make test-long`."""
import pytest


def in_tiers(names, quick=("denoising",), slow=()):
    """The names as parameters of a test, those that are neither quick nor slow of `make test-long`."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow if name in slow else pytest.mark.long)
            for name in names]
