"""One hop for a batch of sessions."""

import numpy as np
import pytest

from stream_engine.errors import ShapeError
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.hop import MotionHop, washout
from stream_engine.motion.slots import slot_of, stack_states
from stream_engine.motion.window import PROFILES
from stream_engine.protocols import Tensors
from tests.fakes.linear_models import LinearEncoder, LinearSampler


def make_hop(profile: str = "balanced") -> MotionHop:
    return MotionHop(LinearEncoder(), LinearSampler(), PROFILES[profile])


def drive(hop: MotionHop, batch: int, hops: int, seed: int) -> tuple[np.ndarray, list]:
    """Random speech and noise through a batch; frames [B, T, D] and the inputs used."""
    random, state = np.random.default_rng(seed), hop.initial_state(batch)
    frames, used = [], []
    for _ in range(hops):
        mel = random.standard_normal((batch, 4 * hop.profile.hop_frames, 80)).astype(np.float32)
        noise = random.standard_normal((batch, hop.profile.window_frames, 55)).astype(np.float32)
        out, state = hop.step(state, mel, noise)
        frames.append(out)
        used.append((mel, noise))
    return np.concatenate(frames, axis=1), used


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_sessions_in_one_batch_give_what_each_gives_alone(profile: str) -> None:
    """Slots do not touch each other."""
    hop = make_hop(profile)
    together, used = drive(hop, batch=3, hops=9, seed=1)
    for slot in range(3):
        state, alone = hop.initial_state(), []
        for mel, noise in used:
            out, state = hop.step(state, mel[slot : slot + 1], noise[slot : slot + 1])
            alone.append(out)
        assert np.allclose(np.concatenate(alone, axis=1)[0], together[slot], atol=1e-6)


def test_a_session_may_join_a_running_batch() -> None:
    """A fresh slot stacked onto an old one behaves as if alone."""
    hop, random = make_hop(), np.random.default_rng(4)
    old = hop.initial_state()
    speech = random.standard_normal((12, 1, 4, 80)).astype(np.float32)
    noise = random.standard_normal((12, 1, 3, 55)).astype(np.float32)
    for k in range(5):
        _, old = hop.step(old, speech[k], noise[k])
    both, alone = stack_states([old, hop.initial_state()]), hop.initial_state()
    for k in range(5, 12):
        pair = np.concatenate([speech[k], speech[k]]), np.concatenate([noise[k], noise[k]])
        out, both = hop.step(both, *pair)
        single, alone = hop.step(alone, speech[k], noise[k])
        assert np.allclose(out[1:], single, atol=1e-6)
    assert int(slot_of(both, 0).frame[0]) == 12 - 2


def test_weights_stay_within_zero_and_one() -> None:
    """ARKit weights are clipped; head rotation is not."""
    hop = make_hop()
    state = hop.initial_state()
    noise = np.full((1, 3, 55), -40.0, np.float32)
    for _ in range(4):
        out, state = hop.step(state, np.zeros((1, 4, 80), np.float32), noise)
    assert (out[..., :52] == 0.0).all()
    assert (out[..., 52:] < 0.0).all()


def test_state_does_not_grow() -> None:
    """An hour's worth of hops leaves the state the size it was."""
    hop = make_hop()
    state = hop.initial_state()
    size = state.size_bytes
    for _ in range(200):
        _, state = hop.step(
            state, np.zeros((1, 4, 80), np.float32), np.zeros((1, 3, 55), np.float32)
        )
    assert state.size_bytes == size


def test_features_of_another_profile_are_refused() -> None:
    """The error names the profile and both shapes."""
    hop = make_hop("quality")
    with pytest.raises(ShapeError, match=r"quality.*\(1, 8, 80\)"):
        hop.step(
            hop.initial_state(), np.zeros((1, 4, 80), np.float32), np.zeros((1, 8, 55), np.float32)
        )


class Turned(LinearSampler):
    """A model that holds the head turned and the lids wide, whatever it hears."""

    def run(self, inputs: Tensors) -> dict[str, np.ndarray]:
        out = super().run(inputs)
        out["motion"] = np.full_like(out["motion"], 0.3)
        return out


def test_a_posture_held_too_long_washes_out_but_speech_does_not() -> None:
    """After some seconds the head is back and the stare is gone; jaw and blink are untouched."""
    hop = MotionHop(LinearEncoder(), Turned(), PROFILES["balanced"])
    state, frames = hop.initial_state(), []
    for _ in range(250):
        out, state = hop.step(
            state, np.zeros((1, 4, 80), np.float32), np.zeros((1, 3, 55), np.float32)
        )
        frames.append(out[0, 0])
    motion = np.stack(frames)
    for name in ("headYaw", "eyeWideLeft", "browInnerUp"):
        track = motion[:, INDEX[name]]
        assert track[0] > 0.25
        assert track[-1] < 0.01
        assert np.abs(np.diff(track)).max() < 0.01
    for name in ("jawOpen", "mouthPucker", "eyeBlinkLeft", "eyeLookOutLeft"):
        assert np.allclose(motion[3:, INDEX[name]], 0.3, atol=1e-6)
    assert washout().max() == pytest.approx(1 / 50)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_frames_before_the_first_leave_no_posture(profile: str) -> None:
    """What a window gives before frame 0 is nothing: it may not pull at the posture either."""
    hop, random = make_hop(profile), np.random.default_rng(3)
    state = hop.initial_state()
    for _ in range(8):
        mel = random.standard_normal((1, 4 * hop.profile.hop_frames, 80)).astype(np.float32)
        noise = random.standard_normal((1, hop.profile.window_frames, 55)).astype(np.float32)
        _, state = hop.step(state, mel, noise)
        begun = int(state.frame[0]) > 0  # a frame from 0 on has been given
        assert state.posture.any() == begun
