"""Nonsense crashes nothing and leaves nothing; ``python -m tests.fuzz`` has more of it."""

import pytest

from tests.fuzz import SHARES, TARGETS, hammer
from tests.fuzz_live import running


@pytest.mark.parametrize("name", TARGETS)
def test_nonsense_is_refused_by_an_error_of_ours(name: str) -> None:
    """Thousands of inputs, damaged in every way: taken or refused, never anything else."""
    inputs = round(15_000 * SHARES[name])
    found = hammer(TARGETS[name], inputs, seed=2)
    assert not found.crashes
    assert found.taken + found.refused == inputs
    assert found.taken > 0


@pytest.mark.net
@pytest.mark.slow
def test_nonsense_into_a_running_server_hurts_nobody_else() -> None:
    """It answers afterwards, the call beside misses nothing, no session or task is left."""
    for name, found in running(4_000, seed=2):
        assert not found.crashes, name
        assert found.taken > 0, name
