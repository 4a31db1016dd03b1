"""What a client of ``/v1/realtime`` waits for: answers to its questions, the end of its responses.

Answers of a kind come in the order in which they were asked for, and only errors name their
question; responses end in the order in which they were committed, or all at once by an interrupt.
"""

import asyncio
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from clients.python.face import Spoken, samples_in
from stream_engine.errors import SignalingError, StreamEngineError
from stream_engine.realtime_wire import Answer, CutAnswer, ResponseDone, Resumed, SessionUpdated

CANCELLED = "response.cancelled"


@dataclass(eq=False, slots=True)
class Response:
    """Speech that belongs together.

    Attributes:
        name: Its commit is sent with.
        done: What became of it.
        cut: An interrupt was sent since it began.
    """

    name: str
    done: "asyncio.Future[Spoken]"
    cut: bool = False


@dataclass(eq=False, slots=True)
class _Asked:
    answer: str
    done: "asyncio.Future[Answer]"
    ends: list[Response] = field(default_factory=list)


class Ledger:
    """Questions and responses that are not settled.

    *State*: as many as the program has open. *Thread*: the loop.

    Args:
        rate_hz: Of the speech.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._numbers = itertools.count(1)
        self._asked: dict[str, _Asked] = {}
        self._committed: deque[Response] = deque()
        self._open: Response | None = None

    def begin(self) -> Response:
        """The response that is open, or a new one."""
        if self._open is None or self._open.cut:
            self._open = Response(f"commit_{next(self._numbers)}", _future())
        return self._open

    def whole(self) -> Response:
        """Begin a response and close it; SignalingError while one is open."""
        if self._open is not None and not self._open.cut:
            raise SignalingError("a response is open", fix="finish it before")
        self.begin()
        return self.commit()

    def commit(self) -> Response:
        """Close the open response.

        Returns:
            It.

        Raises:
            SignalingError: If none is open.
        """
        response, self._open = self._open, None
        if response is None:
            raise SignalingError("there is nothing to finish", fix="append speech before")
        if not response.cut:
            self._committed.append(response)
        return response

    def ask(self, answer: str) -> "tuple[str, asyncio.Future[Answer]]":
        """Note a question.

        Args:
            answer: Type of its answer.

        Returns:
            The name it is to be sent with, and what will hold the answer.
        """
        asked = _Asked(answer, _future())
        if answer == CANCELLED:
            asked.ends = [*self._committed, *([self._open] if self._open else [])]
            self._committed.clear()
            for response in asked.ends:
                response.cut = True
        name = f"event_{next(self._numbers)}"
        self._asked[name] = asked
        return name, asked.done

    def settle(self, answer: CutAnswer | SessionUpdated | Resumed) -> None:
        """Take an answer."""
        for name, asked in self._asked.items():
            if asked.answer == answer.type:
                del self._asked[name]
                break
        else:
            return
        if isinstance(answer, CutAnswer):
            heard = samples_in(answer.audio_end_ms, self._rate_hz) if answer.response_id else 0
            for response in (it for it in asked.ends if not it.done.done()):
                response.done.set_result(Spoken(False, heard))
                heard = 0
        if not asked.done.done():
            asked.done.set_result(answer)

    def heard(self, done: ResponseDone) -> None:
        """Take note that the oldest response was heard to its end; cut ones are `settle`'s."""
        if done.status != "completed":
            return
        spoken = Spoken(True, samples_in(done.audio_end_ms, self._rate_hz))
        for response in self._waiting():
            if not response.done.done():
                response.done.set_result(spoken)
                break
        while self._committed and self._committed[0].done.done():
            self._committed.popleft()

    def refuse(self, name: str, error: StreamEngineError) -> bool:
        """Give an error to the question it names; False if there is no such question."""
        asked = self._asked.pop(name, None)
        named: list[asyncio.Future[Any]] = (
            [asked.done] if asked else [it.done for it in self._waiting() if it.name == name]
        )
        for future in named:
            if not future.done():
                future.set_exception(error)
        return bool(named)

    def fail(self, cause: StreamEngineError) -> None:
        """Everything that waits has waited in vain."""
        responses = [*self._waiting(), *([self._open] if self._open else [])]
        asked, self._asked = self._asked, {}
        waiting: list[asyncio.Future[Any]] = [it.done for it in asked.values()]
        for future in (*waiting, *(it.done for it in responses)):
            if not future.done():
                future.set_exception(cause)

    def _waiting(self) -> list[Response]:
        """Committed and not settled; an interrupt on its way has taken some of them along."""
        return [it for asked in self._asked.values() for it in asked.ends] + [*self._committed]


def _future() -> "asyncio.Future[Any]":
    """Make a future whose error nobody has to look at: who has left does not care."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future
