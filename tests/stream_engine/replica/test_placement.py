from hypothesis import given
from hypothesis import strategies as st

from stream_engine.replica.placement import PATIENCE_S, REPORT_S, Register, Report
from tests.fakes.clock import ManualClock


def register_of(rooms: dict[str, int]) -> tuple[Register, ManualClock]:
    """A register where everyone has reported."""
    clock = ManualClock()
    register = Register(clock)
    for replica, room in rooms.items():
        register.report(Report(replica, f"{replica}:80", 0, room))
    return register, clock


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5), min_size=1))
def test_sessions_fill_every_replica_to_its_limit_and_no_further(rooms: dict[str, int]) -> None:
    """As many places as there is room; never two more on one replica than it has room for."""
    register, _ = register_of(rooms)
    placed = dict.fromkeys(rooms, 0)
    while (chosen := register.place()) is not None:
        placed[chosen.replica] += 1
    assert placed == rooms


def test_sessions_go_where_there_is_most_room() -> None:
    """So replicas that are alike fill evenly."""
    register, _ = register_of({"a": 2, "b": 4})
    names = [chosen.replica for _ in range(6) if (chosen := register.place())]
    assert names[:2] == ["b", "b"]
    assert sorted(names[2:]) == ["a", "a", "b", "b"]


def test_who_refused_is_not_chosen_again() -> None:
    """Until nobody is left."""
    register, _ = register_of({"a": 2, "b": 1})
    first = register.place()
    assert first is not None
    assert first.replica == "a"
    second = register.place({"a"})
    assert second is not None
    assert second.replica == "b"
    assert register.place({"a", "b"}) is None


def test_a_draining_replica_gets_nothing_but_is_found() -> None:
    """Its sessions can still be asked about."""
    register, _ = register_of({"a": 1})
    register.report(Report("a", "a:80", 3, 0, draining=True))
    assert register.place() is None
    found = register.find("a")
    assert found is not None
    assert (found.address, found.draining) == ("a:80", True)


def test_a_replica_that_falls_silent_is_forgotten_and_may_come_back() -> None:
    """It is neither chosen nor found."""
    register, clock = register_of({"a": 1, "b": 1})
    clock.advance(PATIENCE_S)
    register.report(Report("b", "b:80", 0, 1))
    clock.advance(0.1)
    assert [report.replica for report in register.living()] == ["b"]
    assert register.find("a") is None
    register.report(Report("a", "a:80", 0, 1))
    assert register.find("a") is not None


def test_a_report_corrects_what_was_counted() -> None:
    """The replica knows best."""
    register, _ = register_of({"a": 1})
    assert register.place() is not None
    assert register.place() is None
    register.report(Report("a", "a:80", 0, 1))
    assert register.place() is not None


def test_a_new_register_waits_until_everyone_could_report() -> None:
    """Or it would call sessions lost that are not."""
    register, clock = register_of({})
    assert register.settling_s == 2 * REPORT_S
    clock.advance(2 * REPORT_S + 1)
    assert register.settling_s == 0
