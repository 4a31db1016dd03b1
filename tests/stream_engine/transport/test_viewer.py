import asyncio

import aioice.ice
import pytest

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.household import Household
from stream_engine.transport.viewer import Viewer
from tests.fakes.caller import Caller
from tests.fakes.stages import FakeStages

pytestmark = pytest.mark.net


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])


@pytest.mark.slow
def test_pictures_are_drawn_while_somebody_watches_and_the_end_of_the_session_is_theirs() -> None:
    """Nobody who opened it looks; a viewer joins late, leaves, and another ends with it."""

    async def play() -> None:
        house = Household(FakeStages(), EngineConfig(), MonotonicClock())
        house.start()
        session = house.open(house.make_parts("ultra", "default"), print, print)
        session.audience.look("who opened it", False)
        session.begin()
        closed: list[Viewer] = []
        callers = Caller(), Caller()
        try:
            drawn = session.tally.count("frames_rendered_total")
            for number, caller in enumerate(callers):
                viewer = Viewer(session, house.config, closed.append)
                answer = await viewer.answer(await caller.offer())
                assert answer.session == session.id
                await caller.accept(answer)
                await caller.until(lambda caller=caller: caller.pictures > 3)
                assert session.tally.count("frames_rendered_total") > drawn
                assert session.tally.count("video_skipped_total") < 25
                if number == 0:
                    await viewer.close()
                    drawn = session.tally.count("frames_rendered_total")
                    assert session.picture(0) is None
                else:
                    session.close()
                await caller.until(lambda: len(closed) == number + 1)  # noqa: B023
                await viewer.close()
            assert len(closed) == 2
        finally:
            for caller in callers:
                await caller.close()
            await asyncio.to_thread(house.stop)

    asyncio.run(play())
