"""Recordings judged, by ears of a few lines."""

from dataclasses import replace

import numpy as np
import pytest

from stream_engine.monitor.recording_ears import HeardRecording, hear_recording
from stream_engine.monitor.recording_judge import RecordingJudgement, judge_recording
from stream_engine.monitor.sync_evidence import LAGS
from stream_engine.monitor.sync_score import Calibration
from stream_engine.types import F32
from tests.fakes.streaming_ears import fake_ears, levels, mel_of, motion_of

CALIBRATION = Calibration(
    in_sync=(-2.0, 1.0, 1.0, 0.0),
    located=(-2.0, 1.0, 1.0, 0.0),
    slack=0.1,
    shifted=400.0,
    expected=10.0,
    wrong=400.0,
)
SPEECH = levels(500, 0)


def judged(face: F32, voice: F32 = SPEECH) -> RecordingJudgement:
    ears = fake_ears()
    return judge_recording(hear_recording(ears, motion_of(face), mel_of(voice)), CALIBRATION)


def late(level: F32, frames: int) -> F32:
    return np.roll(level, frames)


def test_a_face_that_goes_with_its_voice() -> None:
    """In sync, all of it, second by second; no alarm."""
    found = judged(SPEECH)
    assert found.whole.score > 0.9
    assert abs(found.whole.lag_ms) < 5.0
    assert found.whole.confidence > 0.8
    assert not found.alarms
    assert found.speech_s == pytest.approx(20.0, abs=0.1)
    assert [row.start_s for row in found.seconds] == list(range(20))
    assert all(row.judged and row.score > 0.9 for row in found.seconds)


@pytest.mark.parametrize("frames", [-5, -3, 3, 5, 8])
def test_a_shift_is_found_in_milliseconds(frames: int) -> None:
    """Late above 0; in every second, and by an alarm that lasts."""
    found = judged(late(SPEECH, frames))
    assert found.whole.lag_ms == pytest.approx(40.0 * frames, abs=10.0)
    assert found.whole.score < 0.1
    assert np.median([row.lag_ms for row in found.seconds]) == pytest.approx(40 * frames, abs=10)
    assert [alarm.lag_ms for alarm in found.alarms] == [pytest.approx(40.0 * frames, abs=20.0)]
    alarm = found.alarms[0]
    assert alarm.since_s <= 1.0
    assert alarm.at_s < 4.0
    assert alarm.until_s > 18.0


def test_other_words_are_found_where_they_are() -> None:
    """From ten seconds on: the seconds there score low, the alarm says since when."""
    face = np.concatenate([SPEECH[:250], levels(250, 7)])
    found = judged(face)
    scores = np.array([row.score for row in found.seconds])
    assert (scores[:9] > 0.9).all()
    assert (scores[11:] < 0.5).all()
    assert 0.3 < found.whole.score < 0.7
    assert found.alarms[0].since_s == pytest.approx(10.0, abs=2.0)


def test_what_is_said_of_a_second_is_heard_in_it() -> None:
    """By the voice's time, whatever the lag: where it falls silent there is nothing to judge."""
    voice = SPEECH.copy()
    voice[200:300] = 0.0
    found = judged(late(voice, 8), voice)
    silent = [row.start_s for row in found.seconds if row.speech_s < 0.05]
    assert silent == [9.0, 10.0]
    spans = [(row.start_s, row.end_s) for row in found.utterances]
    assert spans == [(0.0, 8.0), (12.0, 20.0)]
    assert all(row.lag_ms == pytest.approx(320.0, abs=10.0) for row in found.utterances)


def test_short_pauses_do_not_part_an_utterance_and_clicks_are_none() -> None:
    """0.2 s of silence; 0.2 s of sound."""
    voice = np.zeros(150, np.float32)
    voice[10:60] = SPEECH[10:60]
    voice[30:35] = 0.0
    voice[100:105] = 0.5
    spans = [(row.start_s, row.end_s) for row in judged(voice, voice).utterances]
    assert spans == [(0.4, 2.4)]


def test_silence_is_not_judged() -> None:
    """No speech, no second that is judged, no utterance, no alarm, no drift."""
    found = judged(SPEECH, np.zeros_like(SPEECH))
    assert found.speech_s < 0.1
    assert not any(row.judged for row in (found.whole, *found.seconds))
    assert (found.utterances, found.alarms, found.drift) == ((), (), None)


def test_a_slow_clock_is_a_drift() -> None:
    """One per cent: the lag grows by 600 ms a minute."""
    at = np.clip(np.arange(1000) / 1.01, 0, None)
    voice = levels(1000, 3)
    found = judged(np.interp(at, np.arange(1000), voice).astype(np.float32), voice)
    assert found.drift is not None
    assert found.drift.ms_per_minute == pytest.approx(600.0, abs=60.0)
    assert found.drift.told


@pytest.mark.parametrize("frames", [1, 9, 12, 26])
def test_short_recordings_are_judged_as_far_as_they_go(frames: int) -> None:
    """Less than a hop, a window, a second: finite, whatever they say."""
    found = judged(SPEECH[:frames], SPEECH[:frames])
    assert len(found.seconds) == -(-frames // 25)
    assert np.isfinite([found.whole.score, found.whole.lag_ms, found.whole.speech_s]).all()


def test_an_utterance_is_judged_by_all_that_is_said_in_it() -> None:
    """At every lag the same eight seconds of the voice count."""
    voice = np.zeros(400, np.float32)
    voice[100:300] = SPEECH[100:300]
    (utterance,) = judged(voice, voice).utterances
    assert (utterance.start_s, utterance.end_s) == (4.0, 12.0)
    assert utterance.speech_s == pytest.approx(8.0, abs=0.01)


def constant(nats: F32, here: F32 | float = 0.0) -> HeardRecording:
    """Speech all along, every lag as good as the others, but for so much more in sync."""
    steps = len(nats)
    ones = np.ones((steps, len(LAGS)), np.float32)
    none = np.zeros(steps, np.int64)
    every = nats[:, None] * ones
    every[:, LAGS == 0] += np.reshape(here, (-1, 1))
    return HeardRecording(none, none, ones[:, 0], ones, every)


def test_an_alarm_says_since_when_it_grew() -> None:
    """By hand: 20 nats a hop are missing from 10 s on, 70 are certain after four hops."""
    here = np.where(np.arange(700) < 500, 2.0, 0.0).astype(np.float32)
    calibration = replace(CALIBRATION, expected=1.0, wrong=70.0)
    (alarm,) = judge_recording(constant(np.zeros_like(here), here), calibration).alarms
    assert (alarm.since_s, alarm.at_s, alarm.lag_ms) == pytest.approx((10.0, 11.6, 0.0))
    assert alarm.until_s == pytest.approx(13.2)


def test_long_stretches_are_no_surer_than_a_window() -> None:
    """A calibration that knows two seconds at most is asked about no more."""
    calibration = replace(CALIBRATION, located=(0.0, 0.0, 0.0, 1.0))
    whole = judge_recording(constant(np.ones(1000, np.float32)), calibration).whole
    assert whole.confidence == pytest.approx(1.0 / (1.0 + np.exp(-np.sqrt(2.0))), abs=1e-4)
    assert whole.speech_s > 19.0
