"""How loud the user is, ten times a second."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.batching.lane import Lane
from stream_engine.batching.lane_table import LaneTable
from stream_engine.motion.emotion import Heard, Manner
from stream_engine.motion.window import PROFILES
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32
from stream_engine.user_level import UserLevel
from tests.fakes.nobody import Nobody
from tests.fakes.stages import LoudnessSlots


class Ears(LoudnessSlots):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(PROFILES["ultra"], 1)
        self.told: list[Heard] = []

    def hear(self, slot: int, heard: Heard) -> None:
        """Keep it."""
        self.told.append(heard)


def levels(pieces: list[F32]) -> list[float]:
    """What the lane is told of sound that comes in pieces."""
    table, ears = LaneTable(1), Ears()
    table.begin(0, 0, PROFILES["ultra"])
    user = UserLevel(Lane(Nobody(), table, 0, ears, Nobody(), Tally(), Manner()))
    for piece in pieces:
        user.push(piece)
    assert [heard.number for heard in ears.told] == list(range(1, len(ears.told) + 1))
    return [heard.level_db for heard in ears.told]


@given(st.integers(1, 48), st.floats(0.01, 1.0))
@settings(max_examples=10, deadline=None)
def test_a_tone_has_its_level_in_pieces_of_any_size(millis: int, size: float) -> None:
    """Ten levels a second, each of the root mean square, in dB of full scale."""
    tone = (size * np.sin(np.arange(48_000) * 0.2)).astype(np.float32)
    found = levels(np.split(tone, np.arange(48 * millis, 48_000, 48 * millis)))
    assert 6 <= len(found) <= 10
    assert found == pytest.approx([20 * np.log10(size) - 3.01] * len(found), abs=0.3)


def test_silence_and_clipping_have_levels_too() -> None:
    """From -120 to 0 dB, whatever comes."""
    assert levels([np.zeros(4_800, np.float32)]) == [-120.0]
    assert levels([np.full(4_800, 3.0, np.float32)]) == [0.0]
