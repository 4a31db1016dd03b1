"""The gallery."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stream_engine.mesh.head_asset import HEADS
from training.head import gallery
from training.head.looks import AVATARS

DOCS = Path(__file__).parents[3] / "docs"


def size(file):
    """Of a picture."""
    with Image.open(file) as image:
        return image.size


def test_the_page_in_the_docs_is_the_one_the_command_writes():
    """Every avatar with its two pictures, which are there."""
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    assert text == gallery.page({name: AVATARS[name].about for name in HEADS})
    for name in HEADS:
        for picture in (f"avatar-{name}.jpg", f"avatar-{name}-close.jpg"):
            assert picture in text
            assert size(DOCS / "images" / picture)[0] > 500


def test_what_is_transparent_shows_the_checkers():
    """Alpha 0 is the pattern, 255 the colour, half is half."""
    still = np.zeros((40, 40, 4), np.uint8)
    still[..., 0] = 200
    still[:, 20:, 3] = 255
    laid = gallery.on_checkers(still)
    assert {204, 236} == set(laid[:, :20, 1].ravel())
    assert (laid[:, 20:] == (200, 0, 0)).all()


@pytest.mark.gl
def test_one_command_draws_it_all(tmp_path, monkeypatch):
    """Pictures and page, in an empty folder."""
    monkeypatch.setattr(gallery, "_SIZE", 48)
    monkeypatch.setattr(gallery, "HEADS", {"default": HEADS["default"]})
    monkeypatch.setattr(sys, "argv", ["gallery", "--docs", str(tmp_path)])
    gallery.main()
    assert size(tmp_path / "images" / "avatar-default.jpg") == (48 * 4, 48 * 2)
    assert size(tmp_path / "images" / "backgrounds.jpg") == (48 * 4, 48)
    assert "## default" in (tmp_path / "gallery.md").read_text(encoding="utf-8")
