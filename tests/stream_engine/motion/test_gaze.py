"""Eyes that jump, rest, and stay on what they look at."""

import dataclasses
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_COUNT, INDEX
from stream_engine.motion.gaze import (
    DRAWS,
    LOOK_DEGREES,
    LOOKS_LEFT,
    LOOKS_RIGHT,
    GazeState,
    brings_blink,
    eyes_in_head,
    gaze_state,
    model_gaze,
    wander,
)
from stream_engine.motion.noise import uniforms
from stream_engine.types import F32, MOTION_FPS

NOBODY, SOMEBODY = np.zeros(1, np.float32), np.ones(1, np.float32)


def watch(seconds: float, seed: int, attention: F32 = NOBODY) -> list[GazeState]:
    """Eyes at rest, frame by frame."""
    state, states = gaze_state(1), []
    for frame in range(round(seconds * MOTION_FPS)):
        drawn = uniforms(np.array([seed], np.uint64), np.array([frame]), DRAWS)
        straight = np.zeros((1, 2), np.float32)
        state = wander(state, partial(np.copy, drawn), straight, SOMEBODY, attention)
        states.append(state)
    return states


def path(states: list[GazeState]) -> F32:
    """Degrees to the left and up, [T, 2]."""
    return np.concatenate([state.gaze for state in states])


def test_weights_turn_the_eyes_of_the_shipped_head_as_far_as_the_table_says() -> None:
    """Down, in, out, up: to a degree."""
    head = load_head_asset()
    ball = np.flatnonzero((head.material == Material.EYE) & (head.positions[:, 0] > 0))
    basis = head.basis.reshape(ARKIT_COUNT, -1, 3)
    rest = head.positions[ball]
    for weight, name in zip(LOOK_DEGREES, ("Down", "In", "Out", "Up"), strict=True):
        moved = rest + basis[INDEX[f"eyeLook{name}Left"]][ball]
        before, after = rest - rest.mean(axis=0), moved - moved.mean(axis=0)
        left, _, right = np.linalg.svd(after.T @ before)
        angle = np.degrees(np.arccos((np.trace(left @ right) - 1.0) / 2.0))
        assert angle == pytest.approx(weight, abs=1.0), name


@given(st.integers(0, 2**63 - 1))
@settings(max_examples=5, deadline=None)
def test_eyes_move_in_jumps_and_rest_between_them(seed: int) -> None:
    """Still in most frames; small jumps once or twice a second; a jump is over in three frames."""
    moves = np.linalg.norm(np.diff(path(watch(30.0, seed)), axis=0), axis=1)
    moving = moves > 1e-4
    assert 0.02 < moving.mean() < 0.25
    begun = np.count_nonzero(moving[1:] & ~moving[:-1]) / 30.0
    assert 0.8 < begun < 2.6
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[False], moving, [False]]))))[::2]
    assert runs.max() <= 5  # two in a row at the most


@given(st.integers(0, 2**63 - 1))
@settings(max_examples=5, deadline=None)
def test_saccades_take_their_time_on_the_main_sequence(seed: int) -> None:
    """21 ms and 2.2 ms a degree."""
    for state in watch(20.0, seed):
        far = np.linalg.norm(state.aim - state.start)
        if far > 0.0:
            assert state.span[0] * 1000 / MOTION_FPS == pytest.approx(21 + 2.2 * far, abs=0.1)


def test_who_is_listened_to_is_looked_at() -> None:
    """Nothing but the face of whoever talks: within 4 degrees; without, further away at times."""
    idle, heed = path(watch(60.0, 3)), path(watch(60.0, 3, SOMEBODY))
    assert np.abs(heed).max() < 4.0
    assert np.abs(idle).max() > 5.0


def test_eyes_meet_near_when_they_look_at_somebody_and_never_diverge() -> None:
    """Each turns in by 1.8 degrees; by less when they look away; the change takes a while."""
    states = watch(60.0, 3)
    inward = np.array([state.inward[0, 0] for state in states])
    at_them = np.array([np.abs(state.place).max() <= 2.6 for state in states])
    assert inward.min() > 0.5
    assert inward[at_them].mean() > 1.5
    assert inward[~at_them].mean() < 1.3
    assert np.abs(np.diff(inward)).max() < 0.25
    face = np.zeros((len(states), COEFFICIENT_COUNT), np.float32)
    eyes_in_head(face, path(states), inward.astype(np.float32), np.zeros((len(states), 3)))
    left, right = (face[:, looks] * LOOK_DEGREES for looks in (LOOKS_LEFT, LOOKS_RIGHT))
    assert ((left[:, 1] - left[:, 2]) + (right[:, 1] - right[:, 2])).min() > 0.9


@given(st.floats(-8, 8), st.floats(-5, 5), st.floats(-0.08, 0.08), st.floats(-0.08, 0.08))
def test_eyes_stay_on_what_they_look_at_however_the_head_turns(
    left: float, up: float, pitch: float, yaw: float
) -> None:
    """Gaze in the room is eye in head plus head."""
    face = np.zeros((1, COEFFICIENT_COUNT), np.float32)
    head = np.array([[pitch, yaw, 0.0]], np.float32)
    eyes_in_head(face, np.array([[left, up]], np.float32), np.ones(1, np.float32), head)
    room = model_gaze(face)[0] + np.degrees([yaw, -pitch])
    assert room == pytest.approx([left, up], abs=0.4)  # in and out differ a little in the table


def test_the_models_own_look_is_held_until_it_is_another() -> None:
    """Its wandering by a degree moves nothing; a look by six degrees is one saccade."""
    state, seen = gaze_state(1), []
    for frame in range(40):
        own = np.array([[6.0 if frame >= 20 else np.sin(frame), 0.0]], np.float32)
        quiet = dataclasses.replace(state, hold=state.hold + 9, micro=state.micro + 9)
        state = wander(quiet, partial(np.full, (1, DRAWS), np.float32(0.5)), own, SOMEBODY, NOBODY)
        seen.append(float(state.gaze[0, 0]))
    assert np.ptp(seen[:20]) == 0.0
    assert seen[24] - seen[19] == pytest.approx(6.0, abs=0.5)
    assert np.ptp(seen[24:]) == 0.0


def test_lids_go_up_with_the_eyes() -> None:
    """By a share of what the shape of the look leaves out."""
    face = np.zeros((1, COEFFICIENT_COUNT), np.float32)
    eyes_in_head(face, np.array([[0.0, 6.0]], np.float32), NOBODY, np.zeros((1, 3), np.float32))
    assert 0.1 < face[0, INDEX["eyeWideLeft"]] < 0.4
    assert face[0, INDEX["eyeWideLeft"]] == face[0, INDEX["eyeWideRight"]]


def test_far_looks_bring_blinks_and_near_ones_none() -> None:
    """The further, the likelier."""
    before = gaze_state(1)
    near = dataclasses.replace(before, aim=np.array([[3.0, 0.0]], np.float32))
    far = dataclasses.replace(before, aim=np.array([[12.0, 0.0]], np.float32))
    assert not brings_blink(before, near, lambda: NOBODY).any()
    assert brings_blink(before, far, lambda: np.full(1, 0.3, np.float32)).all()
    assert not brings_blink(before, far, lambda: np.full(1, 0.6, np.float32)).any()
    assert not brings_blink(far, far, lambda: NOBODY).any()
