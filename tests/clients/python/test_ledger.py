"""Who waits for what."""

import asyncio
from collections.abc import Callable

import pytest

from clients.python.face import Spoken
from clients.python.ledger import CANCELLED, Ledger
from stream_engine.errors import ConfigError, PeerClosed, SignalingError
from stream_engine.manner_wire import Manner
from stream_engine.realtime_wire import CutAnswer, ResponseDone, SessionUpdated


def used(work: Callable[[Ledger], None]) -> None:
    async def use() -> None:
        work(Ledger(24_000))

    asyncio.run(use())


def cut(response: str | None, heard_ms: float) -> CutAnswer:
    return CutAnswer(CANCELLED, response, 0, 0, 0, 90.0, heard_ms, 0.0)


def test_responses_end_in_the_order_of_their_commits() -> None:
    """One append of the next does not touch the one before."""

    def work(ledger: Ledger) -> None:
        first = ledger.begin()
        assert ledger.begin() is first
        assert ledger.commit() is first
        second = ledger.begin()
        ledger.commit()
        ledger.heard(ResponseDone("a", "completed", 1000.0))
        assert first.done.result() == Spoken(True, 24_000)
        assert not second.done.done()
        ledger.heard(ResponseDone("b", "completed", 500.0))
        assert second.done.result() == Spoken(True, 12_000)
        with pytest.raises(SignalingError, match="nothing to finish"):
            ledger.commit()

    used(work)


def test_an_interrupt_ends_what_was_begun_before_it_and_nothing_else() -> None:
    """The spoken one with what was heard, those behind it with nothing; the next lives on."""

    def work(ledger: Ledger) -> None:
        first = ledger.begin()
        ledger.commit()
        second = ledger.begin()
        _, answer = ledger.ask(CANCELLED)
        third = ledger.begin()
        assert (first.cut, second.cut, third.cut) == (True, True, False)
        ledger.commit()
        ledger.settle(cut("a", 250.0))
        ledger.heard(ResponseDone("a", "cancelled", 250.0))
        assert first.done.result() == Spoken(False, 6_000)
        assert second.done.result() == Spoken(False, 0)
        assert answer.done()
        assert not third.done.done()

    used(work)


def test_what_was_heard_before_the_interrupt_was_read_was_heard() -> None:
    """The server's word counts: completed, though an interrupt was on its way."""

    def work(ledger: Ledger) -> None:
        response = ledger.begin()
        ledger.commit()
        ledger.ask(CANCELLED)
        ledger.heard(ResponseDone("a", "completed", 100.0))
        ledger.settle(cut(None, 0.0))
        assert response.done.result() == Spoken(True, 2_400)

    used(work)


def test_errors_find_the_question_that_they_name() -> None:
    """A manner, a commit; the answer of the next question is not given to the one refused."""

    def work(ledger: Ledger) -> None:
        name, refused = ledger.ask("session.updated")
        _, later = ledger.ask("session.updated")
        assert ledger.refuse(name, ConfigError("unknown emotion"))
        ledger.settle(SessionUpdated(Manner("sad")))
        assert isinstance(refused.exception(), ConfigError)
        assert later.result() == SessionUpdated(Manner("sad"))
        response = ledger.begin()
        ledger.commit()
        assert ledger.refuse(response.name, SignalingError("nothing to commit"))
        assert isinstance(response.done.exception(), SignalingError)
        assert not ledger.refuse("", ConfigError("whose?"))

    used(work)


def test_all_that_waits_learns_that_the_server_is_lost() -> None:
    """Questions, committed responses, the open one; who has left does not matter."""

    def work(ledger: Ledger) -> None:
        committed = ledger.begin()
        ledger.commit()
        _, left = ledger.ask(CANCELLED)
        left.cancel()
        _, answer = ledger.ask("response.resumed")
        opened = ledger.begin()
        ledger.fail(PeerClosed("gone"))
        for future in (committed.done, answer, opened.done):
            assert isinstance(future.exception(), PeerClosed)

    used(work)
