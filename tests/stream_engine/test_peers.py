import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import aioice.ice
import pytest

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.errors import CapacityError, ConfigError, SessionGone, SignalingError
from stream_engine.household import Household
from stream_engine.peers import Peers
from stream_engine.service_config import IceConfig, LimitsConfig
from stream_engine.transport.role import Role
from stream_engine.types import MotionFrames
from stream_engine.wire import Offer
from tests.fakes.caller import Caller
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages

pytestmark = pytest.mark.net


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])


def ignore(what: MotionFrames | Exception) -> None:
    """Take motion, or an error."""
    del what


def test_a_bad_offer_leaves_neither_host_nor_viewer() -> None:
    """Sessions without pictures, and those that are not there, are not to be watched."""

    async def play() -> None:
        config = EngineConfig(limits=LimitsConfig(viewers_per_session=1))
        house = Household(FakeStages(), config, MonotonicClock())
        house.start()
        peers, caller = Peers(house), Caller()
        try:
            bad, good = Offer("v=0", "offer"), await caller.offer()
            with pytest.raises(SignalingError):
                await peers.open(bad)
            assert not peers.hosts
            with pytest.raises(SessionGone):
                await peers.watch("nobody", good)
            unseen = house.open(house.make_parts("ultra", ""), ignore, ignore)
            with pytest.raises(ConfigError):
                await peers.watch(unseen.id, good)
            unseen.close()
            answer = await peers.open(good, Role.SPEAKS)
            with pytest.raises(SignalingError):
                await peers.watch(answer.session, bad)
            assert not peers.viewers
            await peers.watch(answer.session, good)
            with pytest.raises(CapacityError):
                await peers.watch(answer.session, good)
            await peers.close()
            assert not peers.hosts
            assert not peers.viewers
            assert not house.sessions
        finally:
            await caller.close()
            await asyncio.to_thread(house.stop)

    asyncio.run(play())


def test_who_never_connects_is_let_go() -> None:
    """Those who speak or watch without a data channel are waited for like everybody else."""

    async def play() -> None:
        config = EngineConfig(server=ServerConfig(heartbeat_timeout_s=1.0))
        house = Household(FakeStages(), config, MonotonicClock())
        house.start()
        peers, caller = Peers(house), Caller()
        try:
            offer = await caller.offer()
            answer = await peers.open(offer, Role.SPEAKS)
            await peers.watch(answer.session, offer)
            await peers.look_after()
            assert peers.hosts
            assert peers.viewers
            everybody = (*peers.hosts.values(), *peers.viewers.values())
            await caller.until(lambda: min(peer.silent_s for peer in everybody) > 1.0)
            await peers.look_after()
            await caller.until(lambda: not (peers.hosts or peers.viewers or house.sessions))
            assert house.tally.count("peers_vanished_total") >= 1
        finally:
            await caller.close()
            await asyncio.to_thread(house.stop)

    asyncio.run(play())


def test_a_machine_that_slept_ends_nobody() -> None:
    """A minute between two looks is no minute of silence; a silence that goes on still is."""

    async def play() -> None:
        house = Household(FakeStages(), EngineConfig(), clock := ManualClock())
        peers, caller = Peers(house), Caller()
        try:
            offer = await caller.offer()
            answer = await peers.open(offer)
            await peers.watch(answer.session, offer)
            clock.advance(1.0)
            await peers.look_after()
            clock.advance(60.0)
            await peers.look_after()
            assert len(peers.hosts) == len(peers.viewers) == 1
            for _ in range(12):
                clock.advance(1.0)
                await peers.look_after()
            await caller.until(lambda: not (peers.hosts or peers.viewers))
        finally:
            await caller.close()

    asyncio.run(play())


def test_who_vanishes_is_counted_once_however_long_closing_takes() -> None:
    """The looks that fall into it change nothing."""

    async def play() -> None:
        house = Household(FakeStages(), EngineConfig(), clock := ManualClock())
        peers, caller = Peers(house), Caller()
        try:
            await peers.open(await caller.offer())
            (host,) = peers.hosts.values()
            for _ in range(12):
                clock.advance(1.0)
                await peers.look_after()
            assert house.tally.count("peers_vanished_total") == 1
            await host.close()
            assert not peers.hosts
        finally:
            await caller.close()

    asyncio.run(play())


def test_a_session_that_cannot_be_looked_after_is_ended(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is only forgotten would keep its place for ever."""

    async def play() -> None:
        house = Household(FakeStages(), EngineConfig(), ManualClock())
        peers, caller = Peers(house), Caller()

        def fail() -> None:
            raise ValueError("no statistics")

        try:
            await peers.open(await caller.offer())
            (host,) = peers.hosts.values()
            monkeypatch.setattr(host, "send_stats", fail)
            await peers.look_after()
            await caller.until(lambda: not peers.hosts)
            assert not house.sessions
        finally:
            await caller.close()

    asyncio.run(play())
    assert "no statistics" in caplog.text


def test_a_connection_that_fails_to_close_is_let_go_all_the_same(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the end of the server would end there, with the rest of it undone."""

    async def play() -> None:
        house = Household(FakeStages(), EngineConfig(), ManualClock())
        peers, caller = Peers(house), Caller()
        try:
            offer = await caller.offer()
            answer = await peers.open(offer)
            await peers.watch(answer.session, offer)
            for peer in (*peers.hosts.values(), *peers.viewers.values()):
                close = peer.connection.close

                async def fail(close: Callable[[], Awaitable[None]] = close) -> None:
                    await close()
                    raise OSError("the socket was gone")

                monkeypatch.setattr(peer.connection, "close", fail)
            await peers.close()
            assert not peers.hosts
            assert not peers.viewers
            assert not house.sessions
        finally:
            await caller.close()

    asyncio.run(play())
    assert caplog.text.count("failed to close") == 2


def test_a_connection_that_cannot_be_made_leaves_no_session(tmp_path: Path) -> None:
    """A file with TURN's secret is read for each, and may not be there while it is changed."""

    async def play() -> None:
        ice = IceConfig(secret=str(tmp_path / "secret"))
        house = Household(FakeStages(), EngineConfig(ice=ice), ManualClock())
        peers, caller = Peers(house), Caller()
        try:
            offer = await caller.offer()
            with pytest.raises(ConfigError, match="secret"):
                await peers.open(offer)
            assert not peers.hosts
            assert not house.sessions
        finally:
            await caller.close()

    asyncio.run(play())
