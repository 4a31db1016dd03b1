"""Two reports beside each other."""

from typing import Any

import numpy as np
import pytest

from stream_engine.errors import ConfigError
from stream_engine.profiling.compare import (
    SCHEMA,
    between_runs,
    check_like,
    compare,
    resampled_medians,
    slower,
    student,
    warnings_of,
)

STAGES = ("features", "encoder", "generator", "render", "encode", "send")
SETTINGS = {"profile": "balanced", "steps": 1, "sessions": 1}


def run(seed: int, factor: float = 1.0, run_spread: float = 0.0) -> list[dict[str, Any]]:
    """Figures of 9 s: skewed times, whole half seconds slow together, one stage by a factor."""
    random = np.random.default_rng(seed)
    rows = []
    for at, name in enumerate(STAGES):
        scale = (1.0 + at) * np.exp(run_spread * random.normal())
        scale *= factor if name == "generator" else 1.0
        weather = np.exp(0.06 * random.normal(size=18))
        blocks = [
            (scale * w * random.lognormal(0.0, 0.2, int(random.integers(11, 14)))).tolist()
            for w in weather
        ]
        rows.append({"name": name, "kind": "work", "blocks": blocks})
    return rows


def test_a_stage_a_fifth_slower_is_found_and_nothing_else() -> None:
    """Seeded runs; the other way round it is faster."""
    for seed in range(10):
        before, after = run(seed), run(1000 + seed, 1.2)
        found = {change.name: change.verdict for change in compare([before], after)}
        assert found.pop("generator") == "slower"
        assert set(found.values()) == {"no difference"}
        back = {change.name: change.verdict for change in compare([after], before)}
        assert back["generator"] == "faster"


@pytest.mark.slow
def test_like_runs_are_called_alike() -> None:
    """In 38 of 40 trials not one of all stages is flagged."""
    flagged = sum(
        any(change.verdict != "no difference" for change in compare([run(seed)], run(500 + seed)))
        for seed in range(40)
    )
    assert flagged <= 2


@pytest.mark.slow
def test_runs_that_differ_among_themselves_ask_for_a_greater_change() -> None:
    """Against one earlier run their spread is found to be a change; against four it is noise."""
    alone = several = found = 0
    for seed in range(8):
        olds = [run(100 * seed + at, run_spread=0.1) for at in range(4)]
        new = run(100 * seed + 50, run_spread=0.1)
        alone += any(change.verdict != "no difference" for change in compare(olds[:1], new))
        several += any(change.verdict != "no difference" for change in compare(olds, new))
        worse = run(100 * seed + 50, 2.0, run_spread=0.1)
        found += [change.name for change in slower(compare(olds, worse))].count("generator")
    assert alone > 4
    assert several <= 1
    assert found > 6


def test_small_changes_and_short_runs_are_nobodys_business() -> None:
    """Three per cent, however sure; two blocks, however large."""
    steady = [{"name": "mesh", "kind": "work", "blocks": [[1.0, 1.001, 1.002]] * 18}]
    slow = [{"name": "mesh", "kind": "work", "blocks": [[1.03, 1.031, 1.032]] * 18}]
    (change,) = compare([steady], slow)
    assert (change.verdict, change.low > 1.0) == ("no difference", True)
    short = [{"name": "mesh", "kind": "work", "blocks": [[9.0], [9.0], []]}]
    (change,) = compare([steady], short)
    assert change.verdict == "too few"
    assert compare([steady], [{"name": "new", "kind": "work", "blocks": []}]) == []
    assert compare([steady], [{"name": "mesh", "kind": "wait", "blocks": []}]) == []


def test_the_spread_of_runs() -> None:
    """One run tells nothing; a stage that was steady by chance is not taken at its word."""
    assert between_runs({("work", "mesh"): [2.0]}, 0.05) == {("work", "mesh"): 1.0}
    steps = {"steady": 0.0, "usual": 0.1, "wild": 0.8}
    runs = {("work", k): list(np.exp([0.0, step, 2 * step])) for k, step in steps.items()}
    found = {key[1]: factor for key, factor in between_runs(runs, 0.05).items()}
    assert 1.15 < found["steady"] < found["usual"] < found["wild"]
    alike = np.exp(2.228 * 0.1 * np.sqrt(4 / 3))  # three runs, and eight more that are known
    assert found["usual"] == pytest.approx(alike, rel=0.01)


@pytest.mark.parametrize(
    ("share", "freedom", "value"), [(0.975, 17, 2.110), (0.975, 5, 2.571), (0.999, 17, 3.646)]
)
def test_students_t(share: float, freedom: int, value: float) -> None:
    """As in the tables."""
    assert student(share, freedom) == pytest.approx(value, rel=0.01)


def test_medians_are_those_of_whole_blocks() -> None:
    """Two blocks: one of them, the other, or both."""
    medians = resampled_medians([[1.0, 1.0, 1.0], [2.0] * 5], np.random.default_rng(0))
    assert set(medians.tolist()) == {1.0, 2.0}
    assert 0.15 < float((medians == 1.0).mean()) < 0.35


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ({"schema": SCHEMA + 1}, f"got schema {SCHEMA + 1}"),
        ({"schema": SCHEMA, "settings": SETTINGS | {"steps": 2}}, "got steps 2; expected steps 1"),
        ({"schema": SCHEMA, "settings": {}}, "profile None, steps None, sessions None"),
    ],
)
def test_reports_made_otherwise_are_refused(old: dict[str, Any], said: str) -> None:
    """It says what differs."""
    with pytest.raises(ConfigError, match=said):
        check_like(old, SETTINGS)
    check_like({"schema": SCHEMA, "settings": SETTINGS}, SETTINGS)


def test_another_machine_is_told() -> None:
    """What of it differs."""
    one = {"machine": {"cpu": "a", "cores": "2 of 2", "gpu": "none", "system": "Linux"}}
    two = {"machine": one["machine"] | {"cpu": "b"}}
    assert warnings_of(one, one) == []
    assert warnings_of(one, two) == ["another machine: cpu was a, is b"]
    assert warnings_of(one | {"held_up": 0.1}, one | {"held_up": 0.15}) == []
    (crowded,) = warnings_of(one | {"held_up": 0.1}, one | {"held_up": 0.4})
    assert "10 % of their time then, 40 % now" in crowded
