"""Speech file in, motion out, through a running server: ``python -m clients.python.stream A.wav``.

Sends a WAV file to the WebSocket door and writes one line of CSV per motion frame. A server that
wants a key or token is shown that of the environment variable ``ELOCUTE_TOKEN``.
"""

import argparse
import asyncio
import csv
import os
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from clients.python.faults import error_of, refusal, unreachable
from stream_engine.errors import (
    AudioError,
    PeerClosed,
    StreamEngineError,
)
from stream_engine.wire import (
    End,
    Ended,
    Express,
    Failure,
    Message,
    Motion,
    Ready,
    decode_event,
    encode,
)

URL = "ws://localhost:8080/v1/speech"
CHUNK_S = 0.02
TICKS_PER_SECOND = 48_000


@dataclass(frozen=True, slots=True)
class Pcm:
    """A mono speech file.

    Attributes:
        rate_hz: Samples in a second.
        data: PCM16 little-endian.
    """

    rate_hz: int
    data: bytes


def read_wav(path: Path) -> Pcm:
    """Read a 16-bit WAV file, mixed down to mono.

    Args:
        path: The file.

    Returns:
        Its samples.

    Raises:
        AudioError: If it is anything else.
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate_hz = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        said = getattr(error, "strerror", None) or error
        raise AudioError(
            "the file cannot be read", got=f"{path}: {said}", expected="a 16-bit WAV file"
        ) from error
    if width != 2:
        raise AudioError(
            "not a 16-bit WAV file", got=f"{8 * width} bits", fix="convert it with sox or ffmpeg"
        )
    samples = np.frombuffer(data, "<i2").reshape(-1, channels)
    return Pcm(rate_hz, samples.mean(axis=1).astype("<i2").tobytes())


async def stream(
    url: str,
    pcm: Pcm,
    profile: str = "balanced",
    live: bool = False,
    manner: Express | None = None,
    token: str = "",
) -> AsyncIterator[Message]:
    """Send speech, give what comes back as it comes.

    Args:
        url: Of the WebSocket door, without a query.
        pcm: The speech.
        profile: Latency profile.
        live: Send at the speed of speech rather than as fast as the server takes it.
        manner: Emotion, intensity and style; the server's own by default.
        token: Key or token, where the server wants one.

    Yields:
        `Ready`, then `Motion` until `Ended`.

    Raises:
        PeerClosed: If the server goes away before the end.
        Unreachable: If there is no server.
        StreamEngineError: What the server refuses.
    """
    address = f"{url}?rate={pcm.rate_hz}&profile={profile}"
    try:
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        socket = await connect(address, additional_headers=shown)
    except InvalidStatus as error:
        raise refusal(error) from error
    except (OSError, WebSocketException) as error:
        raise unreachable(url, error) from error
    async with socket:
        sending = asyncio.create_task(_send(socket, pcm, live, manner))
        try:
            async for text in socket:
                message = decode_event(text if isinstance(text, str) else "")
                if isinstance(message, Failure):
                    raise error_of(message.error)
                yield message
                if isinstance(message, Ended):
                    return
        except ConnectionClosed as error:
            raise PeerClosed("the server closed the connection", got=str(error)) from error
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    raise PeerClosed("the server closed the connection before the end")


def _token() -> str:
    """Key or token of the environment: what stands on a command line, every user sees."""
    return os.environ.get("ELOCUTE_TOKEN", "")


async def _send(socket: ClientConnection, pcm: Pcm, live: bool, manner: Express | None) -> None:
    if manner is not None:
        await socket.send(encode(manner))
    loop = asyncio.get_running_loop()
    size = 2 * int(pcm.rate_hz * CHUNK_S)
    start = loop.time()
    for index, at in enumerate(range(0, len(pcm.data), size)):
        if live:
            await asyncio.sleep(start + index * CHUNK_S - loop.time())
        await socket.send(pcm.data[at : at + size])
    await socket.send(encode(End()))


async def write_csv(messages: AsyncIterator[Message], out: TextIO) -> int:
    """Write motion as CSV: frame, seconds, then the coefficients by name.

    Args:
        messages: From ``stream``.
        out: Takes the text.

    Returns:
        Frames written.
    """
    writer = csv.writer(out, lineterminator="\n")
    frames = 0
    async for message in messages:
        if isinstance(message, Ready):
            writer.writerow(["frame", "seconds", *message.names])
        elif isinstance(message, Motion):
            for index, row in enumerate(message.coefficients):
                seconds = message.pts / TICKS_PER_SECOND + index / message.fps
                writer.writerow([message.start + index, f"{seconds:.3f}", *row])
            frames += len(message.coefficients)
    return frames


async def _write(messages: AsyncIterator[Message], path: Path | None) -> int:
    held = []
    async for message in messages:
        held.append(message)
        if not isinstance(message, Ready):  # what is refused costs no file that is there
            break

    async def all_of_them() -> AsyncIterator[Message]:
        for message in held:
            yield message
        async for message in messages:
            yield message

    target = path.open("w", encoding="utf-8") if path else nullcontext(sys.stdout)
    with target as out:
        return await write_csv(all_of_them(), out)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status is 1 when it failed.

    Args:
        arguments: Of the command line; the program's own by default.

    Returns:
        Exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m clients.python.stream", description=__doc__)
    parser.add_argument("speech", type=Path, help="16-bit WAV file, 8 to 48 kHz")
    parser.add_argument("--url", default=URL, help="the server's WebSocket door (%(default)s)")
    parser.add_argument("--profile", default="balanced", help="ultra, balanced or quality")
    parser.add_argument("--emotion", help="neutral, happy, sad, angry, surprised, ...")
    parser.add_argument("--intensity", type=float, help="how much of it, 0..1")
    parser.add_argument("--style", type=float, help="strength of articulation, 0..2")
    parser.add_argument("--live", action="store_true", help="send at the speed of speech")
    parser.add_argument("-o", "--out", type=Path, help="CSV file (standard output by default)")
    given = parser.parse_args(arguments)
    try:
        manner = Express(given.emotion, given.intensity, given.style)
        messages = stream(
            given.url, read_wav(given.speech), given.profile, given.live, manner, _token()
        )
        frames = asyncio.run(_write(messages, given.out))
    except (StreamEngineError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"{frames} frames\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
