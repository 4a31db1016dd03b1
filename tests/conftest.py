"""What every test may rely on; what needs OpenGL skips without it, and in CI fails."""

import faulthandler
import gc
import os
import sys
import warnings
from collections.abc import Generator
from functools import cache

import pytest
from _pytest.threadexception import collect_thread_exception
from _pytest.unraisableexception import collect_unraisable

from stream_engine.errors import RenderError

RERUNS = 3
"""Further tries of what goes by the clock."""

_FAILED = pytest.StashKey[bool]()

ENDING_S = 60.0
"""Longest a run takes to end after its last test."""


def pytest_unconfigure() -> None:
    """A run that a thread left behind keeps from ending shows that thread, and fails."""
    faulthandler.dump_traceback_later(ENDING_S, exit=True, file=sys.__stderr__)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What goes by the clock is tried again: a shared machine stands still now and then."""
    for item in items:
        if any(item.get_closest_marker(name) for name in ("net", "browser", "alone")):
            item.add_marker(pytest.mark.flaky(reruns=RERUNS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Take note of a try that failed."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.hookimpl(tryfirst=True)  # pytest-rerunfailures would keep what is wider than the test
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """After it everything is set up anew: a server that was disturbed, a talk that was measured."""
    if item.get_closest_marker("flaky") and item.stash[_FAILED]:
        item.session._setupstate.teardown_exact(None)


def _sweep(config: pytest.Config) -> None:
    """Throw away what a failed try left open, or a later test is blamed for it."""
    for kept in ("last_type", "last_value", "last_traceback"):
        vars(sys).pop(kept, None)  # else the frames of the failure, and all they hold, stay
    with warnings.catch_warnings(action="ignore"):
        gc.collect()
        collect_unraisable(config)
        collect_thread_exception(config)


@cache
def why_no_opengl() -> str:
    """The reason OpenGL cannot be had, or nothing."""
    from stream_engine.render.gl_context import GlContext

    try:
        GlContext().close()
    except RenderError as error:
        return str(error)
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Sweep before a further try; skip, or in CI fail, what needs OpenGL where there is none."""
    if item.stash.get(_FAILED, False):
        item.stash[_FAILED] = False
        _sweep(item.config)
    if item.get_closest_marker("gl") is None or not why_no_opengl():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(why_no_opengl(), pytrace=False)
    pytest.skip(why_no_opengl())
