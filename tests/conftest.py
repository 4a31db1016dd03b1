"""What every test may rely on; what needs OpenGL skips without it, and in CI fails."""

import faulthandler
import os
import sys
from functools import cache

import pytest

from stream_engine.errors import RenderError

RERUNS = 3
"""Further tries of what goes by the clock."""

ENDING_S = 60.0
"""Longest a run takes to end after its last test."""


def pytest_unconfigure() -> None:
    """A run that a thread left behind keeps from ending shows that thread, and fails."""
    faulthandler.dump_traceback_later(ENDING_S, exit=True, file=sys.__stderr__)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What goes by the clock is tried again: a shared machine stands still now and then."""
    for item in items:
        if item.get_closest_marker("net") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=RERUNS))


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
