"""Many sessions at a server, each with recorded speech in real time, measured from outside.

``python -m clients.load_test ws://localhost:8080 --sessions 10 --seconds 20`` opens them over
``/v1/realtime``; ``--calls N`` adds calls over WebRTC, ``--unseen`` such as draw the face
themselves. Of each it tells how soon it was connected and how soon the first frame came; of motion,
how long after its own sound it came. A key or token is read from ``ELOCUTE_TOKEN``.
"""

import argparse
import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path

import numpy as np

from clients.metrics import Usage, read_usage
from clients.python.avatar import Avatar, connect
from clients.python.call import RecordedVoice, calling
from clients.python.dialling import Options
from clients.python.stream import Pcm, read_wav
from stream_engine.errors import StreamEngineError
from stream_engine.setting_checks import check_targets
from stream_engine.types import TICKS_PER_FRAME, TICKS_PER_SECOND

PACKET_S = 0.02
AHEAD_S = 0.1
"""Speech that waits at the server, so that a packet that comes late interrupts nobody."""

SHARES = {"p50": 50, "p95": 95, "p99": 99}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked.

    Attributes:
        url: Of the server, ``http://`` or ``ws://``, host and port.
        sessions: Over ``/v1/realtime``.
        calls: Over WebRTC.
        seconds: How long each speaks.
        unseen: The calls want no pictures.
        profile: Latency profile; the server's own if empty.
        ramp_s: They begin within so long.
        interrupt_s: Each session cuts itself off so often; never if 0.
        token: Key or token.
    """

    url: str
    sessions: int
    calls: int
    seconds: float
    unseen: bool = False
    profile: str = ""
    ramp_s: float = 2.0
    interrupt_s: float = 0.0
    token: str = ""

    def address(self, scheme: str) -> str:
        """The server's, without a path."""
        secure = self.url.startswith(("https", "wss"))
        host = self.url.partition("://")[2].strip("/")
        return f"{scheme}{'s' if secure else ''}://{host}"


@dataclass(slots=True)
class Talk:
    """What one session met.

    Attributes:
        connect_ms: Until it could speak.
        first_ms: From its first sound to its first frame, or picture.
        latency_ms: Of each frame of motion: how long it came after the end of its sound.
        shut_ms: Of each interrupt: until it was answered, and the mouth is shut after that at most.
        frames: Frames, or pictures, that came.
        missing: Frames that never did, in between; dropped at either end.
        error: What ended it early, by name.
    """

    connect_ms: float | None = None
    first_ms: float | None = None
    latency_ms: list[float] = field(default_factory=list)
    shut_ms: list[float] = field(default_factory=list)
    frames: int = 0
    missing: int = 0
    error: str = ""


async def speak(plan: Plan, speech: Pcm, number: int) -> Talk:
    """Be one session.

    Args:
        plan: What is asked.
        speech: What is said; each begins elsewhere in it.
        number: Which it is.

    Returns:
        What it met.
    """
    talk, loop = Talk(), asyncio.get_running_loop()
    await asyncio.sleep(plan.ramp_s * number / max(1, plan.sessions + plan.calls))
    began = loop.time()
    options = Options(profile=plan.profile, idle=False)
    url = plan.address("ws") + "/v1/realtime"
    try:
        async with connect(url, token=plan.token, rate=speech.rate_hz, options=options) as avatar:
            talk.connect_ms = 1000.0 * (loop.time() - began)
            origin_s = loop.time()
            watching = asyncio.create_task(_watch(avatar, talk, origin_s))
            try:
                await _say(avatar, speech, number, plan, talk)
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
            talk.missing += avatar.waiting_frames.dropped
    except StreamEngineError as error:
        talk.error = type(error).__name__
    return talk


async def _say(avatar: Avatar, speech: Pcm, number: int, plan: Plan, talk: Talk) -> None:
    """Send packets at the speed of speech."""
    loop, size = asyncio.get_running_loop(), 2 * int(PACKET_S * speech.rate_hz)
    packets, every = len(speech.data) // size, int(plan.interrupt_s / PACKET_S)
    began = loop.time()
    for packet in range(int(plan.seconds / PACKET_S)):
        await asyncio.sleep(began + packet * PACKET_S - AHEAD_S - loop.time())
        at = (packet + 37 * number) % packets * size
        await avatar.append(speech.data[at : at + size])
        if every and packet % every == every - 1:
            asked_s = loop.time()
            cut = await avatar.interrupt()
            talk.shut_ms.append(1000.0 * (loop.time() - asked_s) + cut.ms_to_neutral)
    await asyncio.sleep(AHEAD_S)


async def _watch(avatar: Avatar, talk: Talk, origin_s: float) -> None:
    loop, following = asyncio.get_running_loop(), 0
    async for frame in avatar.frames():
        since_s = loop.time() - origin_s
        if talk.first_ms is None:
            talk.first_ms = 1000.0 * since_s
        talk.latency_ms.append(
            1000.0 * (since_s - (frame.pts + TICKS_PER_FRAME) / TICKS_PER_SECOND)
        )
        talk.missing += max(0, frame.index - following)
        talk.frames, following = talk.frames + 1, frame.index + 1


async def call(plan: Plan, speech: Pcm, number: int) -> Talk:
    """Be one call over WebRTC; see `speak`."""
    talk, loop = Talk(), asyncio.get_running_loop()
    await asyncio.sleep(plan.ramp_s * (plan.sessions + number) / (plan.sessions + plan.calls))
    began = loop.time()
    repeats = 1 + int(plan.seconds * 2 * speech.rate_hz / len(speech.data))
    voice = RecordedVoice(Pcm(speech.rate_hz, speech.data * repeats))
    url, profile = plan.address("http"), plan.profile or None
    try:
        async with calling(url, voice, plan.token, profile, not plan.unseen) as open_call:
            talk.connect_ms = 1000.0 * (loop.time() - began)
            with suppress(TimeoutError):
                async with asyncio.timeout(plan.seconds):
                    async for _ in open_call.pictures():
                        talk.first_ms = talk.first_ms or 1000.0 * (loop.time() - began)
                        talk.frames += 1
    except StreamEngineError as error:
        talk.error = type(error).__name__
    return talk


async def run(plan: Plan, speech: Pcm) -> tuple[list[Talk], list[Talk], Usage | None]:
    """Let all speak.

    Args:
        plan: What is asked.
        speech: What is said.

    Returns:
        The sessions, the calls, and what the server used meanwhile if it tells.
    """
    before = await asyncio.to_thread(read_usage, plan.address("http"), plan.token)
    work: list[Awaitable[Talk]] = [speak(plan, speech, at) for at in range(plan.sessions)]
    work += [call(plan, speech, at) for at in range(plan.calls)]
    talks = await asyncio.gather(*work)
    after = await asyncio.to_thread(read_usage, plan.address("http"), plan.token)
    used = after.since(before) if before and after else None
    return talks[: plan.sessions], talks[plan.sessions :], used


def _shares(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    return {name: round(float(np.percentile(values, at)), 1) for name, at in SHARES.items()}


def figures(talks: Sequence[Talk]) -> dict[str, object]:
    """Sum up, as JSON has it: milliseconds by share, counts, errors by type."""
    return {
        "sessions": len(talks),
        "connect_ms": _shares([it.connect_ms for it in talks if it.connect_ms is not None]),
        "first_ms": _shares([it.first_ms for it in talks if it.first_ms is not None]),
        "latency_ms": _shares([value for it in talks for value in it.latency_ms]),
        "shut_ms": _shares([value for it in talks for value in it.shut_ms]),
        "frames": sum(it.frames for it in talks),
        "missing": sum(it.missing for it in talks),
        "errors": dict(Counter(it.error for it in talks if it.error)),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m clients.load_test", description="Load a server."
    )
    parser.add_argument("url", help="of the server: ws://host:port or http://host:port")
    parser.add_argument("--sessions", type=int, default=4, help="over /v1/realtime (default 4)")
    parser.add_argument("--calls", type=int, default=0, help="over WebRTC, decoded here")
    parser.add_argument("--unseen", action="store_true", help="calls that draw the face themselves")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each speaks (10)")
    parser.add_argument("--interrupt", type=float, default=0.0, help="they cut in every SECONDS")
    parser.add_argument("--ramp", type=float, default=2.0, help="seconds within which they begin")
    parser.add_argument(
        "--profile", default="", help="latency profile; the server's own by default"
    )
    parser.add_argument("--speech", type=Path, help="16-bit WAV; the shipped sample by default")
    parser.add_argument("--json", type=Path, help="write the figures there")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Do as the command line says; exit status 1 if a session met an error."""
    given = _parser().parse_args(arguments)
    token = os.environ.get("ELOCUTE_TOKEN", "")
    plan = Plan(
        given.url, given.sessions, given.calls, given.seconds, given.unseen, given.profile,
        given.ramp, given.interrupt, token,
    )  # fmt: skip
    sample = resources.files("stream_engine") / "assets" / "sample.wav"
    try:
        check_targets(given.json)
        speech = read_wav(given.speech or Path(str(sample)))
    except StreamEngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    talks, calls, used = asyncio.run(run(plan, speech))
    found = {
        "plan": {key: value for key, value in asdict(plan).items() if key != "token"},
        "realtime": figures(talks),
        "webrtc": figures(calls),
        "server": None if used is None else asdict(used),
    }
    for key, value in found.items():
        sys.stdout.write(f"{key}: {json.dumps(value)}\n")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return int(any(it.error for it in (*talks, *calls)))


if __name__ == "__main__":
    sys.exit(main())
