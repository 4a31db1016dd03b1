"""A cut is a blend: the mouth shuts, nothing snaps, and half a second later nothing is left."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_COUNT, INDEX, MOUTH_NAMES
from stream_engine.motion.handover import NEUTRAL_FRAMES, Handover

MOUTH = [INDEX[name] for name in MOUTH_NAMES]
STILL = [i for n, i in INDEX.items() if i not in MOUTH and not n.startswith("eyeBlink")]
faces = arrays(np.float32, COEFFICIENT_COUNT, elements=st.floats(0.0, 1.0, width=32))


@given(face=faces)
def test_the_mouth_shuts_and_the_rest_is_held(face) -> None:
    """Less in every frame, none from the third on; brows, gaze and head stay."""
    handover = Handover(10, 16, face)
    held = [handover.held(frame) for frame in range(10, 16)]
    for before, after in zip([face, *held], held, strict=False):
        assert (after[MOUTH] <= before[MOUTH]).all()
        np.testing.assert_array_equal(after[STILL], face[STILL])
    for frame in held[NEUTRAL_FRAMES - 1 :]:
        assert not frame[MOUTH].any()
        assert not frame[[INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]].any()


@given(face=faces, begun=faces)
def test_new_motion_is_eased_in(face, begun) -> None:
    """Of a motion that stands still: never away from it, and wholly there when it is settled."""
    handover = Handover(10, 15, face)
    off = [np.abs(handover.held(14) - begun)]
    for frame in range(15, handover.settled + 1):
        shown = handover.eased(frame, begun, begun)
        assert shown[:ARKIT_COUNT].min() >= 0.0
        assert shown[:ARKIT_COUNT].max() <= 1.0
        off.append(np.abs(shown - begun))
    for before, after in itertools.pairwise(off):
        assert (after <= before + 1e-6).all()
    np.testing.assert_array_equal(handover.eased(handover.settled, begun, begun), begun)


def test_a_head_that_is_turned_turns_back_in_small_steps() -> None:
    """A tenth of a turn is taken back with no step above an eighth of it."""
    face = np.zeros(COEFFICIENT_COUNT, np.float32)
    face[INDEX["headYaw"]] = 0.1
    rest, handover = np.zeros(COEFFICIENT_COUNT, np.float32), Handover(0, 5, face)
    way = [0.1, *(handover.eased(k, rest, rest)[INDEX["headYaw"]] for k in range(5, 20))]
    assert way[-1] == 0.0
    assert np.abs(np.diff(way)).max() < 0.0135


def test_what_is_shown_of_any_frame_is_one_rule() -> None:
    """Before the cut its motion, then the face held, then motion eased in; nothing of nothing."""
    cut = Handover(10, 12, np.full(COEFFICIENT_COUNT, 0.5, np.float32))
    motion = np.full(COEFFICIENT_COUNT, 0.25, np.float32)
    assert cut.shown(9, motion, None) is motion
    assert cut.shown(9, None, None) is None
    np.testing.assert_array_equal(cut.shown(11, None, None), cut.held(11))
    assert cut.shown(13, None, motion) is None
    np.testing.assert_array_equal(
        cut.shown(13, motion, 2 * motion), cut.eased(13, motion, 2 * motion)
    )
    # Where the first new frame was never made, motion is eased in from itself.
    np.testing.assert_array_equal(cut.shown(13, motion, None), cut.eased(13, motion, motion))


@pytest.mark.parametrize("late", [0, 1, 2, 3, 8])
def test_the_mouth_is_shut_in_time_however_soon_new_motion_begins(late: int) -> None:
    """Nothing of what was cut is left of it in the third frame, nor in any after."""
    open_face = np.full(COEFFICIENT_COUNT, 0.9, np.float32)
    handover, still = Handover(10, 10 + late, open_face), np.zeros(COEFFICIENT_COUNT, np.float32)
    for frame in range(10 + NEUTRAL_FRAMES - 1, 30):
        face = handover.shown(frame, still, still)
        assert face is not None
        assert face[INDEX["jawOpen"]] == 0.0
