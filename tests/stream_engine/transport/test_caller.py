"""The caller; that it calls a real server is shown in tests/e2e/test_profile.py."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import aioice.ice
import numpy as np
import pytest

from stream_engine.errors import TransportError
from stream_engine.transport.caller import (
    Call,
    CountingBuffer,
    Heard,
    Speech,
    main,
    only_loopback,
    talk,
)
from tests.fakes.live_server import live_server
from tests.paths import SAMPLE

TONE = np.sin(np.arange(48_000) / 20).astype(np.float32)


def test_speech_is_said_at_the_speed_of_speech_and_again_from_the_start() -> None:
    """Five packets in 80 ms; the samples go round; times go on."""
    short = Speech(TONE[: 480 * 3], 24_000)

    async def five() -> list[object]:
        return [await short.recv() for _ in range(5)]

    began = time.monotonic()
    frames = asyncio.run(five())
    assert time.monotonic() - began >= 0.078
    assert [frame.pts for frame in frames] == [0, 480, 960, 1440, 1920]
    first, fourth = (frames[at].to_ndarray() for at in (0, 3))
    assert np.array_equal(first, fourth)
    assert {(f.samples, f.sample_rate) for f in frames} == {(480, 24_000)}


def test_packets_are_counted_and_not_decoded() -> None:
    """A picture ends with a marker; before everybody is connected none counts."""
    heard = Heard()
    video, audio = CountingBuffer(heard, "video"), CountingBuffer(heard, "audio")
    packet = SimpleNamespace(payload=bytes(10), marker=1)
    assert video.add(packet) == (False, None)
    heard.began_s = 1.0
    video.add(packet)
    audio.add(packet)
    video.add(SimpleNamespace(payload=bytes(5), marker=0))
    assert (heard.pictures, heard.packets, heard.octets) == (1, 4, 35)


def test_only_loopback_is_taken_back() -> None:
    """Inside the block one address, after it those there were."""
    before = aioice.ice.get_host_addresses
    with only_loopback():
        assert aioice.ice.get_host_addresses(True, True) == ["127.0.0.1"]
    assert aioice.ice.get_host_addresses is before


def test_what_cannot_be_called_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is none."""
    assert main(["http://127.0.0.1:9/", "--speech", str(tmp_path / "none.wav")]) == 1
    assert "none.wav" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.net
def test_a_call_brings_pictures_and_voice() -> None:
    """A second with a drawn face; a profile that does not exist is refused in words."""
    with live_server() as server, only_loopback():
        heard = asyncio.run(talk(Call(server.url, "balanced", 1.0), TONE, 48_000))
        with pytest.raises(TransportError, match="hasty"):
            asyncio.run(talk(Call(server.url, "hasty", 1.0), TONE, 48_000))
    assert heard.pictures >= 15
    assert heard.packets > heard.pictures + 20
    assert heard.ended_s - heard.began_s == pytest.approx(1.0, abs=0.2)
    with pytest.raises(TransportError, match="no server"):
        asyncio.run(talk(Call("http://127.0.0.1:9/", "balanced", 1.0), TONE, 48_000))


def test_the_sample_is_speech_a_caller_can_say() -> None:
    """Its rate divides into packets of 20 ms."""
    from stream_engine.audio.file_source import FileSource

    with FileSource(SAMPLE) as file:
        assert file.rate_hz % 50 == 0
