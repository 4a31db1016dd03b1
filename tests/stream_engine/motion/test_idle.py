"""The life of a face, silent or not."""

import dataclasses
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_COUNT, INDEX
from stream_engine.motion.emotion import NOTHING_HEARD
from stream_engine.motion.gaze import LOOK_DEGREES
from stream_engine.motion.idle import (
    HEAD,
    IdleState,
    animate,
    idle_state,
    live,
    moments,
    own_lids,
    sway,
)
from stream_engine.motion.quiet import quiet_state
from stream_engine.types import F32, MOTION_FPS

LID = INDEX["eyeBlinkLeft"]
LOOKS = [k for name, k in INDEX.items() if name.startswith("eyeLook")]


def live_one(state: IdleState, frame: int, face: F32, rest: float) -> IdleState:
    """One frame of one session, as the expression stage lives it."""
    at, quiet = np.array([frame]), quiet_state(1)
    quiet = dataclasses.replace(quiet, rest=np.full(1, rest, np.float32))
    state = live(state, at, face, quiet.rest, np.array([NOTHING_HEARD], np.float32))
    now = moments([quiet], [state])
    face[:, HEAD] = now.head
    own_lids(face)
    face[:, LOOKS] = 0.0
    animate(face, now, sway(state, at, 1)[:, 0])
    return state


@cache
def idle_face(seconds: float, seed: int, rest: float = 1.0) -> F32:
    """A face that the model leaves at rest, [T, D]."""
    state = idle_state(np.array([seed], np.uint64))
    rows = []
    for frame in range(int(seconds * MOTION_FPS)):
        face = np.zeros((1, COEFFICIENT_COUNT), np.float32)
        state = live_one(state, frame, face, rest)
        rows.append(face[0])
    return np.stack(rows)


def blinks(lid: F32) -> list[int]:
    """Frames where the lids come down."""
    return [k for k in range(1, len(lid)) if lid[k] > 0.5 >= lid[k - 1]]


def test_blinks_come_every_two_to_seven_seconds_and_shut_the_lids() -> None:
    """Two minutes of rest: 12 to 26 a minute, log-normal, never twice at once."""
    lid = idle_face(120.0, 5)[:, LID]
    at = np.array(blinks(lid))
    between = np.diff(at) / MOTION_FPS
    assert 12 <= len(at) / 2 <= 26
    assert between.min() >= 1.2
    assert between.max() <= 7.1
    assert between.std() > 0.5
    assert lid.max() == 1.0


def test_talking_eyes_blink_more_often() -> None:
    """As people do: 17 a minute at rest, 26 in conversation (Bentivoglio et al. 1997).

    The model's own blinks, of speech, come on top.
    """
    rates = [len(blinks(idle_face(120.0, 5, rest)[:, LID])) for rest in (1.0, 0.0)]
    assert 1.05 < rates[1] / rates[0] < 1.4


def test_a_blink_of_the_models_own_is_one_of_ours() -> None:
    """It has our course, and after it the lids stay open for at least the shortest interval."""
    state, lid = idle_state(np.zeros(1, np.uint64)), []
    for frame in range(1, 400):
        face = np.zeros((1, COEFFICIENT_COUNT), np.float32)
        face[:, [LID, LID + 7]] = 0.9 if frame % 40 == 0 else 0.0
        state = live_one(state, frame, face, 1.0)
        lid.append(float(face[0, LID]))
    at = np.array(blinks(np.array(lid))) + 1  # the first of the list is frame 1
    for own in range(80, 400, 40):
        assert np.abs(at - own).min() <= 1, own
    assert np.diff(at).min() >= 30


def test_drowsy_lids_of_the_model_stay_open() -> None:
    """Half-closed for a while is no blink, and not how a face at rest looks."""
    face = np.zeros((1, COEFFICIENT_COUNT), np.float32)
    face[:, [LID, LID + 7]] = 0.4
    own_lids(face)
    assert face[:, [LID, LID + 7]].max() <= 0.12


@given(st.integers(0, 2**63 - 1))
@settings(max_examples=5, deadline=None)
def test_life_is_small_and_never_jumps(seed: int) -> None:
    """Head under 8 degrees, 20 a second and 1 a frame more; only eyes and lids are quick.

    An eye crosses no more than 14 degrees at once: what the shapes of looks have.
    """
    face = idle_face(20.0, seed)
    head = np.degrees(face[:, ARKIT_COUNT:])
    assert head.std(axis=0).max() > 0.1
    assert np.abs(head).max() < 8.0
    assert np.abs(np.diff(head, axis=0)).max() * MOTION_FPS < 20.0
    assert np.abs(np.diff(head, n=2, axis=0)).max() < 0.3
    assert 0.0 < face[:, LOOKS].max() <= 1.0 + 1e-5 + 2 / LOOK_DEGREES.min()
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
