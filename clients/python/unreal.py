"""Speech to a server far away, the face to Unreal here: ``python -m clients.python.unreal A.wav``.

Sends a WAV file to the WebSocket door at the speed of speech and passes the motion on to Live Link
on this machine, as packets of the Live Link Face app. ``--player 'aplay -q'`` plays the voice
beside it: voice and face begin at one moment, a fixed delay after the speech was sent.
"""

import argparse
import asyncio
import shlex
import socket
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from clients.python.stream import URL, read_wav, stream
from stream_engine.errors import ConfigError, StreamEngineError
from stream_engine.formats import live_link
from stream_engine.output_config import OutputConfig
from stream_engine.wire import Express, Message, Motion, Ready

ROOM_MS = 150
"""Beyond the model's own latency: the way to the server and back, and its unevenness."""

LATE_S = 0.1
"""A frame that comes so much too late is left out."""

Start = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Forwarder:
    """Sends each frame when its moment of the speech is heard.

    Attributes:
        send: Takes one packet; never waits.
        subject: What Unreal lists.
        start: Called when the voice is to begin.
        room_ms: Delay beyond the model's latency.
        clock: Seconds; the loop's by default.
        sleep: Waits for seconds.
        sent: Frames sent.
        skipped: Frames left out because they came too late.
    """

    send: Callable[[bytes], None]
    subject: str
    start: Start
    room_ms: float = ROOM_MS
    clock: Callable[[], float] = lambda: asyncio.get_running_loop().time()
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    sent: int = field(default=0, init=False)
    skipped: int = field(default=0, init=False)

    async def run(self, messages: AsyncIterator[Message]) -> None:
        """Forward everything.

        Args:
            messages: From `clients.python.stream.stream`, sent live.
        """
        names: list[str] = []
        begins_s = 0.0
        voice: asyncio.Task[None] | None = None
        subject = live_link.Subject(self.subject, str(uuid.uuid4()), 25)
        try:
            async for message in messages:
                if isinstance(message, Ready):
                    names = message.names
                    begins_s = self.clock() + (message.latency_ms + self.room_ms) / 1000
                    subject = live_link.Subject(subject.name, subject.device, message.fps)
                    voice = asyncio.create_task(self._begin(begins_s))
                elif isinstance(message, Motion):
                    for offset, row in enumerate(message.coefficients):
                        frame = message.start + offset
                        if await self._wait(begins_s + frame / message.fps):
                            pose = dict(zip(names, row, strict=True))
                            self.send(live_link.packet(subject, pose, frame))
            if voice is not None:
                await voice
        finally:
            if voice is not None:
                voice.cancel()

    async def _begin(self, at_s: float) -> None:
        await self.sleep(max(0.0, at_s - self.clock()))
        await self.start()

    async def _wait(self, at_s: float) -> bool:
        """Wait for a frame's moment; False if it is long past."""
        ahead = at_s - self.clock()
        if ahead < -LATE_S:
            self.skipped += 1
            return False
        if ahead > 0:
            await self.sleep(ahead)
        self.sent += 1
        return True


def opened(address: str) -> socket.socket:
    """Open a socket that sends to a receiver and never waits.

    Args:
        address: Host and port, 11111 by default.

    Returns:
        The socket.

    Raises:
        ConfigError: If it is no address, or cannot be found.
    """
    to = OutputConfig("live_link", address)
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            to.host, to.port, type=socket.SOCK_DGRAM
        )[0]
        sock = socket.socket(family, kind, protocol)
        sock.connect(place)
    except OSError as error:
        raise ConfigError("the receiver cannot be found", got=f"{address}: {error}") from error
    sock.setblocking(False)
    return sock


async def _forward(given: argparse.Namespace, sock: socket.socket) -> Forwarder:
    players: list[asyncio.subprocess.Process] = []

    def send(data: bytes) -> None:
        try:
            sock.send(data)
        except OSError:
            return  # nobody listens yet, or the socket is full: the next frame is 40 ms away

    async def play() -> None:
        if given.player:
            command = [*shlex.split(given.player), str(given.speech)]
            players.append(await asyncio.create_subprocess_exec(*command))

    forwarder = Forwarder(send, given.subject, play, given.room_ms)
    manner = Express(given.emotion, given.intensity, given.style)
    try:
        await forwarder.run(
            stream(given.url, read_wav(given.speech), given.profile, live=True, manner=manner)
        )
        for player in players:
            await player.wait()
    finally:
        for player in players:
            if player.returncode is None:
                player.kill()
    return forwarder


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 1 when it failed.

    Args:
        arguments: Of the command line; the program's own by default.

    Returns:
        Exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m clients.python.unreal", description=__doc__)
    parser.add_argument("speech", type=Path, help="16-bit WAV file, 8 to 48 kHz")
    parser.add_argument("--url", default=URL, help="the server's WebSocket door (%(default)s)")
    parser.add_argument("--to", default="127.0.0.1:11111", help="Live Link's port (%(default)s)")
    parser.add_argument("--subject", default="Elocute", help="name in Unreal (%(default)s)")
    parser.add_argument("--profile", default="balanced", help="ultra, balanced or quality")
    parser.add_argument("--room-ms", type=float, default=ROOM_MS, help="for the network, ms")
    parser.add_argument("--player", help="command that plays a WAV file, as 'aplay -q'")
    parser.add_argument("--emotion", help="neutral, happy, sad, angry, surprised, ...")
    parser.add_argument("--intensity", type=float, help="how much of it, 0..1")
    parser.add_argument("--style", type=float, help="strength of articulation, 0..2")
    given = parser.parse_args(arguments)
    try:
        with opened(given.to) as sock:
            forwarder = asyncio.run(_forward(given, sock))
    except (StreamEngineError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"{forwarder.sent} frames, {forwarder.skipped} too late\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
