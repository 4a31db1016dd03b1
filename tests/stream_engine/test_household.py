import json
import threading
from dataclasses import asdict
from pathlib import Path

import pytest

from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.engine import LaneOrder
from stream_engine.errors import AssetError, CapacityError, ConfigError, Draining
from stream_engine.household import Household
from stream_engine.telemetry.metrics import Tally
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages
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
