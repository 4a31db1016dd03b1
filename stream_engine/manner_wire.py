"""How a face is to look, and who talks to it, as clients of any door say it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manner:
    """Emotion, intensity 0..1 and style 0..2, changed while it speaks; null leaves it as it is.

    With any of the three times, in seconds, the expression comes, stays and goes again.
    """

    emotion: str | None = None
    intensity: float | None = None
    style: float | None = None
    onset_s: float | None = None
    apex_s: float | None = None
    offset_s: float | None = None


@dataclass(frozen=True, slots=True)
class Listen:
    """How loud somebody is who talks to the face, -120..0 dB of full scale; about ten a second."""

    level_db: float
    type: str = "listen"
