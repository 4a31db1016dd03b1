"""Tells a client how well face and voice go together; the same through every door."""

from collections.abc import Callable

from stream_engine.monitor.remedies import Action, SyncQuality
from stream_engine.sync_watch import Verdict
from stream_engine.sync_wire import FaceSync, FaceSyncAction
from stream_engine.types import TICKS_PER_FRAME

_DIGITS = 3


class SyncTeller:
    """Implements `SyncListener` by messages.

    Args:
        send: Takes them; never blocks.
    """

    def __init__(self, send: Callable[[FaceSync | FaceSyncAction], None]) -> None:
        self._send = send

    def watched(self, verdict: Verdict, quality: SyncQuality) -> None:
        """Tell what was found."""
        self._send(sync_message(verdict, quality))

    def remedied(self, action: Action) -> None:
        """Tell what was done about it."""
        self._send(action_message(action))


def sync_message(verdict: Verdict, quality: SyncQuality) -> FaceSync:
    """Turn what was found into its message."""
    utterance = verdict.utterance
    return FaceSync(
        pts=verdict.frame * TICKS_PER_FRAME,
        score=_rounded(verdict.score),
        lag_ms=_rounded(verdict.lag_ms, 1),
        confidence=round(verdict.confidence, _DIGITS),
        speech_s=round(verdict.speech_s, 2),
        said=list(verdict.said),
        seen=list(verdict.seen),
        utterance_score=_rounded(utterance[0]) if utterance else None,
        utterance_lag_ms=_rounded(utterance[1], 1) if utterance else None,
        align_ms=quality.align_ms,
        boosted=quality.boosted,
        fallback=quality.fallback,
    )


def action_message(action: Action) -> FaceSyncAction:
    """Turn what was done into its message."""
    quality = action.quality
    return FaceSyncAction(
        action.kind,
        action.on,
        action.because,
        quality.align_ms,
        quality.boosted,
        quality.fallback,
    )


def _rounded(value: float | None, digits: int = _DIGITS) -> float | None:
    return None if value is None else round(value, digits)
