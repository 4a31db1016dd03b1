"""Engines side by side: who comes goes where fewest are, and nothing else changes."""

import time

import numpy as np
import pytest

from stream_engine.assemble import Assembly
from stream_engine.batching.health import IN_A_ROW
from stream_engine.batching.lane import Lane, deliver
from stream_engine.config import EngineConfig
from stream_engine.engine import LaneOrder
from stream_engine.engine_pool import EnginePool
from stream_engine.errors import CapacityError, ConfigError
from stream_engine.protocols import Stages
from stream_engine.telemetry.metrics import Tally
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages
from tests.stream_engine.test_engine import ListSink


def pool(capacity: int, threads: int, stages: Stages | None = None) -> EnginePool:
    """Engines that are run by hand."""
    return EnginePool(stages or FakeStages(), capacity, ManualClock(), Tally(), deliver, threads)


def join(engines: EnginePool) -> tuple[Lane, ListSink]:
    """One more session."""
    sink = ListSink()
    return engines.add(LaneOrder("balanced", sink, Tally())), sink


def run(engines: EnginePool) -> None:
    """Let each engine work until nothing is due."""
    for engine in engines.engines:
        engine.run_once()


def test_sessions_go_where_fewest_are() -> None:
    """Five into three engines; two leave the first, and the next two come there."""
    engines = pool(9, 3)
    lanes = [join(engines)[0] for _ in range(5)]
    assert [engine.sessions for engine in engines.engines] == [2, 2, 1]
    for lane in lanes:
        if lane.owner is engines.engines[0]:
            lane.owner.remove(lane)
    run(engines)
    assert [engine.sessions for engine in engines.engines] == [0, 2, 1]
    assert [join(engines)[0].owner for _ in range(2)] == [engines.engines[0]] * 2
    assert engines.sessions == 5


def test_it_is_full_when_all_are() -> None:
    """Three rows in two engines make four; the fifth is refused."""
    engines = pool(3, 2)
    for _ in range(4):
        join(engines)
    with pytest.raises(CapacityError, match="full"):
        join(engines)


def test_an_unknown_profile_is_refused() -> None:
    """Before anyone comes."""
    with pytest.raises(ConfigError, match="hasty"):
        pool(1, 2).prepare("hasty")


def test_without_a_number_there_are_as_many_as_are_of_use() -> None:
    """The stages say so."""
    assert len(pool(4, 0).engines) == 1


@pytest.mark.slow
def test_the_same_motion_whichever_engine_makes_it() -> None:
    """Two real engines at work at once: the same speech, the same bits."""
    engines = pool(2, 2, Assembly(EngineConfig()))
    engines.start()
    speech = np.random.default_rng(3).uniform(-0.2, 0.2, 16_000).astype(np.float32)
    made = []
    for lane, sink in [join(engines) for _ in range(2)]:
        lane.write(speech, 0.0)
        lane.end(0.0)
        lane.owner.wake()
        made.append((lane, sink))
    while not all(sink.finished or sink.errors for _, sink in made):
        time.sleep(0.01)  # pytest's timeout ends a wait in vain
    engines.stop()
    one, other = (np.concatenate([f.coefficients for f in s.frames]) for _, s in made)
    assert made[0][0].owner is not made[1][0].owner
    assert len(one) == 25
    assert np.array_equal(one, other)


def test_an_engine_is_not_strained_any_more_when_all_have_left() -> None:
    """Nothing judges it then, so what it was last must not keep others out for ever."""
    engines = pool(2, 1)
    lane, _ = join(engines)
    (governor,) = engines.engines[0].governors
    for period in range(4):
        governor.observe(float(period), 1, 1, 0)
    assert governor.overloaded
    assert engines.strained
    lane.owner.remove(lane)
    run(engines)
    assert not engines.strained


def test_an_engine_whose_models_fail_attracts_nobody() -> None:
    """Its sessions end, so it has fewest; who comes goes where models work, while there are any."""
    engines = pool(20, 2)
    broken, works = engines.engines
    for _ in range(IN_A_ROW):
        broken.health.failed(100.0)
    assert {join(engines)[0].owner for _ in range(4)} == {works}
    assert not engines.failing
    assert not engines.strained
    for _ in range(IN_A_ROW):
        works.health.failed(100.0)
    assert engines.failing
    assert join(engines)[0].owner is broken
    works.health.worked()
    assert not engines.failing
