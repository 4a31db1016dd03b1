"""What clients are told of how well face and voice go together, over every door alike."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaceSync:
    """Every 400 ms: of the two seconds of sound and motion that end at ``pts``.

    ``score`` (0..1) and ``lag_ms`` (above 0 the mouth is late) are null where nobody spoke enough
    to be judged; ``confidence`` is of the lag. ``said`` are the speech units of the newest 400 ms
    of voice, 50 a second, ``seen`` those that are heard in the face. ``utterance_score`` and
    ``utterance_lag_ms`` come once, after an utterance. ``align_ms``, ``boosted`` and ``fallback``
    are what is being done.
    """

    pts: int
    score: float | None
    lag_ms: float | None
    confidence: float
    speech_s: float
    said: list[int]
    seen: list[int]
    utterance_score: float | None = None
    utterance_lag_ms: float | None = None
    align_ms: int = 0
    boosted: bool = False
    fallback: bool = False
    type: str = "face.sync"


@dataclass(frozen=True, slots=True)
class FaceSyncAction:
    """Something was done about it (``realign``, ``steps``, ``viseme``, ``alert``), or undone."""

    action: str
    on: bool
    because: str
    align_ms: int
    boosted: bool
    fallback: bool
    type: str = "face.sync.action"
