"""Answers of ``/v1/realtime`` that are worked out: what a session is, where it was cut."""

from stream_engine.motion.arkit import COEFFICIENT_NAMES
from stream_engine.motion.window import profile_named
from stream_engine.prompter import Cut
from stream_engine.realtime_wire import CutAnswer, Described
from stream_engine.session import Session
from stream_engine.text_wire import MOST_TEXT
from stream_engine.types import MOTION_FPS, TICKS_PER_SECOND

_MS_DIGITS = 3


def heard_ms(samples: int, rate_hz: int) -> float:
    """Samples as milliseconds, with the digits that name each one, at 48 kHz, too."""
    return round(1000.0 * samples / rate_hz, _MS_DIGITS)


def described(session: Session, rate_hz: int, binary: bool, has_voice: bool) -> Described:
    """Describe a session to its client.

    Args:
        session: Open.
        rate_hz: Of what the client pushes.
        binary: Deltas come as binary messages.
        has_voice: Text can be spoken.

    Returns:
        What ``session.created`` tells.
    """
    profile = profile_named(session.parts.profile)
    return Described(
        id=session.id,
        profile=profile.name,
        rate_hz=rate_hz,
        fps=MOTION_FPS,
        latency_ms=round(profile.latency * 1000 / TICKS_PER_SECOND),
        delay_ms=round(session.delay * 1000 / TICKS_PER_SECOND),
        encoding="binary" if binary else "json",
        names=list(COEFFICIENT_NAMES),
        most_text=MOST_TEXT if has_voice else 0,
    )


def cut_answer(kind: str, cut: Cut, rate_hz: int) -> CutAnswer:
    """Tell where it was cut.

    Args:
        kind: ``response.cancelled`` or ``response.paused``.
        cut: What the prompter says.
        rate_hz: Of what the client pushes.

    Returns:
        The answer.
    """
    return CutAnswer(
        type=kind,
        response_id=cut.utterance,
        pts=cut.at.pts,
        frame=cut.at.first,
        resume_frame=cut.at.resume,
        ms_to_neutral=round(1000.0 * cut.at.neutral_s, 1),
        audio_end_ms=heard_ms(cut.played, rate_hz),
        dropped_ms=heard_ms(cut.dropped, rate_hz),
    )
