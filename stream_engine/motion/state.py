"""Everything a session's motion depends on, as one value with a batch axis."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.slots import size_of
from stream_engine.motion.window import LatencyProfile
from stream_engine.protocols import ModelRunner
from stream_engine.types import F32


@dataclass(frozen=True, slots=True)
class MotionState:
    """State of B slots between two hops; its size never changes.

    Attributes:
        frame: First frame of the next window, int64 [B]; below 0 while the lookahead fills.
        mel_past: Speech encoder's past, float32 [B, 4, F].
        conv_past: Speech encoder's past, float32 [B, P, S].
        speech: Features of the lookahead frames, float32 [B, L, S].
        emitted: Frames of the last hop, not yet in the cache, float32 [B, H, D].
        emitted_speech: Their features, float32 [B, H, S].
        emitted_mask: 1 where such a frame exists, float32 [B, H].
        cache: Keys and values of the context, float32 [B, layers, 2, C, W].
        mask: Filled slots of the context, float32 [B, C].
        held: Lookahead predicted by the last window, float32 [B, L, D].
        has_held: 1 once there is one, float32 [B].
        posture: Slow average of what moves slowly, float32 [B, D]; 0 for the rest.
    """

    frame: NDArray[np.int64]
    mel_past: F32
    conv_past: F32
    speech: F32
    emitted: F32
    emitted_speech: F32
    emitted_mask: F32
    cache: F32
    mask: F32
    held: F32
    has_held: F32
    posture: F32

    @property
    def size_bytes(self) -> int:
        """Memory of all arrays."""
        return size_of(self)


def initial_state(
    encoder: ModelRunner, sampler: ModelRunner, profile: LatencyProfile, batch: int
) -> MotionState:
    """State of ``batch`` streams that have not begun; sizes come from the models' own specs.

    Args:
        encoder: Speech encoder.
        sampler: Motion sampler.
        profile: Hop and lookahead.
        batch: B.

    Returns:
        Zeros, with the window ``lookahead`` frames before the first frame.
    """
    shapes = {spec.name: spec.shape[1:] for r in (encoder, sampler) for spec in r.spec.inputs}
    hop, lookahead = profile.hop_frames, profile.lookahead_frames
    speech_width, coefficients = shapes["speech"][-1], shapes["noise"][-1]

    def zeros(*shape: int) -> F32:
        return np.zeros((batch, *shape), np.float32)

    return MotionState(
        frame=np.full(batch, -lookahead, np.int64),
        mel_past=zeros(*shapes["mel_past"]),
        conv_past=zeros(*shapes["conv_past"]),
        speech=zeros(lookahead, speech_width),
        emitted=zeros(hop, coefficients),
        emitted_speech=zeros(hop, speech_width),
        emitted_mask=zeros(hop),
        cache=zeros(*shapes["cache"]),
        mask=zeros(*shapes["mask"]),
        held=zeros(lookahead, coefficients),
        has_held=zeros(),
        posture=zeros(coefficients),
    )
