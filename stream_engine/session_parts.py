"""What a session is made of, what it shares with others, where it was cut."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from stream_engine.batching.lane import Lane
from stream_engine.engine_pool import EnginePool
from stream_engine.motion.emotion import Manner
from stream_engine.protocols import Clock, HeadPoser
from stream_engine.render_loop import RenderLoop, Seat
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import MotionFrames

if TYPE_CHECKING:
    from stream_engine.session import Session


class House(Protocol):
    """What a session shares with the others; `household.Household` is it."""

    clock: Clock
    tally: Tally
    engine: EnginePool
    render: RenderLoop

    def leave(self, session: "Session", lane: Lane, seat: Seat | None) -> None:
        """Take a session out of everything."""
        ...


class Listener(Protocol):
    """A further door of a session; on the loop."""

    def motion(self, frames: MotionFrames) -> None:
        """Take final motion; a start that has been before is after a cut, and replaces the rest."""
        ...

    def ended(self) -> None:
        """Take note that the session is over."""
        ...


@dataclass(frozen=True, slots=True)
class SessionParts:
    """What a session is made of, built off the loop.

    Attributes:
        profile: Latency profile by name.
        avatar: Avatar by name.
        poser: Shared by all sessions of the avatar; None for a session without pictures.
        manner: What it begins with.
        record: Whoever opens it wants it recorded.
    """

    profile: str
    avatar: str
    poser: HeadPoser | None
    manner: Manner
    record: bool = False


@dataclass(frozen=True, slots=True)
class Interruption:
    """Where a session was cut.

    Attributes:
        pts: First tick that is not heard any more, but for a fade of `FADE_TICKS`.
        first: First frame that shows nothing of what was cut.
        resume: First frame of new motion; between the two the face shuts its mouth.
        neutral_s: Seconds until the frame is released whose mouth is shut.
    """

    pts: int
    first: int
    resume: int
    neutral_s: float


class Audience:
    """Who looks at a session's pictures; while nobody does, none are drawn.

    *Thread*: the loop.

    Args:
        show: Told when the first begins to look and when the last has stopped.
    """

    def __init__(self, show: Callable[[bool], None]) -> None:
        self._show = show
        self._shown = True
        self._looking: set[object] = set()
        self._over = False

    def look(self, who: object, pictures: bool) -> None:
        """Take note that somebody looks, or does not; nothing after the end.

        Args:
            who: Anything that stands for them.
            pictures: Whether they look.
        """
        if pictures:
            self._looking.add(who)
        else:
            self._looking.discard(who)
        shown = bool(self._looking)
        if shown != self._shown and not self._over:
            self._shown = shown
            self._show(shown)

    def close(self) -> None:
        """End: nothing is drawn again."""
        self._over = True
        self._looking.clear()
