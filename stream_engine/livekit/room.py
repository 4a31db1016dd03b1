"""What a worker needs of a room; `sdk_room` has LiveKit's."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stream_engine.audio.speech_queue import Pcm

Answer = Callable[[str, str], str]
"""Takes the caller's identity and the payload; gives what the caller is answered."""


@dataclass(frozen=True, slots=True)
class Person:
    """A participant.

    Attributes:
        identity: By which others call it.
        agent: Whether it joined as an agent.
        on_behalf: The identity of the agent whose avatar it is, or empty.
    """

    identity: str
    agent: bool = False
    on_behalf: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A byte stream that somebody opened.

    Attributes:
        name: For the log.
        sender: Identity.
        attributes: Of its header.
        chunks: Its bytes; PeerClosed if it breaks off.
        close: Ask for no more of it.
    """

    name: str
    sender: str
    attributes: Mapping[str, str]
    chunks: AsyncIterator[bytes]
    close: Callable[[], None]


class Guest(Protocol):
    """Who is told what happens in a room; on the loop."""

    def stream(self, incoming: Incoming) -> None:
        """Take a byte stream of the topic asked for."""
        ...

    def people_changed(self) -> None:
        """Somebody came, left, or changed attributes."""
        ...

    def room_over(self, reason: str, lost: bool) -> None:
        """The room is over for us: lost, or as it should be."""
        ...


class Stage(Protocol):
    """Where voice and face are published."""

    async def say(self, pcm: Pcm) -> None:
        """Send 20 ms of voice, int16 at 48 kHz; it leaves now."""
        ...

    def show(self, rgb: NDArray[np.uint8]) -> None:
        """Send a picture, uint8 [H, W, 3]; it leaves now."""
        ...

    async def close(self) -> None:
        """Send no more."""
        ...


class Room(Protocol):
    """A room that was joined."""

    @property
    def me(self) -> Person:
        """This participant."""
        ...

    @property
    def steady(self) -> bool:
        """Whether the connection stands; while it is mended, nobody seems to be there."""
        ...

    def people(self) -> Sequence[Person]:
        """The others."""
        ...

    async def introduce(self, attributes: Mapping[str, str]) -> None:
        """Show attributes to everybody; TransportError if the token does not allow it."""
        ...

    def answer(self, method: str, answer: Answer) -> None:
        """Answer calls of a method."""
        ...

    async def call(self, identity: str, method: str, payload: str) -> bool:
        """Call somebody; False if they do not know the method, TransportError if it failed."""
        ...

    async def publish(self, width: int, height: int, kbps: int) -> Stage:
        """Publish a voice and a face of that size."""
        ...

    async def leave(self) -> None:
        """Leave; may be called again."""
        ...
