import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from clients.python.unreal import LATE_S, Forwarder, main
from stream_engine.motion.arkit import COEFFICIENT_NAMES
from stream_engine.wire import Ended, Message, Motion, Ready
from tests.clients.python.test_stream import write
from tests.fakes.clock import ManualClock
from tests.fakes.live_server import live_server
from tests.stream_engine.formats.test_live_link import unpack

READY = Ready(16_000, "balanced", 25, 120, list(COEFFICIENT_NAMES))


def forwarded(arrivals: Sequence[tuple[float, Motion]]) -> tuple[Forwarder, list[object], float]:
    """Forward motion that arrives so many seconds after the connection; (frame, second) sent.

    Time is a clock moved by whoever sleeps; the voice begins in it like everything else.
    """
    clock, sent, began = ManualClock(0.0), list[object](), list[float]()

    async def messages() -> AsyncIterator[Message]:
        yield READY
        for at_s, motion in arrivals:
            clock.advance(max(0.0, at_s - clock.now()))
            yield motion
        yield Ended(0)

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    async def start() -> None:
        began.append(clock.now())

    forwarder = Forwarder(
        send=lambda data: sent.append((unpack(data)["frame"], round(clock.now(), 3))),
        subject="Ann",
        start=start,
        room_ms=80,
        clock=clock.now,
        sleep=sleep,
    )
    asyncio.run(forwarder.run(messages()))
    return forwarder, sent, began[0]


def motion(start: int, count: int) -> Motion:
    return Motion(start, 25, start * 1920, [[0.0] * 55] * count)


def test_frames_leave_when_their_moment_is_heard() -> None:
    """Voice at 200 ms (120 of the model, 80 of room); frame k 40 k ms after it."""
    forwarder, sent, began_s = forwarded([(0.12, motion(0, 1)), (0.16, motion(1, 3))])
    assert began_s >= 0.2
    assert sent == [(k, round(0.2 + 0.04 * k, 3)) for k in range(4)]
    assert (forwarder.sent, forwarder.skipped) == (4, 0)


def test_what_comes_too_late_is_left_out() -> None:
    """A second of nothing: frames of the past are counted, and time goes on from the present."""
    forwarder, sent, _ = forwarded([(0.12, motion(0, 1)), (1.2, motion(1, 40))])
    frames = [frame for frame, _ in sent]
    assert frames == sorted(frames)
    first_after = 1.2 - LATE_S
    assert frames[1] == next(k for k in range(1, 41) if 0.2 + 0.04 * k >= first_after - 1e-9)
    assert forwarder.sent + forwarder.skipped == 41
    assert forwarder.skipped == frames[1] - 1


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    """Unreal's part: a UDP socket on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        yield sock


@pytest.mark.net
def test_a_speech_file_reaches_live_link_with_its_voice(
    tmp_path: Path, receiver: socket.socket
) -> None:
    """One second through a real server: 25 packets in order, and the player was run once."""
    speech, played = write(tmp_path / "a.wav"), tmp_path / "played"
    player = f'{sys.executable} -c \'import sys; open("{played}", "a").write(sys.argv[1])\''
    to = f"127.0.0.1:{receiver.getsockname()[1]}"
    with live_server() as server:
        command = [str(speech), "--url", server.speech_url, "--to", to, "--subject", "Ann"]
        assert main([*command, "--player", player]) == 0
    packets = [unpack(receiver.recv(2048)) for _ in range(25)]
    assert [packet["frame"] for packet in packets] == list(range(25))
    assert {packet["subject"] for packet in packets} == {"Ann"}
    assert played.read_text(encoding="utf-8") == str(speech)


def test_wrong_addresses_are_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No address, a host nobody knows, a server that is not there."""
    speech = str(write(tmp_path / "a.wav"))
    for to, said in [("127.0.0.1:0", "no address"), ("no.invalid", "cannot be found")]:
        assert main([speech, "--to", to]) == 1
        assert said in capsys.readouterr().err
    assert main([speech, "--url", "ws://127.0.0.1:9/v1/speech"]) == 1
    assert "no server" in capsys.readouterr().err
