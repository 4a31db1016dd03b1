"""What every test may rely on; what needs OpenGL skips without it, and in CI fails."""

import os
from functools import cache

import pytest

from stream_engine.errors import RenderError


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
