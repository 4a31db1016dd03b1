"""Hours of talk through the live scorer and the rules that act."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from stream_engine.audio.file_source import SAMPLE
from stream_engine.monitor import sync_scorer
from stream_engine.monitor.remedies import REALIGN
from stream_engine.monitor.sync_score import HOP_FRAMES
from stream_engine.monitor.sync_scorer import SyncScorer
from stream_engine.types import F32, SAMPLES_PER_FRAME, TICKS_PER_FRAME
from tests.fakes.streaming_ears import FAKE_CALIBRATION, fake_ears, levels, mel_of, motion_of
from tests.training.data.test_spoken_faces import speech_folder
from training.data.corpus.speech import read_speech
from training.listening import for_tests
from training.sync import healthy_hours
from training.sync.healthy_hours import Account, main, speech_of, watch

TESTED = next(f"s{k}" for k in range(99) if for_tests(f"s{k}"))


@pytest.fixture
def plain_hearing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A voice's samples are its level."""

    def features(voice_past: F32, heard_past: F32, voice: F32) -> tuple[F32, F32, F32]:
        level = voice.reshape(len(voice), -1, TICKS_PER_FRAME).mean(axis=2)
        return mel_of(level), voice_past, heard_past

    monkeypatch.setattr(sync_scorer, "quick_mel", features)


def said(frames: int, late: int, seed: int) -> tuple[F32, F32]:
    """Speech at 16 kHz and the motion of a face that is so many frames late."""
    level = levels(frames + 20, seed)
    at = np.arange(frames) + 10
    return level[at].repeat(SAMPLES_PER_FRAME), motion_of(level[at - late])


@pytest.mark.usefixtures("plain_hearing")
def test_what_is_right_is_left_alone_and_what_is_late_is_counted() -> None:
    """Sessions of a batch each by itself, the short one to its own end."""
    account, scorer = Account(), SyncScorer(fake_ears(), FAKE_CALIBRATION, 3)
    speech, faces = zip(said(300, 0, 1), said(124, 0, 2), strict=True)
    watch(scorer, speech, faces, account)
    assert account.seconds == pytest.approx((300 + 120) / 25)
    assert account.judged > 0
    assert not account.actions
    speech, faces = zip(said(300, 5, 3), said(300, 0, 4), strict=True)
    watch(scorer, speech, faces, account)
    assert account.actions[REALIGN] >= 1
    assert account.shifts >= account.actions[REALIGN]


def test_rates_are_told_with_exact_intervals() -> None:
    """No alarm in eight hours is at most .46 an hour."""
    rows = list(Account(8 * 3600.0).rows("all"))
    assert rows == ["| all, any of these | 0 | 8.00 | 0.00 [0.00, 0.46] |"]
    rows = list(Account(3600.0, actions=Counter({REALIGN: 2})).rows("a"))
    assert rows[0] == "| a, realign | 2 | 1.00 | 2.00 [0.24, 7.22] |"


def test_only_speakers_kept_for_tests(tmp_path: Path) -> None:
    """Where the place says so."""
    corpus = speech_folder(tmp_path / "c", np.zeros(3200, np.float32)).folder
    table = corpus / "utterances.tsv"
    table.write_text(table.read_text("utf-8").replace("s1", TESTED), "utf-8")
    assert len(speech_of(str(corpus))[1]) == 2
    name, speech = speech_of(f"{corpus}:held-out")
    assert name == "c"
    assert len(speech) == 1 + for_tests("s0")


@pytest.mark.slow
def test_the_command_prints_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Faces of the shipped model, by corpus and of all."""
    monkeypatch.setattr(healthy_hours, "PROFILES", ("balanced",))
    frames = 5 * HOP_FRAMES
    folder = tmp_path / "talk"
    speech_folder(folder, read_speech(SAMPLE)[: frames * SAMPLES_PER_FRAME])
    assert main(["--speech", str(folder), "--hours", "0.001"]) == 0
    told = capsys.readouterr().out
    assert "| talk, any of these | 0 | 0.00 |" in told
    assert "| all, any of these | 0 | 0.00 |" in told
