"""Who is here: sessions by address, and until when each may stay.

Whoever makes a request is known to everything its task does (`visitor`), so that a door opens
sessions through the household as before and need not know of addresses, tokens or limits.
"""

import dataclasses
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from stream_engine.errors import Forbidden, TimeUp, TooMany
from stream_engine.gate.tokens import Grant
from stream_engine.protocols import Clock
from stream_engine.service_config import LimitsConfig
from stream_engine.telemetry.log import SESSION
from stream_engine.telemetry.metrics import Tally
from stream_engine.telemetry.traces import End, Tracer

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 10
"""An address with as many sessions as it may have is asked to wait so long."""


ANYTHING = Grant()
"""What somebody may do who has no token and needs none."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who makes a request.

    Attributes:
        address: By which it is counted; empty if unknown.
        trusted: Showed the server's own key, or is this process itself: not counted.
        grant: What its token allows.
    """

    address: str = ""
    trusted: bool = True
    grant: Grant = ANYTHING


_visitor: ContextVar[Visitor] = ContextVar("visitor", default=Visitor())  # noqa: B039 - frozen


def visitor() -> Visitor:
    """Say who makes the request that this task works for; this process if none."""
    return _visitor.get()


@contextmanager
def visited_by(who: Visitor) -> Iterator[None]:
    """Work for somebody until the block ends."""
    before = _visitor.set(who)
    try:
        yield
    finally:
        _visitor.reset(before)


@dataclass(frozen=True, slots=True)
class Stay:
    """A session that is open.

    Attributes:
        session: Its id.
        who: Whose it is.
        ends_s: Wall time at which it must end.
        dismiss: Ends it, with the reason.
        traced: Ends its span.
    """

    session: str
    who: Visitor
    ends_s: float
    dismiss: Callable[[Exception], None]
    traced: End


class Visits:
    """Every session that is open.

    *State*: one `Stay` a session. *Thread*: the loop.

    Args:
        limits: How many, and how long.
        clock: Wall time.
        tally: Counts those whose time was up.
        tracer: Takes a span of each.
    """

    def __init__(self, limits: LimitsConfig, clock: Clock, tally: Tally, tracer: Tracer) -> None:
        self._limits = limits
        self._clock = clock
        self._tally = tally
        self._tracer = tracer
        self._stays: dict[str, Stay] = {}
        self._by_address: Counter[str] = Counter()

    @property
    def addresses(self) -> int:
        """Addresses with sessions."""
        return len(self._by_address)

    def check(self, profile: str) -> None:
        """Check that whoever asks may have one more session.

        Args:
            profile: Latency profile by name.

        Raises:
            Forbidden: If the token is for another profile.
            TooMany: If the address has as many as it may.
        """
        who = visitor()
        if who.grant.profile not in ("", profile):
            raise Forbidden(
                "the token is for another profile", got=profile, expected=who.grant.profile
            )
        most = self._limits.sessions_per_address
        if most and not who.trusted and self._by_address[who.address] >= most:
            raise TooMany(
                "too many sessions from one address",
                got=str(most),
                expected=f"at most {most}",
                fix="end another first",
                retry_after_s=RETRY_AFTER_S,
            )

    def enter(self, session: str, profile: str, dismiss: Callable[[Exception], None]) -> None:
        """Take a session in; lines that its task logs from now on are about it.

        Args:
            session: Its id.
            profile: Latency profile by name.
            dismiss: Ends it, with the reason.
        """
        who = visitor()
        SESSION.set(session)
        limits = [limit for limit in (self._limits.longest_session_s, who.grant.longest_s) if limit]
        ends_s = self._clock.now() + min(limits, default=float("inf"))
        traced = self._tracer.begin("session", {"session": session, "profile": profile})
        self._stays[session] = Stay(session, who, ends_s, dismiss, traced)
        self._by_address[who.address] += 1

    def leave(self, session: str) -> None:
        """Let a session go; one that has gone already is no error."""
        stay = self._stays.pop(session, None)
        if stay is None:
            return
        stay.traced({})
        self._by_address[stay.who.address] -= 1
        if not self._by_address[stay.who.address]:
            del self._by_address[stay.who.address]

    def end_overdue(self) -> None:
        """End the sessions whose time is up; each is told once."""
        now_s = self._clock.now()
        for stay in [stay for stay in self._stays.values() if stay.ends_s <= now_s]:
            self._stays[stay.session] = dataclasses.replace(stay, ends_s=float("inf"))
            logger.info("time is up", extra={"session": stay.session})
            self._tally.add("sessions_timed_out_total")
            stay.dismiss(TimeUp("the session has lasted as long as it may", fix="open another"))
