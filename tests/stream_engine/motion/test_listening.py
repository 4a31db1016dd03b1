"""A face that is talked to."""

from functools import partial

import numpy as np

from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.motion.emotion import NOTHING_HEARD
from stream_engine.motion.listening import (
    DRAWS,
    ListeningState,
    attend,
    lift_brows,
    listening_state,
    nodding,
)
from stream_engine.motion.noise import uniforms
from stream_engine.types import F32, MOTION_FPS

ROOM_DB, VOICE_DB = -62.0, -26.0


def levels(*parts: tuple[float, float]) -> list[tuple[float, float]]:
    """A level for each frame, told ten times a second: (dB, number)."""
    frames = [level for level, seconds in parts for _ in range(round(seconds * MOTION_FPS))]
    return [(frames[at - at % 2], float(at // 2 + 1)) for at in range(len(frames))]


Rows = list[tuple[float, float]]


def listened(heard: Rows, seed: int, rest: float = 1.0) -> list[ListeningState]:
    """Frame by frame."""
    state, out = listening_state(1), []
    for frame, row in enumerate(heard):
        drawn = uniforms(np.array([seed], np.uint64), np.array([frame]), DRAWS)
        told = np.array([row], np.float32)
        state = attend(state, told, np.full(1, rest, np.float32), partial(np.copy, drawn))
        out.append(state)
    return out


def turns(states: list[ListeningState]) -> F32:
    """Pitch, yaw, roll in degrees, [T, 3]."""
    return np.degrees(np.concatenate([nodding(state) for state in states]))


PHRASES = levels((ROOM_DB, 2), *[(VOICE_DB, 2.2), (ROOM_DB, 1.2)] * 10)


def nods(states: list[ListeningState]) -> list[int]:
    """Frames in which a nod begins."""
    return [at for at, state in enumerate(states) if state.nod[0] == 0.0]


def test_nods_come_at_the_ends_of_phrases_and_not_at_every_one() -> None:
    """Within 400 ms of a pause; for more than a third of ten phrases, over five seeds."""
    counts = []
    for seed in range(5):
        at = nods(listened(PHRASES, seed))
        ends = [(2 + 2.2 + 3.4 * k) * MOTION_FPS for k in range(10)]
        assert all(min(frame - end for end in ends if frame >= end) < 10 for frame in at)
        counts.append(len(at))
    assert 18 <= sum(counts) <= 45


def test_a_nod_goes_down_by_three_degrees_and_up_again_without_a_jump() -> None:
    """At most 17 degrees a second."""
    pitch = turns(listened(PHRASES, 1))[:, 0]
    assert 2.0 < pitch.max() < 4.5
    assert np.abs(np.diff(pitch)).max() * MOTION_FPS < 17.0
    assert np.abs(np.diff(pitch, n=2)).max() < 0.35


def test_who_talks_is_attended_to_until_two_seconds_after() -> None:
    """Attention rises within half a second of their voice and goes when they are done."""
    states = listened(levels((ROOM_DB, 2), (VOICE_DB, 3), (ROOM_DB, 5)), 0)
    attention = np.array([state.attention[0] for state in states])
    assert attention[: 2 * MOTION_FPS].max() < 0.01
    assert attention[round(2.6 * MOTION_FPS)] > 0.8
    assert attention[round(6.5 * MOTION_FPS)] > 0.9
    assert attention[-1] < 0.05
    assert 0.1 < np.abs(turns(states)[round(4.5 * MOTION_FPS), 2]) < 2.4


def test_a_face_that_speaks_does_not_nod() -> None:
    """Whoever interrupts it is heard, but it has other things to do."""
    states = listened(PHRASES, 1, rest=0.0)
    assert not nods(states)
    assert not turns(states).any()


def test_a_level_that_comes_no_more_is_silence() -> None:
    """A client that has gone in the middle of a word is not listened to for ever."""
    told = levels((ROOM_DB, 1), (VOICE_DB, 2))
    states = listened([*told, *[told[-1]] * (5 * MOTION_FPS)], 0)
    assert states[-1].attention[0] < 0.1
    assert states[-1].hush[0] > 3 * MOTION_FPS


def test_nobody_is_heard_at_first() -> None:
    """No level, no listening: the head keeps still."""
    states = listened([NOTHING_HEARD] * 100, 4)
    assert not turns(states).any()


def test_brows_flash_at_the_beginning_of_what_somebody_says() -> None:
    """Sometimes, and for half a second."""
    states = [state for seed in range(6) for state in listened(PHRASES, seed)]
    assert any(state.flash[0] == 0.0 for state in states)
    face = np.zeros((20, COEFFICIENT_COUNT), np.float32)
    lift_brows(face, np.arange(20, dtype=np.float32))
    brow = face[:, INDEX["browOuterUpLeft"]]
    assert 0.3 < brow.max() < 0.4
    assert brow[14:].max() == 0.0
    assert np.abs(np.diff(brow)).max() < 0.1
