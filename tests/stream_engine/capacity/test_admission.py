"""A measured capacity is obeyed, for what it was measured with and for nothing else."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.capacity.admission import Admission, Setting, read_admission
from stream_engine.errors import ConfigError

HERE = Setting("onnxruntime-cpu", 1, 2, "abc")


def written(folder: Path, setting: object, fitting: object) -> str:
    """A file as ``elocute bench`` writes it."""
    path = folder / "capacity.json"
    path.write_text(json.dumps({"setting": setting, "fitting": fitting}), encoding="utf-8")
    return str(path)


def test_without_a_measurement_a_number_decides() -> None:
    """Whatever the profiles."""
    assert Admission(3).room(["quality", "ultra"]) == 1
    assert Admission(1).room(["quality", "ultra"]) == 0


def test_profiles_share_the_machine() -> None:
    """Forty of one or twenty of the other: twenty and ten, and no more of either."""
    rule = Admission(100, {"balanced": 40, "ultra": 20})
    assert rule.room([], "balanced") == 40
    assert rule.room(["balanced"] * 20, "ultra") == 10
    assert rule.room(["balanced"] * 20 + ["ultra"] * 10) == 0
    assert rule.room(["quality"]) == 19  # not measured: as dear as the dearest


@given(st.integers(1, 500), st.lists(st.sampled_from(["balanced", "ultra"]), max_size=60))
def test_admitting_one_by_one_ends_where_room_says(fitting: int, seated: list[str]) -> None:
    """Room shrinks by one for each that is let in, down to none."""
    rule = Admission(1000, {"balanced": fitting, "ultra": max(1, fitting // 2)})
    room = rule.room(seated, "balanced")
    assert rule.room([*seated, *["balanced"] * room], "balanced") == 0
    if room:
        assert rule.room([*seated, *["balanced"] * (room - 1)], "balanced") >= 1


def test_a_file_is_taken_for_what_it_was_measured_with(tmp_path: Path) -> None:
    """And refused, by name, for anything else."""
    path = written(tmp_path, asdict(HERE), {"balanced": 40})
    assert read_admission(8, path, HERE) == Admission(8, {"balanced": 40})
    for name, value in (("backend", "torch"), ("steps", 2), ("threads", 1), ("model", "def")):
        with pytest.raises(ConfigError, match=f"other settings; got {name} .*expected {name} "):
            read_admission(8, path, replace(HERE, **{name: value}))


@pytest.mark.parametrize("text", ["", "[]", '{"setting": {}, "fitting": {}}'])
def test_what_is_no_measurement_is_told(tmp_path: Path, text: str) -> None:
    """And how to make one."""
    path = tmp_path / "capacity.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read.*elocute bench --json"):
        read_admission(8, str(path), HERE)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_admission(8, str(tmp_path / "none.json"), HERE)
    with pytest.raises(ConfigError, match="just trials"):
        read_admission(8, written(tmp_path, asdict(HERE), {}), HERE)
