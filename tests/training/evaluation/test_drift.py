"""Ten minutes of speech."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import ConfigError
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.state import MotionState
from stream_engine.motion.window import PROFILES
from stream_engine.types import F32
from tests.fakes.linear_models import LinearEncoder, LinearSampler
from tests.training.evaluation.tiny_model import tiny_checkpoint
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluation import drift
from training.evaluation.drift import MINUTE, drift_table, lay, lips, main, movement, score_minutes
from training.evaluation.lip_reader import LipReader


def test_streams_hold_every_clip_in_their_own_order() -> None:
    """Sound and face stay together; the last minute repeats the first; a seed repeats all."""
    pairs = made_up_pairs(20, 100)
    talk = lay(pairs, 2, 3, seed=0)
    assert talk.motion.shape == (2, 3 * MINUTE, 55)
    assert talk.mel.shape == (2, 12 * MINUTE, 80)
    firsts = {float(gap) for gap in talk.gap[0, :2000:100]}
    assert firsts == {float(gap) for gap in pairs.gap[:, 0]}
    for start in (0, 700, 2 * MINUTE + 300):
        clip = int(np.flatnonzero((pairs.gap[:, :99] == talk.gap[1, start : start + 99]).all(1))[0])
        assert np.array_equal(talk.mel[1, 4 * start : 4 * start + 400], pairs.mel[clip])
        assert np.array_equal(talk.motion[1, start : start + 100], pairs.motion[clip])
    assert not np.array_equal(talk.gap[0], talk.gap[1])
    assert np.array_equal(talk.gap[:, -MINUTE:], talk.gap[:, :MINUTE])
    assert np.array_equal(lay(pairs, 2, 3, seed=0).mel, talk.mel)
    with pytest.raises(ConfigError, match="nothing to compare"):
        lay(pairs, 2, 1, seed=0)


def test_movement_is_counted_by_hand() -> None:
    """A steady turn, wide eyes, two blinks and a resting face."""
    motion = np.zeros((1, MINUTE, 55), np.float32)
    motion[..., ARKIT_COUNT] = -0.3
    still = movement(LipReader(), motion)
    assert still["head, degrees"][0] == pytest.approx(np.degrees(0.1))
    assert still["upper face, mm/s"][0] == 0.0
    motion[..., INDEX["eyeWideLeft"]] = 0.5
    for start in (100, 900):
        motion[:, start : start + 5, INDEX["eyeBlinkLeft"]] = 1.0
    moved = movement(LipReader(), motion)
    assert moved["eyeWide"][0] == pytest.approx(0.25)
    assert moved["blinks a minute"][0] == 2.0
    assert moved["upper face, mm/s"][0] > 0.0


class DriftingHop(MotionHop):
    """A head that begins turned and turns further with every frame."""

    def step(
        self, state: MotionState, mel: F32, noise: F32, final: int | None = None
    ) -> tuple[F32, MotionState]:
        """One hop."""
        frames, following = super().step(state, mel, noise, final)
        turned = frames.copy()
        turned[..., ARKIT_COUNT] += 1.0 + 1e-3 * state.frame[:, None]
        return turned, following


@pytest.mark.slow
def test_drift_is_found_and_nothing_else() -> None:
    """A head that turns on and on differs from minute to minute; the lips do not."""
    talk = lay(made_up_pairs(20, 100), 3, 2, seed=0)
    hop = DriftingHop(LinearEncoder(), LinearSampler(), PROFILES["balanced"])
    minutes = score_minutes(hop, talk)
    assert len(minutes) == 2
    recorded = movement(LipReader(), talk.motion)
    table = drift_table(minutes, recorded)
    assert list(table) == ["minute 1", "minute 2", "2 less 1", "recorded"]
    turned = table["2 less 1"]["head, degrees"]
    assert turned.low == pytest.approx(np.degrees(1e-3 * MINUTE) / 3, rel=0.05)
    lips_apart = table["2 less 1"]["gap_pcc"]
    assert lips_apart.low < 0.0 < lips_apart.high
    assert abs(lips_apart.mean) < 0.05
    assert table["minute 1"]["lve_mm"].mean > 0.0


def test_a_recording_scores_itself_perfectly() -> None:
    """Each minute is compared with the same minute of the recording."""
    talk, reader = lay(made_up_pairs(20, 100), 1, 2, seed=0), LipReader()
    track = reader.read(talk.motion)
    same, second = replace(talk, gap=track.gap, width=track.width), slice(MINUTE, 2 * MINUTE)
    own = lips(reader, talk.motion[:, second], same, second)
    assert own["lve_mm"][0] == 0.0
    assert [own[k][0] for k in ("gap_pcc", "width_pcc", "lip_pcc")] == pytest.approx([1.0] * 3)
    other = lips(reader, talk.motion[:, second], same, slice(50, MINUTE + 50))
    assert other["lve_mm"][0] > 0.1


@pytest.mark.slow
def test_the_command_prints_the_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row per metric; the JSON holds every minute."""
    made_up_pairs(8, 60).save(tmp_path / "p.npz")
    monkeypatch.setattr(drift, "MINUTE", 50)
    checkpoint, recipe = tiny_checkpoint(tmp_path)
    about = ["--pairs", str(tmp_path / "p.npz"), "--model", str(checkpoint), "--steps", "1"]
    short = ["--streams", "2", "--minutes", "3", "--json", str(tmp_path / "d.json")]
    monkeypatch.setattr(sys, "argv", ["drift", *about, *short, "--recipe", str(recipe)])
    main()
    out = capsys.readouterr().out
    assert "| | minute 1 | minute 2 | minute 3 | 3 less 1 | recorded |" in out
    assert "| gap PCC |" in out
    saved = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    assert set(saved) == {"minute 1", "minute 2", "minute 3", "3 less 1", "recorded"}
