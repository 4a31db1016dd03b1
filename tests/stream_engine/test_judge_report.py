"""What was judged, for people and for programs."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from stream_engine.judge_report import (
    JudgeReport,
    as_json,
    as_text,
    fit_at,
    units_table,
    warnings_of,
)
from stream_engine.monitor.lag_drift import LagDrift
from stream_engine.monitor.recording_ears import HeardRecording, hear_recording
from stream_engine.monitor.recording_judge import judge_recording
from stream_engine.monitor.verdict import verdict_of
from stream_engine.motion.arkit import COEFFICIENT_NAMES
from stream_engine.transport.face_recording import face_recording
from stream_engine.types import F32
from tests.fakes.streaming_ears import fake_ears, levels, mel_of, motion_of
from tests.stream_engine.monitor.test_recording_judge import CALIBRATION

VOICE = levels(250, 0)


def made(level: F32 = VOICE, voice: F32 = VOICE) -> tuple[JudgeReport, HeardRecording]:
    """A report on a jaw, by ears of a few lines."""
    heard = hear_recording(fake_ears(), motion_of(level), mel_of(voice))
    judgement = judge_recording(heard, CALIBRATION)
    seconds = np.arange(len(level)) / 25
    face = face_recording("CSV", "m.csv", seconds, COEFFICIENT_NAMES, motion_of(level))
    verdict = verdict_of(judgement, len(face.moving))
    length = len(level) / 25
    report = JudgeReport(("a.wav", length), ("m.csv", length), face, judgement, verdict, {"a": "b"})
    return report, heard


def test_people_read_the_verdict_first() -> None:
    """Then the numbers, then the worst seconds."""
    lines = as_text(made()[0]).splitlines()
    assert lines[0] == "The face says these words, in sync."
    assert "judged   10.0 s, 10.0 s of speech in 1 utterance" in lines
    assert "motion   CSV, 25.00 frames a second, 29 of 29 shapes of the mouth, 1 move" in lines
    assert "lag      0 ms (sure, " in "\n".join(lines)
    assert "alarms   none" in lines
    assert len(lines[lines.index("worst seconds") + 1 :]) == 5


def test_a_shift_and_its_alarm_are_told() -> None:
    """With their times."""
    text = as_text(made(np.roll(VOICE, 4))[0])
    assert text.startswith("The mouth is 160 ms late (sure).")
    assert ": mouth +160 ms" in text
    assert "+160 ms (sure), late" in text


def test_silence_is_told_in_few_words() -> None:
    """No score, no lag."""
    text = as_text(made(VOICE, np.zeros_like(VOICE))[0])
    assert text.startswith("Nothing to judge: no speech.")
    assert not any(line.startswith(("score", "lag")) for line in text.splitlines())


def test_programs_get_all_of_it() -> None:
    """Plain JSON: the whole, each second, each utterance, each alarm, what was read and by whom."""
    report, _ = made(np.roll(VOICE, 4))
    found = json.loads(json.dumps(as_json(report), allow_nan=False))
    assert found["verdict"]["kind"] == found["whole"]["state"] == "late"
    assert len(found["seconds"]) == 10
    assert found["seconds"][3].keys() == {
        *("start_s", "end_s", "speech_s", "score", "lag_ms", "confidence", "state")
    }
    assert found["utterances"][0]["end_s"] == 10.0
    assert found["alarms"][0].keys() == {"since_s", "at_s", "until_s", "lag_ms"}
    assert found["runs"][0]["state"] == "late"
    assert found["motion"]["fps"] == 25.0
    assert found["motion"]["moving"] == ["jawOpen"]
    assert found["about"] == {"a": "b"}
    assert found["format"] == 1


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(-60.0, "0.9990.*--fps 29.97"), (60.0, "1.0010.*--fps 30"), (200.0, "1.0033 of the sound's$")],
)
def test_a_drift_is_explained(ratio: float, said: str) -> None:
    """What it does to the clock, and what usually does that."""
    report, _ = made()
    drift = LagDrift(ratio, ratio - 5, ratio + 5, 40)
    told = replace(report, judgement=replace(report.judgement, drift=drift))
    assert any(re.search(said, text) for text in warnings_of(told))
    assert "drift    " in as_text(told)


def test_what_is_missing_is_said() -> None:
    """Shapes, frames, seconds."""
    report, _ = made()
    assert not [text for text in warnings_of(report) if "little" not in text]
    seconds = np.arange(10) / 10.0
    few = face_recording("CSV", "m.csv", seconds, ["jawOpen", "mouthClose"], np.zeros((10, 2)))
    said = warnings_of(replace(report, face=few, audio=("a.wav", 12.0)))
    assert said[0].startswith("the motion lacks 27 shapes of the mouth (jawForward, ")
    assert said[1].startswith("10.0 frames a second are few")
    assert said[2].startswith("the audio is 2.0 s longer than the motion")


def test_a_mouth_that_hardly_moves_is_said() -> None:
    """A jaw alone is little; one that goes three times as far, with lips, is not."""
    report, _ = made()
    assert "the mouth moves little (0.2" in warnings_of(report)[0]
    values = np.stack([VOICE, VOICE], axis=1)
    lively = face_recording("CSV", "m.csv", np.arange(250) / 25, ["jawOpen", "mouthPucker"], values)
    assert not [text for text in warnings_of(replace(report, face=lively)) if "little" in text]


def test_fit_is_told_by_the_time_of_the_voice() -> None:
    """At the lag there is, every step fits from the first on; at another, most do not."""
    _, heard = made(np.roll(VOICE, 4))
    fits, rest = fit_at(heard, 160.0), fit_at(heard, 0.0)
    assert (fits[:480] > 1.0).all()
    assert (fits[-8:] == 0.0).all()
    assert (rest < 0.0).mean() > 0.5


def test_units_are_a_table() -> None:
    """A line for each 20 ms: time, speech, both units, how well they fit."""
    _, heard = made()
    lines = units_table(heard, 0.0).splitlines()
    assert lines[0].split("\t") == ["time_s", "speech", "voice", "face", "fit"]
    assert len(lines) == 501
    cells = lines[26].split("\t")
    assert cells[0] == "0.50"
    assert cells[2] == cells[3] == str(heard.said[25])
