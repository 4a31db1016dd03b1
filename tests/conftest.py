"""What every test may rely on; what needs OpenGL skips without it, and in CI fails."""

import faulthandler
import os
import sys
from collections.abc import Generator
from functools import cache

import pytest

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
        item.stash[_FAILED] = False
        item.session._setupstate.teardown_exact(None)


@cache
def why_no_opengl() -> str:
    """The reason OpenGL cannot be had, or nothing."""
    from stream_engine.render.gl_context import GlContext

    try:
        GlContext().close()
    except RenderError as error:
        return str(error)
    return ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, what needs OpenGL where there is none."""
    if item.get_closest_marker("gl") is None or not why_no_opengl():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(why_no_opengl(), pytrace=False)
    pytest.skip(why_no_opengl())
