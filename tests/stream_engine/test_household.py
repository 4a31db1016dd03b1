import json
import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_engine.batching.health import IN_A_ROW, LOST_S, REST_S
from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.engine import LaneOrder
from stream_engine.errors import AssetError, CapacityError, ConfigError, Draining
from stream_engine.household import Household, is_lost
from stream_engine.motion.slots import Slots
from stream_engine.motion.window import profile_named
from stream_engine.protocols import MotionSlots
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, TICKS_PER_FRAME, TICKS_PER_SECOND
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages, LoudnessSlots
from tests.stream_engine.test_engine import ListSink


def household(limit: int = 2) -> Household:
    """A household that has not been started."""
    config = EngineConfig(server=ServerConfig(max_sessions=limit))
    return Household(FakeStages(), config, ManualClock())


def ignore(value: object) -> None:
    """Take anything."""


def test_no_more_sessions_than_allowed() -> None:
    """The third is refused and counted; after one has left it is let in."""
    house = household()
    parts = [house.make_parts("ultra", "default") for _ in range(3)]
    first = house.open(parts[0], ignore, ignore)
    with house.guest("balanced"):
        with pytest.raises(CapacityError, match="full"):
            house.open(parts[1], ignore, ignore)
        with pytest.raises(CapacityError, match="full"), house.guest("balanced"):
            pass
    house.open(parts[1], ignore, ignore)
    assert house.sessions == 2
    first.close()
    house.open(parts[2], ignore, ignore)
    assert house.tally.count("sessions_refused_total") == 2


def test_a_household_that_is_going_away_admits_nobody() -> None:
    """Refused by its own error, counted; who is there stays."""
    house = household()
    assert house.room == 2
    first = house.open(house.make_parts("ultra", "default"), ignore, ignore)
    assert house.room == 1
    house.draining = True
    assert (house.room, house.sessions) == (0, 1)
    with pytest.raises(Draining, match="going away"):
        house.admit("balanced")
    assert house.tally.count("sessions_refused_total") == 1
    first.close()


def test_what_does_not_exist_is_refused_by_name() -> None:
    """Unknown profile, unknown avatar."""
    house = household()
    with pytest.raises(ConfigError, match="hasty"):
        house.make_parts("hasty", "default")
    with pytest.raises(AssetError, match="nobody"):
        house.make_parts("ultra", "nobody")


def test_stopping_ends_sessions_and_threads() -> None:
    """Nothing runs on."""
    house = household()
    house.start()
    house.open(house.make_parts("ultra", "default"), ignore, ignore)
    house.stop()
    assert house.sessions == 0
    assert not {"engine", "render"} & {thread.name for thread in threading.enumerate()}


def test_a_measured_capacity_is_obeyed_and_strain_admits_nobody(tmp_path: Path) -> None:
    """Two fit by the file though ten are allowed; and none while every engine is overloaded."""
    file = tmp_path / "capacity.json"
    file.write_text(
        json.dumps({"setting": asdict(FakeStages.setting), "fitting": {"balanced": 2}}), "utf-8"
    )
    config = EngineConfig(server=ServerConfig(max_sessions=10, capacity=str(file)))
    house = Household(FakeStages(), config, ManualClock())
    with house.guest("balanced"):
        assert (house.room, house.refusal) == (1, "")
        with house.guest("balanced"):
            assert (house.room, house.refusal) == (0, "full")
            with pytest.raises(CapacityError, match="full.*server.capacity"):
                house.admit("balanced")
    for engine in house.engine.engines:
        house.engine.add(LaneOrder("balanced", ListSink(), Tally()))
        for governor in engine.governors:
            for now in range(9):
                governor.observe(float(now), 10, 10, 0)
    assert (house.room, house.refusal) == (0, "strained")
    with pytest.raises(CapacityError, match="too much to do"):
        house.admit("balanced")


class LostCard(FakeStages):
    """A runner that fails for everybody while ``lost``."""

    lost = True

    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        stages = self

        class Slots_(LoudnessSlots):
            def advance(
                self,
                slots: Slots,
                samples: F32,
                ended: NDArray[np.bool_] | None = None,
                level: int = 0,
            ) -> F32:
                if stages.lost:
                    raise RuntimeError("device lost")
                return super().advance(slots, samples, ended, level)

        return Slots_(profile_named(profile), capacity)


def test_a_lost_runner_ends_its_sessions_and_admits_nobody_until_one_works() -> None:
    """Everyone who speaks is told once; then nobody is let in but a trial now and then."""
    stages, clock = LostCard(), ManualClock()
    house = Household(stages, EngineConfig(server=ServerConfig(max_sessions=9)), clock)
    errors: list[Exception] = []

    def speak(sessions: int) -> None:
        for _ in range(sessions):
            parts = house.make_parts("balanced", "default")
            session = house.open(parts, ignore, errors.append)
            for pts in range(0, TICKS_PER_SECOND // 5, TICKS_PER_FRAME):
                clock.advance(0.04)
                session.push_audio(pts, np.full(TICKS_PER_FRAME, 0.1, np.float32))
                house.engine.engines[0].run_once()
            session.close()

    speak(IN_A_ROW)
    assert [str(error) for error in errors] == ["device lost"] * IN_A_ROW
    assert (house.refusal, house.room, is_lost(house)) == ("failing", 0, False)
    with pytest.raises(CapacityError, match="fail"):
        house.admit("balanced")
    clock.advance(REST_S)
    assert house.refusal == ""
    speak(1)
    assert house.refusal == "failing"
    clock.advance(LOST_S)
    speak(1)
    assert is_lost(house)
    clock.advance(LOST_S)
    stages.lost = False
    speak(2)
    assert (house.refusal, is_lost(house), len(errors)) == ("", False, IN_A_ROW + 2)
