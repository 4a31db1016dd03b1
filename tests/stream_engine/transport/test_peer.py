import asyncio
import contextlib
import gc
import json
import threading
import weakref
from collections.abc import AsyncIterator
from typing import Any

import aioice.ice
import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.errors import ConfigError, SignalingError
from stream_engine.household import Household
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.window import profile_named
from stream_engine.output_config import OutputConfig
from stream_engine.transport.peer import Peer, mono
from stream_engine.transport.signaling import usable_sdp
from stream_engine.transport.tracks import VOICE_STARTS
from stream_engine.types import TICKS_PER_FRAME
from stream_engine.wire import Offer
from tests.fakes.caller import RATE, Caller
from tests.fakes.stages import FakeStages, LoudnessSlots
from tests.stream_engine.formats.test_live_link import unpack


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])


@contextlib.asynccontextmanager
async def house_with(
    stages: FakeStages, config: EngineConfig | None = None
) -> AsyncIterator[Household]:
    """A running household."""
    house = Household(stages, config or EngineConfig(), MonotonicClock())
    house.start()
    try:
        yield house
    finally:
        await asyncio.to_thread(house.stop)


def make_peer(house: Household, closed: list[Peer]) -> Peer:
    """A peer that says when it is closed."""
    return Peer(house, house.make_parts("ultra", "default"), closed.append)


@pytest.mark.net
@pytest.mark.slow
def test_a_call_gets_pictures_motion_and_answers_to_heartbeats() -> None:
    """Real aiortc on both sides, over loopback; the tone opens the jaw."""

    async def play() -> None:
        async with house_with(FakeStages()) as house:
            closed: list[Peer] = []
            peer, caller = make_peer(house, closed), Caller()
            await caller.call(peer)
            await caller.until(lambda: caller.pictures > 25)
            caller.channel.send('{"type":"heartbeat","t":7}')
            caller.channel.send("rubbish")
            peer.send_stats()
            await caller.until(
                lambda: {"pong", "error", "stats"} <= {e["type"] for e in caller.events}
            )
            motion = [event for event in caller.events if event["type"] == "motion"]
            assert motion[-1]["coefficients"][0][17] > 0.5
            starts = [event["start"] for event in motion]
            assert starts == list(range(starts[0], starts[0] + len(starts)))
            assert peer.session.tally.count("audio_underrun_samples_total") == 0
            assert peer.silent_s < 1.0
            await peer.close()
            assert closed == [peer]
            assert house.sessions == 0
            await caller.close()

    asyncio.run(play())


@pytest.mark.net
@pytest.mark.slow
def test_a_client_learns_which_timestamp_its_motion_has_and_may_do_without_pictures() -> None:
    """What `Stats` says agrees with the packets; no picture leaves while none is looked at."""

    async def play() -> None:
        async with house_with(FakeStages()) as house:
            peer, caller = make_peer(house, []), Caller()
            await caller.call(peer)
            voice, face = peer.connection._pc.getSenders()
            transport = face.transport
            send, first, faces = transport._send_rtp, dict[int, int](), set[int]()

            async def watched(data: bytes) -> None:
                timestamp, ssrc = (int.from_bytes(data[at : at + 4], "big") for at in (4, 8))
                if data[1] not in range(192, 224):
                    first.setdefault(ssrc, timestamp)
                if ssrc == face._ssrc:
                    pts = face._RTCRtpSender__encoder.encoded_pts
                    faces.add((timestamp - pts * 90 // 48) % 2**32)
                await send(data)

            transport._send_rtp = watched
            await caller.until(lambda: caller.pictures > 25)
            peer.send_stats()
            await caller.until(lambda: "stats" in {e["type"] for e in caller.events})
            zeros = next(e for e in caller.events if e["type"] == "stats")["rtp_zero"]
            assert {zeros["face"]} == faces
            assert zeros["voice"] == (first[voice._ssrc] - VOICE_STARTS) % 2**32
            caller.channel.send('{"type":"view","video":false}')
            tally = peer.session.tally
            await caller.until(lambda: peer.session.seat not in house.render._seats)
            drawn, motion = tally.count("frames_rendered_total"), len(caller.events)
            await caller.until(lambda: len(caller.events) > motion + 10)
            assert tally.count("frames_rendered_total") <= drawn + 1
            shown = caller.pictures
            caller.channel.send('{"type":"view","video":true}')
            await caller.until(lambda: caller.pictures > shown + 10)
            await peer.close()
            await caller.close()

    asyncio.run(play())


@pytest.mark.net
@pytest.mark.slow
def test_loss_and_disorder_on_the_way_cost_neither_delay_nor_frames() -> None:
    """One packet in 12 lost, one in 12 overtaken: holes are filled, time is kept, nothing waits."""

    async def play() -> None:
        async with house_with(FakeStages()) as house:
            peer, caller = make_peer(house, []), Caller()
            (sender, *_) = caller.pc.getSenders()
            await caller.call(peer)
            transport, late = sender.transport, list[bytes]()
            send, sent = transport._send_rtp, [0]

            async def lossy(data: bytes) -> None:
                sent[0] += 1
                if sent[0] % 12 == 5:
                    return
                if sent[0] % 12 == 9:
                    late.append(data)
                    return
                await send(data)
                while late:
                    await send(late.pop())

            transport._send_rtp = lossy
            await caller.until(lambda: caller.pictures > 75)
            counts = peer.session.tally.counts()
            assert counts["packets_lost_total"] >= 5
            assert counts["packets_reordered_total"] >= 5
            assert counts["audio_gap_samples_total"] == 960 * counts["packets_lost_total"]
            assert counts["audio_rebased_total"] == counts["audio_underrun_samples_total"] == 0
            behind = peer.session.playout.position(house.clock.now()) - peer.session.ring.end
            assert behind < 0.15 * RATE
            await peer.close()
            await caller.close()

    asyncio.run(play())


@pytest.mark.net
@pytest.mark.slow
def test_voice_and_face_are_one_stream_in_vp8() -> None:
    """One stream identifier for both, so that a browser syncs them; VP8; nothing taken as video."""

    async def play() -> None:
        async with house_with(FakeStages()) as house:
            peer, caller = make_peer(house, []), Caller()
            answer = await peer.answer(await caller.offer())
            lines = answer.sdp.splitlines()
            streams = {
                line.split()[0].split(":", 1)[1] for line in lines if line.startswith("a=msid:")
            }
            assert len(streams) == 1
            assert not any("H264" in line for line in lines)
            assert "a=sendonly" in lines
            await peer.close()
            await caller.close()

    asyncio.run(play())


@pytest.mark.net
@pytest.mark.slow
def test_a_caller_that_leaves_takes_everything_with_it() -> None:
    """After hang-ups: no session, no extra thread, no task, no peer in memory."""
    def decoders() -> list[str]:
        return [t.name for t in threading.enumerate() if "decoder" in t.name]

    async def play() -> None:
        async with house_with(FakeStages()) as house:
            closed: list[Peer] = []
            remains: list[weakref.ref[Peer]] = []
            before = None
            for _ in range(3):
                peer, caller = make_peer(house, closed), Caller()
                remains.append(weakref.ref(peer))
                await caller.call(peer)
                await caller.until(lambda caller=caller: caller.pictures > 2)
                await caller.close()
                await caller.until(lambda: house.sessions == 0 and len(closed) == 1)
                closed.clear()
                del peer, caller
                await asyncio.sleep(0.1)
                gc.collect()
                state = (threading.active_count(), len(asyncio.all_tasks()))
                if before is not None:
                    assert state[1] <= before[1]
                    assert decoders() == []
                before = state
            assert [ref() for ref in remains[:-1]] == [None, None]

    asyncio.run(play())


class FailingSlots(LoudnessSlots):
    hops = 0

    def advance(self, *arguments: Any) -> Any:
        self.hops += 1
        if self.hops > 12:
            raise ValueError("the model broke")
        return super().advance(*arguments)


class FailingStages(FakeStages):
    def motion_slots(self, profile: str, capacity: int) -> FailingSlots:
        return FailingSlots(profile_named(profile), capacity)


@pytest.mark.net
@pytest.mark.slow
def test_a_session_that_fails_tells_its_peer_and_closes() -> None:
    """The cause crosses as a typed error without its private text."""

    async def play() -> None:
        async with house_with(FailingStages()) as house:
            closed: list[Peer] = []
            peer, caller = make_peer(house, closed), Caller()
            await caller.call(peer)
            await caller.until(lambda: bool(closed))
            await caller.until(lambda: any(e["type"] == "error" for e in caller.events))
            assert "broke" not in json.dumps(caller.events)
            assert house.tally.count("sessions_failed_total") == 1
            assert house.sessions == 0
            await caller.close()

    asyncio.run(play())


def test_stereo_is_mixed_down() -> None:
    """Left 0.5, right 0: 0.25."""
    pcm = np.array([[16384, 0, 16384, 0]], np.int16)
    frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="stereo")
    np.testing.assert_allclose(mono(frame), [0.25, 0.25])


@pytest.fixture(scope="module")
def good_sdp() -> str:
    """An offer as a browser would send it."""

    async def make() -> str:
        caller = Caller()
        offer = await caller.offer()
        await caller.close()
        return usable_sdp(offer)

    return asyncio.run(make())


@pytest.mark.net
@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_damaged_offer_is_answered_or_refused_and_leaves_nothing(
    good_sdp: str, data: st.DataObject
) -> None:
    """Lines cut, dropped or doubled: SignalingError at worst, and the session is gone."""
    lines = good_sdp.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(["cut", "drop", "double", "junk"]))
        if kind == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
        elif kind == "drop" and len(lines) > 1:
            del lines[at]
        elif kind == "double":
            lines.insert(at, lines[at])
        else:
            lines[at] = lines[at][:2] + data.draw(st.text("ab:=/ 0519", max_size=12))

    async def play() -> None:
        house = Household(FakeStages(), EngineConfig(), MonotonicClock())
        peer = make_peer(house, [])
        try:
            await peer.answer(Offer("\r\n".join(lines) + "\r\n", "offer"))
        except SignalingError:
            pass
        finally:
            await peer.close()
        assert house.sessions == 0

    asyncio.run(play())


@pytest.mark.net
@pytest.mark.slow
def test_a_caller_changes_the_manner_while_it_talks() -> None:
    """Over the data channel; a wrong one is told, and the call goes on. So is who talks to it."""

    async def play() -> None:
        async with house_with(FakeStages()) as house:
            peer, caller = make_peer(house, []), Caller()
            await caller.call(peer)
            await caller.until(lambda: caller.pictures > 5)

            def shown(name: str) -> float:
                motion = [event for event in caller.events if event["type"] == "motion"]
                return float(motion[-1]["coefficients"][0][INDEX[name]])

            def smile() -> float:
                return shown("mouthSmileLeft")

            assert smile() == 0.0
            caller.channel.send('{"type":"express","emotion":"happy","intensity":0.6}')
            await caller.until(lambda: smile() == 0.6)
            caller.channel.send('{"type":"express","intensity":2}')
            await caller.until(lambda: any(event["type"] == "error" for event in caller.events))
            (refused,) = [event for event in caller.events if event["type"] == "error"]
            assert (refused["error"]["type"], refused["ends"]) == ("ConfigError", False)
            caller.channel.send('{"type":"express","intensity":0.2}')
            await caller.until(lambda: smile() == 0.2)
            caller.channel.send('{"type":"listen","level_db":-60}')
            await caller.until(lambda: shown("browInnerUp") == 0.5)
            assert house.sessions == 1
            await peer.close()
            await caller.close()

    asyncio.run(play())


class Arrivals(asyncio.DatagramProtocol):
    """Notes when which frame came."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, float]] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        frame = unpack(data)["frame"]
        assert isinstance(frame, int)
        self.frames.append((frame, MonotonicClock().now()))


@pytest.mark.net
@pytest.mark.slow
def test_motion_leaves_for_another_program_with_picture_and_voice() -> None:
    """Two seconds over UDP: frames in order, most within 10 ms of the moment they are due."""

    async def play() -> None:
        loop = asyncio.get_running_loop()
        transport, arrivals = await loop.create_datagram_endpoint(
            Arrivals, local_addr=("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        outputs = {"unreal": OutputConfig(address=f"127.0.0.1:{port}")}
        async with house_with(FakeStages(), EngineConfig(outputs=outputs)) as house:
            with pytest.raises(ConfigError, match="no such output"):
                Peer(house, house.make_parts("ultra", "default"), print, ["maya"])
            assert house.sessions == 0
            parts = house.make_parts("ultra", "default")
            peer, caller = Peer(house, parts, print, ["unreal"]), Caller()
            await caller.call(peer)
            await caller.until(lambda: len(arrivals.frames) > 50)
            due = peer.session.playout.due
            late = [at_s - due(frame * TICKS_PER_FRAME) for frame, at_s in arrivals.frames[25:]]
            numbers = [frame for frame, _ in arrivals.frames]
            assert numbers == sorted(set(numbers))
            assert abs(float(np.median(late))) < 0.01
            await peer.close()
            await caller.close()
        transport.close()

    asyncio.run(play())
