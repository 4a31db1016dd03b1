"""When somebody speaks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clients.python.voice_activity import BEGAN, CEASED, VoiceActivity

RATE_HZ, PIECE = 16_000, 320


def heard(levels: list[float], activity: VoiceActivity | None = None) -> list[tuple[int, str]]:
    """What changes, and at which of 20 ms pieces of these levels."""
    activity = activity or VoiceActivity(RATE_HZ)
    changes = []
    for at, level in enumerate(levels):
        pcm = np.resize(np.array([1, -1]), PIECE) * level * 32767
        if change := activity.hear(pcm.astype(np.int16)):
            changes.append((at, change))
    return changes


def test_a_voice_begins_after_60_ms_and_ceases_after_half_a_second() -> None:
    """Breaths between words do not end it, clicks do not begin it."""
    click, breath = [0.0] * 10 + [0.3] * 2, [0.2] * 20 + [0.0] * 20
    levels = click + [0.0] * 10 + breath + [0.2] * 20 + [0.0] * 40
    assert heard(levels) == [(24, BEGAN), (22 + 60 + 24, CEASED)]


def test_a_noisy_room_is_learned() -> None:
    """A fan is no voice for ever; what is well above it is one."""
    activity = VoiceActivity(RATE_HZ)
    heard([0.005] * 500, activity)
    assert heard([0.009] * 200, activity) == []
    assert heard([0.2] * 10, activity) == [(2, BEGAN)]


@given(st.lists(st.floats(0.0, 1.0), max_size=200))
def test_beginnings_and_ends_take_turns(levels: list[float]) -> None:
    """Whatever is heard; nothing heard is no change."""
    changes = [change for _, change in heard(levels)]
    assert changes == [BEGAN if at % 2 == 0 else CEASED for at in range(len(changes))]
    assert VoiceActivity(RATE_HZ).hear(np.zeros(0, np.int16)) is None
