"""The watcher's features are the engine's, to rounding, however they are cut and batched."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.audio.resampler import Resampler, silent_resampler_past
from stream_engine.features.log_mel import hop_features, silent_past
from stream_engine.monitor.quick_mel import quick_mel
from stream_engine.types import F32, TICKS_PER_FRAME, TICKS_PER_SECOND, AudioChunk
from tests.fakes.watched_call import speech


def engines(voice: F32) -> F32:
    """As a session's features are made: float32 [4 T, F]."""
    heard = Resampler(TICKS_PER_SECOND).feed(AudioChunk(0, voice, TICKS_PER_SECOND))
    samples = np.concatenate([chunk.samples for chunk in heard])
    return hop_features(silent_past(1), samples[None])[0][0]


def pasts(batch: int) -> tuple[F32, F32]:
    return silent_resampler_past(batch, TICKS_PER_SECOND), silent_past(batch)


def test_speech_has_the_features_that_the_model_hears() -> None:
    """To a thousandth of a spread."""
    voice = speech(4.0)
    np.testing.assert_allclose(quick_mel(*pasts(1), voice[None])[0][0], engines(voice), atol=1e-3)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(1, 24), unique=True, max_size=4).map(sorted))
def test_however_it_is_cut_the_features_are_the_same(cuts: list[int]) -> None:
    """Hop by hop with the pasts handed on, in a batch of two."""
    voice = np.stack([speech(2.0)[: 25 * TICKS_PER_FRAME], speech(2.0)[-25 * TICKS_PER_FRAME :]])
    whole = quick_mel(*pasts(2), voice)[0]
    state, parts = pasts(2), []
    for first, end in zip([0, *cuts], [*cuts, 25], strict=True):
        mel, *state = quick_mel(*state, voice[:, first * TICKS_PER_FRAME : end * TICKS_PER_FRAME])
        parts.append(mel)
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=2e-4)
