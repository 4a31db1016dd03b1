"""What `elocute judge` found, for people and for programs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stream_engine.monitor.recording_ears import HeardRecording
from stream_engine.monitor.recording_judge import RecordingJudgement, Stretch
from stream_engine.monitor.sync_evidence import LAGS, STEP_MS, STEPS_PER_SECOND
from stream_engine.monitor.verdict import IN_SYNC, QUIET, Verdict, certainty, runs_of, state_of
from stream_engine.transport.face_recording import FaceRecording
from stream_engine.types import F32

FORMAT = 1
LEAST_MOUTH_SHARE = 0.6
"""With fewer of the mouth's shapes a face is not judged."""

_WORST, _MOST_ALARMS, _MOST_NAMES = 5, 10, 6
_LOW_FPS, _UNLIKE_S, _SAME_RATIO = 15.0, 0.25, 2e-4
_LITTLE = 0.35


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """All there is to say.

    Attributes:
        audio: Path, and seconds it lasts.
        motion: Path, and seconds it lasts.
        face: What was read.
        judgement: Of the time both cover.
        verdict: In words.
        about: Versions and hashes of what judged.
    """

    audio: tuple[str, float]
    motion: tuple[str, float]
    face: FaceRecording
    judgement: RecordingJudgement
    verdict: Verdict
    about: dict[str, str]


def warnings_of(report: JudgeReport) -> list[str]:
    """What a reader should know before believing the verdict."""
    face, found = report.face, []
    if face.missing:
        names = ", ".join(face.missing[:_MOST_NAMES]) + ", ..." * (len(face.missing) > _MOST_NAMES)
        found.append(f"the motion lacks {len(face.missing)} shapes of the mouth ({names})")
    if 0.0 < face.fps < _LOW_FPS:
        found.append(f"{face.fps:.1f} frames a second are few: lips move faster")
    if face.moving and face.liveliness < _LITTLE:
        found.append(f"the mouth moves little ({face.liveliness:.2f}; below {_LITTLE} scores fall "
                     "though the words be right)")  # fmt: skip
    apart = report.motion[1] - report.audio[1]
    if abs(apart) > _UNLIKE_S:
        longer, shorter = ("motion", "audio") if apart > 0 else ("audio", "motion")
        found.append(f"the {longer} is {abs(apart):.1f} s longer than the {shorter}; what is "
                     "beyond is not judged")  # fmt: skip
    drift = report.judgement.drift
    if drift is not None and drift.told:
        found.append(f"the motion's clock runs at {drift.clock_ratio:.4f} of the sound's"
                     + _likely_cause(drift.clock_ratio))  # fmt: skip
    return found


def _likely_cause(ratio: float) -> str:
    if abs(ratio - 0.999) < _SAME_RATIO:
        return ", as if 29.97 frames a second were read as 30 (then say --fps 29.97)"
    if abs(ratio - 1.001) < _SAME_RATIO:
        return ", as if 30 frames a second were read as 29.97 (then say --fps 30)"
    return ""


def as_text(report: JudgeReport) -> str:
    """Write it for people.

    Args:
        report: Everything.

    Returns:
        Lines.
    """
    judged, face = report.judgement, report.face
    whole = judged.whole
    mouth = len(face.mouth) + len(face.missing)
    lines = [
        f"{report.verdict.sentence[0].upper()}{report.verdict.sentence[1:]}.",
        *(f"warning: {text}" for text in warnings_of(report)),
        "",
        f"judged   {whole.end_s:.1f} s, {judged.speech_s:.1f} s of speech in "
        f"{_many(len(judged.utterances), 'utterance')}",
        f"motion   {face.kind}, {face.fps:.2f} frames a second, {len(face.mouth)} of {mouth} "
        f"shapes of the mouth, {len(face.moving)} move",
    ]
    if report.verdict.kind == QUIET:
        return "\n".join(lines)
    lines += [
        f"score    {whole.score:.2f}",
        f"lag      {_signed(whole.lag_ms)} ms ({certainty(whole)}, {whole.confidence:.2f})",
    ]
    if judged.drift is not None:
        lines.append(f"drift    {_signed(judged.drift.ms_per_minute)} ms a minute "
                     f"({_signed(judged.drift.low)} to {_signed(judged.drift.high)})")  # fmt: skip
    lines += _alarm_lines(judged)
    return "\n".join([*lines, "", "worst seconds", *_worst(judged.seconds)])


def _alarm_lines(judged: RecordingJudgement) -> list[str]:
    if not judged.alarms:
        return ["alarms   none"]
    lines = []
    for number, alarm in enumerate(judged.alarms[:_MOST_ALARMS]):
        what = f"mouth {_signed(alarm.lag_ms)} ms" if alarm.lag_ms else "something else is said"
        head = "alarms" if number == 0 else ""
        when = f"{alarm.since_s:.1f} to {alarm.until_s:.1f} s, certain at {alarm.at_s:.1f} s"
        lines.append(f"{head:8} {when}: {what}")
    more = len(judged.alarms) - _MOST_ALARMS
    return [*lines, f"{'':8} and {more} more"] if more > 0 else lines


def _worst(seconds: Sequence[Stretch]) -> list[str]:
    judged = sorted((s for s in seconds if s.judged), key=lambda second: second.score)[:_WORST]
    return [
        f"  {row.start_s:7.1f} to {row.end_s:.1f} s   score {row.score:.2f}   {_lag(row)}"
        for row in judged
    ]


def _lag(row: Stretch) -> str:
    state = state_of(row)
    place = f"{_signed(row.lag_ms)} ms ({certainty(row)})"
    return place if state == IN_SYNC else f"{place}, {state}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + "s" * (count != 1)


def _signed(milliseconds: float) -> str:
    return f"{round(milliseconds):+d}" if round(milliseconds) else "0"


def as_json(report: JudgeReport) -> dict[str, Any]:
    """Give it to programs.

    Args:
        report: Everything.

    Returns:
        What JSON can hold; docs/judge.md says what the keys mean.
    """
    judged, face = report.judgement, report.face
    return {
        "format": FORMAT,
        "verdict": asdict(report.verdict),
        "warnings": warnings_of(report),
        "whole": _row(judged.whole),
        "speech_s": round(judged.speech_s, 2),
        "drift": None if judged.drift is None else asdict(judged.drift),
        "alarms": [asdict(alarm) for alarm in judged.alarms],
        "runs": [asdict(run) for run in runs_of(judged.seconds)],
        "utterances": [_row(row) for row in judged.utterances],
        "seconds": [_row(row) for row in judged.seconds],
        "audio": {"path": report.audio[0], "seconds": round(report.audio[1], 3)},
        "motion": {
            "path": report.motion[0],
            "seconds": round(report.motion[1], 3),
            "kind": face.kind,
            "fps": round(face.fps, 3),
            "mouth": list(face.mouth),
            "missing": list(face.missing),
            "moving": list(face.moving),
        },
        "about": report.about,
    }


def _row(row: Stretch) -> dict[str, Any]:
    values = {key: round(value, 4) for key, value in asdict(row).items()}
    return {**values, "state": state_of(row)}


def fit_at(heard: HeardRecording, lag_ms: float) -> F32:
    """Nats of each step at one lag, by the time of the voice.

    Args:
        heard: The recording.
        lag_ms: Which lag, to the nearest step.

    Returns:
        float32 [U]; 0 where nobody speaks, or nothing is there to compare.
    """
    column = int(abs(LAGS * STEP_MS - lag_ms).argmin())
    late = max(int(LAGS[column]), 0)
    fits: F32 = (heard.weights * heard.nats)[:, column].copy()
    if late:
        fits[:-late], fits[-late:] = fits[late:].copy(), 0.0
    return fits


def units_table(heard: HeardRecording, lag_ms: float) -> str:
    """Write what was said and seen, a line for each 20 ms.

    Args:
        heard: The recording.
        lag_ms: At which lag the two are compared.

    Returns:
        Tab-separated text with a header.
    """
    lines = ["time_s\tspeech\tvoice\tface\tfit"]
    fits = fit_at(heard, lag_ms)
    for step, fit in enumerate(fits):
        when = f"{step / STEPS_PER_SECOND:.2f}\t{heard.speech[step]:.2f}"
        lines.append(f"{when}\t{heard.said[step]}\t{heard.seen[step]}\t{fit:.2f}")
    return "\n".join(lines) + "\n"
