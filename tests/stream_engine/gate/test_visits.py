"""Who is here, and until when."""

import pytest

from stream_engine.errors import Forbidden, TimeUp, TooMany
from stream_engine.gate.tokens import Grant
from stream_engine.gate.visits import Visitor, Visits, visited_by, visitor
from stream_engine.service_config import LimitsConfig
from stream_engine.telemetry.metrics import Tally
from stream_engine.telemetry.traces import NoTraces
from tests.fakes.clock import ManualClock

HERE = Visitor("192.0.2.1", False)


def visits(clock: ManualClock | None = None, **limits: float) -> Visits:
    return Visits(LimitsConfig(**limits), clock or ManualClock(), Tally(), NoTraces())  # type: ignore[arg-type]


def test_an_address_has_as_many_sessions_as_it_may() -> None:
    """Counted until they leave; leaving twice counts once; the key is not counted."""
    book = visits(sessions_per_address=2)
    with visited_by(HERE):
        for name in ("a", "b"):
            book.check("ultra")
            book.enter(name, "ultra", lambda error: None)
        with pytest.raises(TooMany) as caught:
            book.check("ultra")
        assert caught.value.retry_after_s > 0
        book.leave("a")
        book.leave("a")
        book.check("ultra")
        book.enter("c", "ultra", lambda error: None)
        with pytest.raises(TooMany):
            book.check("ultra")
    with visited_by(Visitor("192.0.2.1")):
        book.check("ultra")
    with visited_by(Visitor("192.0.2.2", False)):
        book.check("ultra")
    assert book.addresses == 1
    for name in ("b", "c"):
        book.leave(name)
    assert book.addresses == 0


@pytest.mark.parametrize(
    ("setting_s", "grant_s", "limit_s"), [(60, 0, 60), (0, 30, 30), (60, 30, 30), (60, 90, 60)]
)
def test_the_shorter_of_two_limits_holds(setting_s: float, grant_s: float, limit_s: float) -> None:
    """Told once, at the moment; sessions without a limit stay."""
    clock, told = ManualClock(), list[Exception]()
    book = visits(clock, longest_session_s=setting_s)
    with visited_by(Visitor("192.0.2.1", False, Grant(longest_s=grant_s))):
        book.enter("a", "ultra", told.append)
    clock.advance(limit_s - 0.01)
    book.end_overdue()
    assert not told
    for _ in range(3):
        clock.advance(0.01)
        book.end_overdue()
    (error,) = told
    assert isinstance(error, TimeUp)
    forever = visits(clock)
    forever.enter("b", "ultra", told.append)
    clock.advance(1e9)
    forever.end_overdue()
    assert len(told) == 1


def test_a_token_for_one_profile_opens_no_other() -> None:
    """The one it is for goes."""
    with visited_by(Visitor(grant=Grant("ultra"))):
        visits().check("ultra")
        with pytest.raises(Forbidden, match="expected ultra"):
            visits().check("quality")


def test_whom_a_task_works_for_is_known_while_it_does() -> None:
    """And forgotten after."""
    with visited_by(HERE):
        assert visitor() == HERE
    assert visitor().trusted
