"""Colours from file to screen: sRGB in, light in between, a filmic curve and sRGB out."""

import numpy as np
import pytest

from stream_engine.errors import RenderError
from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.render.gl_context import GlContext
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.render.portrait import RenderStyle
from stream_engine.render.shader_source import Dialect, load_shader

STEPS = 64
PATCH = np.array([0.80, 0.622, 0.532])

pytestmark = pytest.mark.gl


@pytest.fixture(scope="module", autouse=True)
def _opengl():
    try:
        GlContext().close()
    except RenderError as error:
        pytest.skip(str(error))


def through(expression):
    """A row of 64 pixels, `x` from 0 to 1, through an expression of the shaders' own functions."""
    context = GlContext()
    light = load_shader("backdrop.vert").removeprefix(Dialect.DESKTOP.value)
    light = light[: light.index("// One triangle")]
    program = context.gl.program(
        load_shader("relief.vert"),
        Dialect.DESKTOP.value + light + "in vec2 place; out vec4 fragment;"
        f"void main() {{ float x = (place.x * {STEPS}.0 - 0.5) / {STEPS - 1}.0;"
        f" fragment = vec4({expression}, 1.0); }}",
    )
    target = context.gl.framebuffer([context.gl.texture((STEPS, 1), 4, dtype="f4")])
    target.use()
    context.gl.vertex_array(program, []).render(vertices=3)
    row = np.frombuffer(target.read(components=3, dtype="f4"), np.float32).reshape(STEPS, 3)
    context.close()
    return row


def filmic(light):
    """The curve of Hejl and Burgess-Dawson, in double precision."""
    x = np.maximum(0.0, light * 0.92 - 0.004)
    return (x * (6.2 * x + 0.5)) / (x * (6.2 * x + 1.7) + 0.06)


def test_srgb_is_read_as_the_standard_says():
    """Within two thousandths of IEC 61966-2-1 over the whole ramp."""
    srgb = np.linspace(0, 1, STEPS)
    exact = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(through("to_linear(vec3(x))")[:, 0], exact, atol=2e-3)


def test_a_grey_ramp_stays_grey_and_rises():
    """No tint at any brightness, no step down, black is black and nothing clips below white."""
    ramp = through("to_screen(vec3(x * 4.0))")
    np.testing.assert_allclose(ramp, np.repeat(ramp[:, :1], 3, axis=1), atol=1e-6)
    assert (np.diff(ramp[:, 0]) >= 0).all()
    assert ramp[0, 0] == 0.0
    assert 0.9 < ramp[-1, 0] < 1.0
    np.testing.assert_allclose(ramp[:, 0], filmic(np.linspace(0, 4, STEPS)), atol=1e-5)


def test_a_known_patch_ends_at_a_known_colour():
    """A skin patch under unit light, against the same sum in double precision."""
    made = through(f"to_screen(to_linear(vec3({PATCH[0]}, {PATCH[1]}, {PATCH[2]})))")[0]
    linear = ((PATCH + 0.055) / 1.055) ** 2.4
    np.testing.assert_allclose(made, filmic(linear), atol=2e-3)


def test_a_background_is_shown_as_it_is_given():
    """It passes no curve: the middle of the upper edge is the colour itself, bright by 2 %."""
    head = load_head_asset()
    renderer = MeshRenderer(head, 96, 96, RenderStyle(background=(90, 140, 200)))
    rest = HeadMesh(head).pose(0, np.zeros(COEFFICIENT_COUNT, np.float32))
    rgb = renderer.render(rest).rgb.astype(float)
    renderer.close()
    np.testing.assert_allclose(rgb[40, 4] / (90, 140, 200), 1.0, atol=0.08)
    assert np.ptp(rgb[40, 4] / (90, 140, 200)) < 0.015
