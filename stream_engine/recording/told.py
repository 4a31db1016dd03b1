"""The events that a replay acts on."""

from dataclasses import dataclass

from stream_engine.motion.emotion import Heard


@dataclass(frozen=True, slots=True)
class Express:
    """Event ``express``: somebody asked for a manner."""

    emotion: str
    intensity: float
    style: float
    passing: dict[str, object] | None = None
    passed: int = 0


@dataclass(frozen=True, slots=True)
class Shown(Express):
    """Event ``manner``: the windows after this were made in it."""


@dataclass(frozen=True, slots=True)
class Worked:
    """Event ``work``: the windows after this were made with more steps, with a plain mouth."""

    boosted: bool
    fallback: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """Event ``cut``: an interruption; nothing heard so far is shown from frame ``first`` on.

    Attributes:
        first: First frame after the cut.
        resume: First frame of new motion.
        face: Frame that was shown last, or -1 if none can be told.
    """

    first: int
    resume: int
    face: int


@dataclass(frozen=True, slots=True)
class Restarted:
    """Event ``restart``: the model began anew.

    Attributes:
        frame: Where.
        skipped: It fell behind and left speech out; False after a cut.
    """

    frame: int
    skipped: bool


Told = Express | Shown | Worked | Heard | Cut | Restarted
"""`Heard`, event ``heard``: who talked to the face; the windows after it knew."""
