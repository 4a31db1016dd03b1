"""What a client is told of its session: figures once a second, where it was cut."""

from stream_engine.session import Session
from stream_engine.session_parts import Interruption
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import TICKS_PER_SECOND
from stream_engine.wire import Answer, Interrupted, Stats

SHOWN_COUNTS = (
    "audio_gap_samples_total",
    "audio_stall_samples_total",
    "audio_underrun_samples_total",
    "motion_frames_total",
    "motion_dropped_total",
    "video_frames_total",
    "video_repeated_total",
    "video_skipped_total",
)
SHOWN_LATENCIES = {
    "engine": "engine_step_seconds",
    "motion": "capture_to_motion_seconds",
    "render": "render_seconds",
    "picture": "motion_to_picture_seconds",
    "late": "release_late_seconds",
    "release": "picture_to_sent_seconds",
    "server": "arrival_to_sent_seconds",
}
SHARED_LATENCIES = ("engine_step_seconds",)
"""A batch is of many sessions, so its time is the server's."""


def answer_of(sdp: str, kind: str, session: Session) -> Answer:
    """Say that a session is open, and what the server adds between hearing and showing."""
    delay_ms = round(session.delay * 1000 / TICKS_PER_SECOND)
    return Answer(sdp, kind, session.id, session.parts.profile, delay_ms)


def stats_of(session: Session, shared: Tally, zeros: dict[str, int]) -> Stats:
    """Say what was counted and measured so far.

    Args:
        session: Whose counts.
        shared: Of all sessions, for what is theirs together.
        zeros: Timestamps of media time 0, by track.

    Returns:
        Medians in milliseconds, and counts.
    """
    latency = {}
    for shown, name in SHOWN_LATENCIES.items():
        source = shared if name in SHARED_LATENCIES else session.tally
        value = source.percentile(name, 0.5)
        if value is not None:
            latency[shown] = round(value * 1000, 2)
    counts = {name: session.tally.count(name) for name in SHOWN_COUNTS}
    return Stats(session.delay * 1000 / TICKS_PER_SECOND, latency, counts, zeros)


def interrupted_message(cut: Interruption) -> Interrupted:
    """Turn a cut into its message."""
    return Interrupted(cut.pts, cut.first, cut.resume, round(1000.0 * cut.neutral_s, 1))
