"""Silence or speech."""

import numpy as np
import pytest

from stream_engine.features.log_mel import LogMelExtractor
from stream_engine.motion.quiet import QuietState, listen, loudness, quiet_state, smoothstep
from stream_engine.types import F32, MOTION_FPS, AudioChunk

LOOKAHEAD = 2


def mel_of(samples: F32) -> F32:
    """Features of 16 kHz samples, [1, 4 T, F]."""
    blocks = LogMelExtractor().feed(AudioChunk(0, samples.astype(np.float32), 16_000))
    return np.concatenate([block.values for block in blocks])[None]


def noise(seconds: float, dbfs: float, seed: int = 0) -> F32:
    """White noise of a level."""
    random = np.random.default_rng(seed)
    return (random.standard_normal(int(16_000 * seconds)) * 10 ** (dbfs / 20)).astype(np.float32)


def hear(samples: F32, lookahead: int = LOOKAHEAD) -> list[QuietState]:
    """State after each frame of speech."""
    level = loudness(mel_of(samples))
    state, states = quiet_state(1), []
    for frame in range(level.shape[1] - lookahead):
        state = listen(state, level[:, frame : frame + lookahead + 1])
        states.append(state)
    return states


@pytest.mark.parametrize("room_dbfs", [-200.0, -70.0, -55.0])
@pytest.mark.parametrize("lookahead", [1, 2, 6])
def test_silence_is_noticed_at_once_and_speech_before_it_begins(
    room_dbfs: float, lookahead: int
) -> None:
    """The mouth may close 40 ms after the last sound and has done so after 200 ms."""
    room = noise(3.0, room_dbfs)
    voice = noise(1.0, -25.0, 1)
    states = hear(np.concatenate([room, voice, room]), lookahead)
    closing = [float(state.closing[0]) for state in states]
    begin, end = 3 * MOTION_FPS, 4 * MOTION_FPS
    assert closing[begin - lookahead - 1] == 1.0
    assert closing[begin + 2] == 0.0
    assert max(closing[begin + 2 : end]) == 0.0
    assert closing[end + 4] == 1.0


def test_a_stop_between_two_sounds_is_not_silence() -> None:
    """Three silent frames, as in a 'p', are bridged by two frames of lookahead."""
    voice, hush = noise(1.0, -25.0), noise(0.12, -70.0)
    states = hear(np.concatenate([noise(2.0, -70.0), voice, hush, voice]))
    inside = states[2 * MOTION_FPS + 5 : 4 * MOTION_FPS]
    assert max(float(state.closing[0]) for state in inside) < 0.3


def test_a_noisy_room_is_learned_within_seconds() -> None:
    """-48 dB is louder than any room expected: taken for speech at first, not for long."""
    states = hear(noise(6.0, -48.0))
    assert float(states[-1].closing[0]) == 1.0
    assert float(states[-1].rest[0]) == 1.0


def test_loudness_is_in_decibels() -> None:
    """Ten times the amplitude is 20 dB more; digital silence is -41."""
    soft, loud = (loudness(mel_of(noise(1.0, level)))[0, 5:].mean() for level in (-40.0, -20.0))
    assert loud - soft == pytest.approx(20.0, abs=0.3)
    assert loudness(mel_of(np.zeros(16_000, np.float32))).max() == pytest.approx(-41.0, abs=0.1)


def test_easing_keeps_its_ends() -> None:
    """0 and 1 stay, halves stay, the rest is drawn to the nearer end."""
    eased = smoothstep(np.array([-1.0, 0.0, 0.25, 0.5, 1.0, 2.0], np.float32))
    assert eased.tolist() == [0.0, 0.0, 0.15625, 0.5, 1.0, 1.0]
