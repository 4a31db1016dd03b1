"""The life of a face, silent or not."""

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_COUNT, INDEX
from stream_engine.motion.idle import IdleState, animate, idle_state, look, moments, sway
from stream_engine.motion.quiet import quiet_state
from stream_engine.types import F32, MOTION_FPS

LID = INDEX["eyeBlinkLeft"]
LOOKAHEAD = 2


def live_one(state: IdleState, frame: int, face: F32, lids: float, rest: float) -> IdleState:
    """One frame of one session."""
    at, quiet = np.array([frame]), quiet_state(1)
    quiet = dataclasses.replace(quiet, rest=np.full(1, rest, np.float32))
    state = look(state, at, np.full(1, lids, np.float32), quiet.rest)
    animate(face, moments([quiet], [state]), sway(state, at, 1)[:, 0])
    return state


def idle_face(seconds: float, seed: int, rest: float = 1.0) -> F32:
    """A face that the model leaves at rest, [T, D]."""
    state = idle_state(np.array([seed], np.uint64))
    rows = []
    for frame in range(int(seconds * MOTION_FPS)):
        face = np.zeros((1, COEFFICIENT_COUNT), np.float32)
        state = live_one(state, frame, face, 0.0, rest)
        rows.append(face[0])
    return np.stack(rows)


def blinks(lid: F32) -> list[int]:
    """Frames where the lids come down."""
    return [k for k in range(1, len(lid)) if lid[k] > 0.5 >= lid[k - 1]]


def test_blinks_come_every_two_to_seven_seconds_and_shut_the_lids() -> None:
    """Two minutes of rest: 12 to 24 a minute, log-normal, never twice at once."""
    lid = idle_face(120.0, 5)[:, LID]
    at = np.array(blinks(lid))
    between = np.diff(at) / MOTION_FPS
    assert 12 <= len(at) / 2 <= 24
    assert between.min() >= 1.7
    assert between.max() <= 7.1
    assert between.std() > 0.5
    assert lid.max() == 1.0


def test_talking_eyes_blink_more_often() -> None:
    """As people do: 17 a minute at rest, 26 in conversation (Bentivoglio et al. 1997).

    The model's own blinks, of speech, come on top.
    """
    rates = [len(blinks(idle_face(120.0, 5, rest)[:, LID])) for rest in (1.0, 0.0)]
    assert 1.1 < rates[1] / rates[0] < 1.4


def test_a_blink_of_the_models_own_counts() -> None:
    """After it the lids stay open for at least the shortest interval."""
    state = idle_state(np.zeros(1, np.uint64))
    for frame in range(400):
        face = np.zeros((1, COEFFICIENT_COUNT), np.float32)
        own = 0.9 if frame % 40 == 0 else 0.0
        state = live_one(state, frame, face, own, 1.0)
        assert face[0, LID] == 0.0 or frame < 40


@given(st.integers(0, 2**63 - 1))
@settings(max_examples=5, deadline=None)
def test_life_is_small_and_never_jumps(seed: int) -> None:
    """Head under 3 degrees and 4 degrees a second, eyes under 5 degrees; only lids are quick."""
    face = idle_face(20.0, seed)
    head = np.degrees(face[:, ARKIT_COUNT:])
    assert head.std(axis=0).max() > 0.1
    assert np.abs(head).max() < 3.0
    assert np.abs(np.diff(head, axis=0)).max() * MOTION_FPS < 4.0
    looks = [k for name, k in INDEX.items() if name.startswith("eyeLook")]
    assert 0.0 < face[:, looks].max() < 0.16
    assert np.abs(np.diff(face[:, looks], axis=0)).max() < 0.16
    assert np.abs(np.diff(face[:, LID])).max() <= 0.56


def test_breath_moves_jaw_and_nose_behind_closed_lips() -> None:
    """Ten to twenty breaths a minute; mouthClose takes back what the jaw opens."""
    face = idle_face(60.0, 1)
    jaw, close = face[:, INDEX["jawOpen"]], face[:, INDEX["mouthClose"]]
    assert np.array_equal(jaw, close)
    assert 0.008 < jaw.max() < 0.02
    middle = jaw > 0.5 * jaw.max()
    assert 10 <= np.count_nonzero(middle[1:] & ~middle[:-1]) <= 20
    assert face[:, INDEX["noseSneerLeft"]].max() > 0.02


def test_a_face_that_speaks_keeps_its_mouth_to_itself() -> None:
    """Idle life does not touch the lips while it speaks."""
    face = idle_face(10.0, 3, rest=0.0)
    mouth = [k for name, k in INDEX.items() if name.startswith(("jaw", "mouth", "tongue"))]
    assert not face[:, mouth].any()


def test_seeds_live_differently() -> None:
    """Other blinks, other looks, other sway."""
    one, two = idle_face(20.0, 1), idle_face(20.0, 2)
    assert blinks(one[:, LID]) != blinks(two[:, LID])
    assert np.abs(one - two)[:, ARKIT_COUNT:].max() > 0.005
    assert np.array_equal(one, idle_face(20.0, 1))
