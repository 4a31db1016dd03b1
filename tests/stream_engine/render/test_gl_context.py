"""The OpenGL context."""

import threading

import pytest

from stream_engine.errors import RenderError
from stream_engine.render import gl_context
from stream_engine.render.gl_context import GlContext


@pytest.mark.gl
def test_it_names_the_device(opengl):
    """Logs can say what draws."""
    context = GlContext()
    assert context.device
    context.close()


@pytest.mark.gl
def test_another_thread_is_refused(opengl):
    """A call from a thread that did not make the context raises."""
    context = GlContext()
    caught = []

    def intrude():
        try:
            context.check()
        except RenderError as error:
            caught.append(error)

    thread = threading.Thread(target=intrude)
    thread.start()
    thread.join()
    assert "thread" in str(caught[0])
    context.close()


@pytest.mark.gl
def test_a_broken_shader_closes_the_context(opengl):
    """Failing set-up raises RenderError and leaves nothing open."""
    context = GlContext()
    with pytest.raises(RenderError, match="set-up"), context.set_up():
        context.gl.program("nonsense", "nonsense")
    with pytest.raises(RenderError, match="closed"):
        context.check()


def test_without_opengl_the_error_names_the_packages(monkeypatch):
    """Whoever lacks EGL is told what to install."""

    def fail(**_):
        raise ImportError("libEGL.so not found")

    monkeypatch.setattr(gl_context.moderngl, "create_context", fail)
    with pytest.raises(RenderError, match="libegl1"):
        GlContext()
