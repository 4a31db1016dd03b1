"""Shader texts."""

import re

import pytest

from stream_engine.render.gl_context import GlContext
from stream_engine.render.shader_source import Dialect, load_shader

PROGRAMS = ("skin", "mouth", "eye", "lash", "hair", "backdrop", "shadow", "relief")
NAMES = [f"{name}.{kind}" for name in PROGRAMS for kind in ("vert", "frag")]
# In GLSL 3.30 but not in GLSL ES 3.00, or the other way round.
FOREIGN = (
    r"\b(double|dvec\d|noise\d|gl_ClipDistance|sampler1D|texture1D|texture2D|varying|layout)\b"
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dialect", Dialect)
def test_the_version_comes_first_and_once(name, dialect):
    """Both dialects get their own first line; bodies carry none."""
    text = load_shader(name, dialect)
    assert text.startswith(dialect.value.splitlines()[0])
    assert text.count("#version") == 1


@pytest.mark.parametrize("name", NAMES)
def test_bodies_use_only_what_both_dialects_have(name):
    """Nothing in a body is missing in WebGL 2, numbers in float places have a point."""
    text = re.sub(r"//.*", "", load_shader(name))
    assert not re.search(FOREIGN, text)
    assert not re.search(r"vec\d\(\d+\s*[,)]", text)


@pytest.mark.gl
@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("defines", [(), ("PLAIN",), ("CARD",)])
def test_every_program_compiles(opengl, dialect, defines):
    """Mesa compiles and links both dialects, for whoever draws."""
    context = GlContext()
    for name in PROGRAMS:
        vertex, fragment = (
            load_shader(f"{name}.{kind}", dialect, defines) for kind in ("vert", "frag")
        )
        with context.set_up():
            context.gl.program(vertex, fragment)
    context.close()


def test_the_web_dialect_states_precision():
    """WebGL 2 refuses fragment shaders without a float precision."""
    assert "precision highp float;" in load_shader("skin.frag", Dialect.WEB)
