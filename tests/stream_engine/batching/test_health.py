from hypothesis import given
from hypothesis import strategies as st

from stream_engine.batching.health import IN_A_ROW, LONGEST_REST_S, LOST_S, REST_S, Health


def test_a_session_that_fails_is_its_own_fault_three_in_a_row_are_not() -> None:
    """Then nobody is admitted for a while, until one works."""
    health = Health()
    for _ in range(IN_A_ROW - 1):
        health.failed(10.0)
    assert not health.suspect
    health.worked()
    for _ in range(IN_A_ROW):
        assert not health.resting(10.0)
        health.failed(10.0)
    assert health.resting(10.0 + REST_S - 0.1)
    assert not health.resting(10.0 + REST_S)
    assert health.suspect
    health.worked()
    assert not health.suspect
    assert not health.resting(10.0)


def test_each_trial_that_fails_makes_the_rest_longer_and_after_a_while_it_is_lost() -> None:
    """A batch that fails at once is one trial, however many were in it."""
    health, now_s, rests = Health(), 0.0, []
    for _ in range(8):
        for _ in range(10):
            health.failed(now_s)
        began_s = now_s
        while health.resting(now_s):
            now_s += 0.5
        rests.append(now_s - began_s)
        assert health.lost == (began_s >= LOST_S)
    assert rests[:3] == [REST_S, 2 * REST_S, 4 * REST_S]
    assert rests[-1] == LONGEST_REST_S
    health.worked()
    assert not health.lost


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 30.0)), max_size=60))
def test_who_works_now_and_then_is_never_shut_out_for_long(
    events: list[tuple[bool, float]],
) -> None:
    """No rest is longer than the longest, and a success always ends it."""
    health, now_s = Health(), 0.0
    for works, wait_s in events:
        now_s += wait_s
        if works:
            health.worked()
            assert not health.resting(now_s)
        else:
            health.failed(now_s)
        assert not health.resting(now_s + LONGEST_REST_S)
