"""Recorded against made lips as a picture."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stream_engine.errors import AssetError
from tests.training.evaluation.tiny_model import tiny_checkpoint
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluation.lip_curves import Curve, chosen, draw, main, word_spans


def test_words_are_runs_of_frames() -> None:
    """The first and last frame may be inside a word."""
    word = np.array(["bin", "bin", "", "", "blue", "at", "at"])
    assert word_spans(word) == [("bin", 0, 2), ("blue", 4, 5), ("at", 5, 7)]
    assert word_spans(np.array(["", ""])) == []


def test_clips_are_chosen_by_name() -> None:
    """In the order named; the first few by default; an unknown one is explained."""
    pairs = made_up_pairs(5)
    assert chosen(pairs, "clip3,clip0", 2).name.tolist() == ["clip3", "clip0"]
    assert chosen(pairs, None, 2).name.tolist() == ["clip0", "clip1"]
    with pytest.raises(AssetError, match="clip9"):
        chosen(pairs, "clip3,clip9", 2)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_other_lips_draw_another_curve(tmp_path: Path) -> None:
    """The picture shows what it is given."""
    pairs = made_up_pairs(2)
    pictures = []
    for share in (0.5, 1.0, 1.0):
        gap, width = share * pairs.gap[None], pairs.width[None]
        draw(pairs, [Curve("model", gap, width)], tmp_path / "c.png")
        with Image.open(tmp_path / "c.png") as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    assert np.array_equal(pictures[1], pictures[2])
    assert (pictures[0] != pictures[1]).any(axis=-1).sum() > 500


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_command_draws_any_number_of_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PNG small enough for documentation."""
    made_up_pairs(8).save(tmp_path / "p.npz")
    (a, recipe), (b, _) = tiny_checkpoint(tmp_path, 0), tiny_checkpoint(tmp_path, 1)
    about = ["--pairs", str(tmp_path / "p.npz"), "--recipe", str(recipe), "--samples", "2"]
    models = ["--model", f"a={a}", "--model", f"b={b}", "--clips", "clip3,clip1"]
    monkeypatch.setattr(sys, "argv", ["curves", *about, *models, "--out", str(tmp_path / "c.png")])
    main()
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.size == (828, 396)
    assert (tmp_path / "c.png").stat().st_size < 200_000
