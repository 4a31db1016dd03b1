"""The avatars look as they were meant to, on whatever draws them."""

import numpy as np
import pytest

from stream_engine.errors import RenderError
from stream_engine.mesh.head_asset import HEADS
from stream_engine.mesh.skin_texture import read_png
from stream_engine.render.gl_context import GlContext
from tests.golden_faces import FOLDER, VIEWS, draw
from tests.perceptual import difference

MEAN, MOST = 0.85, 6.0
"""Bounds of the difference in CIELAB: over the head, and of all but a five-hundredth."""


def wrong(one, other):
    """Whether two pictures look different."""
    mean, most = measures(one, other)
    return mean > MEAN or most > MOST


def measures(made, meant):
    """Mean over the head, which is what differs from the wall; and nearly the most."""
    apart = difference(made, meant)
    head = difference(meant, np.broadcast_to(meant[0, 0], meant.shape)) > 12
    return apart[head].mean(), np.quantile(apart, 0.998)


@pytest.mark.gl
@pytest.mark.parametrize("avatar", HEADS)
def test_an_avatar_looks_as_it_was_meant(avatar):
    """Several views and expressions, within a tolerance for other drivers."""
    try:
        GlContext().close()
    except RenderError as error:
        pytest.skip(str(error))
    made, meant = draw(avatar), read_png((FOLDER / f"{avatar}.png").read_bytes())[..., :3]
    mean, most = measures(made, meant)
    assert not wrong(made, meant), f"mean {mean:.2f}, most {most:.1f}"


def golden(avatar):
    """What was meant."""
    return read_png((FOLDER / f"{avatar}.png").read_bytes())[..., :3]


@pytest.mark.parametrize("avatar", HEADS)
def test_what_is_seen_is_told(avatar):
    """A lamp a tenth weaker, a warmer one, another expression: each is a difference."""
    meant = golden(avatar)
    linear = (meant / 255.0) ** 2.2
    for tint in ((0.9, 0.9, 0.9), (1.06, 1.0, 0.92)):
        changed = np.clip((linear * tint) ** (1 / 2.2) * 255, 0, 255).astype(np.uint8)
        assert wrong(changed, meant)
    side = meant.shape[0]
    smile, neutral = VIEWS.index("smile"), VIEWS.index("neutral")
    swapped = meant.copy()
    swapped[:, smile * side :][:, :side] = meant[:, neutral * side :][:, :side]
    assert wrong(swapped, meant)


def test_what_is_not_seen_is_not_told():
    """One step of a byte up or down is the same picture."""
    meant = golden("default")
    noise = np.random.default_rng(0).integers(-1, 2, meant.shape)
    assert not wrong(np.clip(meant + noise, 0, 255).astype(np.uint8), meant)


def test_avatars_differ():
    """Nobody is another's copy."""
    faces = [golden(avatar) for avatar in HEADS]
    for place, face in enumerate(faces):
        for other in faces[place + 1 :]:
            assert difference(face, other).mean() > 3
