"""Pictures of the head."""

import gc
import resource

import numpy as np
import pytest

from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX, pose_row
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.render.portrait import RenderStyle
from tests.contracts.renderer_contract import check_renderer
from tests.fakes.solid_renderer import SolidRenderer
from training.head.expressions import EXPRESSIONS

GREEN = (0, 255, 0)
SIZE = 192


def posed(mesh, **values):
    """The head with named coefficients."""
    row = np.zeros(COEFFICIENT_COUNT, dtype=np.float32)
    for name, value in values.items():
        row[INDEX[name]] = value
    return mesh.pose(7, row)


@pytest.fixture(scope="module")
def renderer(opengl, head):
    """A renderer with a green wall."""
    made = MeshRenderer(head, SIZE, SIZE, RenderStyle(background=GREEN))
    yield made
    made.close()


def wall(rgb):
    """Where the green wall shows."""
    pixels = rgb.astype(int)
    return pixels[..., 1] > pixels[..., [0, 2]].max(axis=-1) + 60


def test_the_fake_keeps_the_contract(head, mesh):
    """The solid-colour renderer does what a renderer must."""
    check_renderer(lambda w, h: SolidRenderer(head.vertices, w, h), posed(mesh))


@pytest.mark.gl
def test_the_real_one_keeps_the_contract(opengl, head, mesh):
    """The OpenGL renderer does what a renderer must."""
    check_renderer(lambda w, h: MeshRenderer(head, w, h), posed(mesh))


@pytest.mark.gl
def test_the_head_stands_upright_in_the_middle(renderer, mesh):
    """Wall in the upper corners, head in the middle, shoulders at the bottom."""
    seen = wall(renderer.render(posed(mesh)).rgb)
    assert seen[:10, :10].all()
    assert seen[:10, -10:].all()
    assert not seen[SIZE // 2, SIZE // 2]
    assert not seen[-1, SIZE // 4 : -SIZE // 4].any()
    assert 0.3 < 1 - seen.mean() < 0.8


@pytest.mark.gl
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_no_expression_shows_a_hole(renderer, mesh, name):
    """In each row the head is one piece: no wall between its left and right edge."""
    rgb = renderer.render(mesh.pose(0, pose_row(EXPRESSIONS[name]))).rgb
    seen = wall(rgb)
    face = slice(int(SIZE * 0.30), int(SIZE * 0.72))
    for row in seen[face]:
        covered = np.flatnonzero(~row)
        # Ears leave a gap to the jaw or neck; the face itself has none.
        middle = covered[np.abs(covered - covered.mean()) < SIZE * 0.12]
        assert len(middle) == np.ptp(middle) + 1


@pytest.mark.gl
def test_an_open_mouth_is_dark(renderer, mesh, head):
    """The shape jawOpen shows the dark inside of the mouth."""
    row = int(SIZE * (0.5 + 0.048 / 2 / 0.170))
    box = (slice(row, row + 8), slice(SIZE // 2 - 5, SIZE // 2 + 5))
    closed = renderer.render(posed(mesh)).rgb[box].mean()
    opened = renderer.render(posed(mesh, jawOpen=0.8)).rgb[box].mean()
    assert opened < 0.75 * closed


@pytest.mark.gl
def test_turning_left_moves_the_nose_to_the_viewers_right(renderer, mesh):
    """The subject's left is on the right of the picture."""
    rows = slice(int(SIZE * 0.2), int(SIZE * 0.65))

    def middle(yaw):
        rgb = renderer.render(posed(mesh, headYaw=yaw)).rgb[rows].astype(int)
        skin = (rgb[..., 0] > rgb[..., 2] + 25) & (rgb[..., 0] > 120)
        return np.nonzero(skin)[1].mean()

    assert middle(0.35) > middle(0.0) + 3 > middle(-0.35) + 6


@pytest.mark.gl
def test_the_same_mesh_gives_the_same_picture(opengl, head, mesh):
    """Two renderers agree bit for bit."""
    frame = posed(mesh, jawOpen=0.3, headYaw=0.2)
    pictures = []
    for _ in range(2):
        renderer = MeshRenderer(head, 64, 64)
        pictures.append(renderer.render(frame).rgb)
        renderer.close()
    np.testing.assert_array_equal(*pictures)


@pytest.mark.gl
def test_two_renderers_share_a_thread(opengl, head, mesh):
    """Calls may alternate between renderers of one thread."""
    small, large = MeshRenderer(head, 64, 64), MeshRenderer(head, 96, 96)
    first = small.render(posed(mesh)).rgb
    assert large.render(posed(mesh)).rgb.shape == (96, 96, 3)
    np.testing.assert_array_equal(small.render(posed(mesh)).rgb, first)
    large.close()
    np.testing.assert_array_equal(small.render(posed(mesh)).rgb, first)
    small.close()


@pytest.mark.gl
@pytest.mark.slow
def test_opening_and_closing_leaks_nothing(opengl, head, mesh):
    """Memory settles when renderers come and go."""

    def peak_mb_after(rounds):
        for _ in range(rounds):
            renderer = MeshRenderer(head, 128, 128)
            renderer.render(posed(mesh))
            renderer.close()
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    settled = peak_mb_after(4)
    assert peak_mb_after(12) < settled + 12


def test_a_plain_head_looks_alike(opengl, head, mesh):
    """For a processor: no cast shadow, one shell of hair, edges smoothed after drawing."""
    pictures = []
    for plain in (False, True):
        made = MeshRenderer(head, SIZE, SIZE, RenderStyle(plain=plain))
        pictures.append(made.render(posed(mesh)).rgb.astype(float))
        made.close()
    assert 0.5 < np.abs(pictures[0] - pictures[1]).mean() < 8.0


def test_where_a_processor_draws_a_head_may_be_plain(opengl, head, mesh):
    """None leaves it to the device."""
    made = [MeshRenderer(head, 64, 64, RenderStyle(plain=plain)) for plain in (None, True, False)]
    auto, plain, full = (renderer.render(posed(mesh)).rgb for renderer in made)
    wanted = plain if "llvmpipe" in made[0].device else full
    assert (auto == wanted).all()
    for renderer in made:
        renderer.close()
