"""Faces that are right but unlike those the ears learned from."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.audio.file_source import speech_for_model
from stream_engine.monitor.recording_judge import Stretch
from stream_engine.motion.arkit import INDEX, MOUTH_NAMES
from stream_engine.types import F32
from tests.fakes.streaming_ears import levels, motion_of
from tests.paths import SAMPLE
from tests.stream_engine.audio.test_file_source import write_wav
from training.sync.judge_limits import (
    at_rate,
    main,
    rows,
    smoothed,
    with_noise,
    with_size,
    with_some_shapes,
)

FACE = motion_of(levels(50, 0))
JAW = INDEX["jawOpen"]


def test_sizes_stay_weights() -> None:
    """Half as far; no further than a weight goes."""
    assert np.allclose(with_size(FACE, 0.5), FACE * 0.5)
    assert with_size(FACE, 3.0).max() == 1.0


def test_shapes_are_lost_but_the_jaw() -> None:
    """As many as told, others each time."""
    full = np.ones((2, 55), np.float32)
    rng = np.random.default_rng(0)
    first, second = (with_some_shapes(full, 0.7, rng) for _ in range(2))
    kept = round(0.7 * len(MOUTH_NAMES))
    assert first.sum() == second.sum() == 2 * (55 - len(MOUTH_NAMES) + kept)
    assert (first[:, JAW] == 1.0).all()
    assert not np.array_equal(first, second)


def test_our_own_rate_changes_nothing() -> None:
    """Fewer frames keep those there are."""
    assert np.allclose(at_rate(FACE, 25), FACE, atol=1e-5)
    assert np.allclose(at_rate(FACE, 5)[::5], FACE[::5], atol=1e-5)


def test_noise_and_means_are_what_they_say() -> None:
    """Spread of the one, sum of the other."""
    noise = with_noise(FACE, 0.1, np.random.default_rng(0)) - FACE
    assert noise.std() == pytest.approx(0.1, rel=0.05)
    mean = smoothed(FACE, 3)
    assert mean.shape == FACE.shape
    assert np.allclose(mean[1:-1, JAW], (FACE[:-2] + FACE[1:-1] + FACE[2:])[:, JAW] / 3, atol=1e-6)


def test_every_way_is_a_row() -> None:
    """With the spread over draws where there are some."""

    def judge(face: F32) -> Stretch:
        return Stretch(0.0, 2.0, 2.0, float(face.mean()), 1.0, 0.5)

    found = list(rows(FACE, judge))
    assert found[0] == f"| as it is | {FACE.mean():.2f} | 1 | 0.50 |"
    assert len(found) == 1 + 5 + 5 + 4 + 3 + 2
    assert sum("10 draws" in row and " to " in row for row in found) == 8


@pytest.mark.slow
def test_the_command_prints_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any speech; here a few seconds, and none of the ways."""
    for name in ("SIZES", "SHARES", "RATES", "NOISES", "MEANS"):
        monkeypatch.setattr(f"training.sync.judge_limits.{name}", ())
    speech = write_wav(tmp_path / "a.wav", speech_for_model(SAMPLE)[:96_000], 16_000)
    assert main(["--audio", str(speech)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert float(lines[2].split("|")[2]) > 0.8
