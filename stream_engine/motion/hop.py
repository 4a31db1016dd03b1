"""One hop of windowed diffusion for a batch of sessions: a pure function of state and speech."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_NAMES
from stream_engine.motion.blend import OverlapBlender
from stream_engine.motion.state import MotionState, initial_state
from stream_engine.motion.window import LatencyProfile
from stream_engine.protocols import ModelRunner
from stream_engine.telemetry.spans import span
from stream_engine.types import F32, MOTION_FPS

_SLOW = ("head", "brow", "eyeWide", "eyeSquint", "cheek", "noseSneer")
_RETURN_S = 2.0


def washout() -> F32:
    """How fast each coefficient's own slow average follows it, per frame; 0 for the fast ones.

    Nothing in three-second training clips says where a head belongs after a minute, and a voice
    unlike those in training leaves it turned and staring. What moves slowly is therefore shown
    against its own average over about 2 s, as motion platforms do; lips, jaw, lids and gaze are
    left to the model.

    Returns:
        float32 [D].
    """
    slow = np.array([name.startswith(_SLOW) for name in COEFFICIENT_NAMES])
    return (slow / (_RETURN_S * MOTION_FPS)).astype(np.float32)


class MotionHop:
    """Encodes the newest speech, samples the window, blends it with the last one.

    Every slot takes the same path from its first hop on: the first windows begin before frame 0,
    and what they give for those frames is masked out of the context and never emitted.

    Latency: ``profile.latency``.
    State: none here; `MotionState` in, `MotionState` out.
    Thread: the one that owns the runners.
    Buffers: results are the caller's.
    """

    def __init__(self, encoder: ModelRunner, sampler: ModelRunner, profile: LatencyProfile) -> None:
        self._encoder = encoder
        self._sampler = sampler
        self.profile = profile
        self._blender = OverlapBlender()
        self._washout = washout()
        specs = {spec.name: spec.shape for r in (encoder, sampler) for spec in r.spec.inputs}
        self.mel_bands = specs["mel"][-1]
        self.coefficients = specs["noise"][-1]

    def initial_state(self, batch: int = 1) -> MotionState:
        """State of streams that have not begun."""
        return initial_state(self._encoder, self._sampler, self.profile, batch)

    def step(
        self, state: MotionState, mel: F32, noise: F32, final: int | None = None
    ) -> tuple[F32, MotionState]:
        """Advance every slot by one window.

        Args:
            state: B slots.
            mel: Features of as many frames as became final last time, float32 [B, 4 H, F].
            noise: Start noise of the window's frames, float32 [B, T, D].
            final: Frames of the window that become final, and that the next window needs more;
                H by default.

        Returns:
            Final frames float32 [B, final, D] from ``state.frame`` on (those below 0 mean
            nothing), and the next state.

        Raises:
            ShapeError: If ``mel`` or ``noise`` does not fit the state and profile.
        """
        self._check(state, mel, noise)
        hop = mel.shape[1] // MELS_PER_FRAME if final is None else final
        batch = len(state.frame)
        with span("encoder", size=batch):
            encoded = self._encoder.run(
                {"mel": mel, "mel_past": state.mel_past, "conv_past": state.conv_past}
            )
        speech = np.concatenate([state.speech, encoded["speech_out"]], axis=1)
        with span("generator", size=batch):
            sampled = self._sample(state, speech, noise)
        begun = (state.frame[:, None] + np.arange(hop) >= 0).astype(np.float32)
        with span("blend", size=batch):
            window = self._blender.blend(sampled["motion"], state.held, state.has_held)
            emitted, posture = self._settle(window[:, :hop], state.posture, begun)
            emitted[..., :ARKIT_COUNT] = emitted[..., :ARKIT_COUNT].clip(0.0, 1.0)
        following = MotionState(
            frame=state.frame + hop,
            mel_past=encoded["new_mel_past"],
            conv_past=encoded["new_conv_past"],
            speech=speech[:, hop:],
            emitted=emitted,
            emitted_speech=speech[:, :hop],
            emitted_mask=begun,
            cache=sampled["new_cache"],
            mask=sampled["new_mask"],
            held=window[:, hop:],
            posture=posture,
            has_held=(state.frame >= 0).astype(np.float32),
        )
        return emitted, following

    def _sample(self, state: MotionState, speech: F32, noise: F32) -> dict[str, NDArray[Any]]:
        return self._sampler.run(
            {
                "emitted": state.emitted,
                "emitted_speech": state.emitted_speech,
                "emitted_mask": state.emitted_mask,
                "cache": state.cache,
                "mask": state.mask,
                "speech": speech,
                "noise": noise,
            }
        )

    def _settle(self, frames: F32, posture: F32, begun: F32) -> tuple[F32, F32]:
        settled = np.empty_like(frames)
        for index in range(frames.shape[1]):
            frame = frames[:, index]
            posture = posture + begun[:, index, None] * self._washout * (frame - posture)
            settled[:, index] = frame - posture
        return settled, posture

    def _check(self, state: MotionState, mel: F32, noise: F32) -> None:
        batch = len(state.frame)
        fresh = self.profile.window_frames - state.speech.shape[1]
        wanted_mel = (batch, MELS_PER_FRAME * fresh, self.mel_bands)
        wanted_noise = (batch, self.profile.window_frames, self.coefficients)
        if mel.shape != wanted_mel or noise.shape != wanted_noise:
            raise ShapeError(
                f"hop of profile {self.profile.name} does not fit",
                got=f"mel {mel.shape}, noise {noise.shape}",
                expected=f"mel {wanted_mel}, noise {wanted_noise}",
            )
