"""The laws of streaming, on the shipped models."""

import gc
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.assemble import MODEL_FOLDER, Assembly, open_hop
from stream_engine.audio.file_source import FileSource
from stream_engine.config import EngineConfig
from stream_engine.errors import AudioError
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.window import PROFILES
from stream_engine.types import F32, AudioChunk
from tests.contracts.stream_contract import join_motion, run_in_chunks
from tests.paths import SAMPLE

MOUTH_OPEN = INDEX["jawOpen"]


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    return Assembly(EngineConfig())


@pytest.fixture(scope="module")
def speech() -> tuple[F32, int]:
    with FileSource(SAMPLE) as source:
        chunks = list(source.chunks())
    return np.concatenate([chunk.samples for chunk in chunks]), source.rate_hz


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_any_chunking_gives_the_same_motion(
    assembly: Assembly, speech: tuple[F32, int], profile: str
) -> None:
    """Live in pieces of any size equals offline in one piece, bit for bit."""
    samples, rate = speech[0][: speech[1] * 2], speech[1]

    def make() -> object:
        return assembly.motion_stream(profile)

    whole = run_in_chunks(make, samples, [], rate, join_motion)
    assert len(whole) == 50

    @given(st.lists(st.integers(0, len(samples)), max_size=12))
    @settings(max_examples=6, deadline=None)
    def law(cuts: list[int]) -> None:
        assert np.array_equal(run_in_chunks(make, samples, cuts, rate, join_motion), whole)

    law()


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_latency_reported_is_latency_measured(assembly: Assembly, profile: str, rate: int) -> None:
    """Frame 0 comes with the 10 ms that complete its window, and not before."""
    stream, fed = assembly.motion_stream(profile), 0
    block = np.zeros(rate // 100, np.float32)
    while not stream.feed(AudioChunk(fed * len(block), block, rate)):
        fed += 1
    assert (fed + 1) * 480 == stream.latency == PROFILES[profile].latency


def test_memory_stays_constant_over_long_silence(assembly: Assembly) -> None:
    """Twenty seconds more of silence keep less than their motion frames alone would take."""
    stream, at = assembly.motion_stream("ultra"), 0
    silence = np.zeros(16_000, np.float32)

    def second() -> int:
        nonlocal at
        frames = stream.feed(AudioChunk(at, silence, 16_000))
        at += len(silence)
        return sum(len(run.coefficients) for run in frames)

    def kept() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    for _ in range(4):
        second()
    early = kept()
    made = sum(second() for _ in range(20))
    late = kept()
    tracemalloc.stop()
    assert made == 500
    assert late - early < made * 55 * 4 // 2


def test_seeds_vary_the_motion_and_repeat_it(speech: tuple[F32, int]) -> None:
    """The same seed gives the same motion, another seed another."""
    samples, rate = speech[0][: speech[1]], speech[1]

    def motion(seed: int) -> F32:
        from dataclasses import replace

        config = EngineConfig()
        made = Assembly(replace(config, motion=replace(config.motion, seed=seed)))
        return run_in_chunks(lambda: made.motion_stream("balanced"), samples, [], rate, join_motion)

    assert np.array_equal(motion(1), motion(1))
    assert not np.array_equal(motion(1), motion(2))


def test_speech_opens_the_mouth_and_silence_closes_it(
    assembly: Assembly, speech: tuple[F32, int]
) -> None:
    """The jaw moves in speech; 200 ms after the voice ends it rests."""
    samples, rate = speech
    quiet = np.zeros(rate, np.float32)
    run = np.concatenate([quiet, samples[: 6 * rate], quiet])
    motion = run_in_chunks(lambda: assembly.motion_stream("balanced"), run, [], rate, join_motion)
    jaw = motion[:, MOUTH_OPEN]
    loud = np.abs(run[: len(jaw) * rate // 25].reshape(len(jaw), -1)).max(axis=1) > 0.05
    assert jaw[loud].mean() > 3 * jaw[-18:].mean() + 0.02
    assert jaw[loud].std() > 0.03
    assert jaw[5:20].max() < 0.12
    assert jaw[-18:].max() < 0.12


def test_nan_is_refused_and_the_stream_goes_on(assembly: Assembly) -> None:
    """A broken chunk is an error that names the sample; the next good one is used."""
    stream = assembly.motion_stream("ultra")
    good = np.zeros(1_280, np.float32)
    bad = good.copy()
    bad[3] = np.nan
    assert stream.feed(AudioChunk(0, good, 16_000))
    with pytest.raises(AudioError, match="NaN"):
        stream.feed(AudioChunk(1_280, bad, 16_000))
    assert stream.feed(AudioChunk(1_280, good, 16_000))


def test_an_empty_stream_has_no_frames(assembly: Assembly) -> None:
    """Finishing what never began gives nothing."""
    assert list(assembly.motion_stream("quality").finish()) == []


def test_reset_forgets(assembly: Assembly, speech: tuple[F32, int]) -> None:
    """A used and reset stream equals a new one, also at another rate."""
    samples, rate = speech[0][: speech[1]], speech[1]
    used = assembly.motion_stream("balanced")
    used.feed(AudioChunk(0, np.ones(4_800, np.float32) * 0.1, 48_000))
    used.reset()
    again = run_in_chunks(lambda: used, samples, [], rate, join_motion)
    fresh = run_in_chunks(
        lambda: assembly.motion_stream("balanced"), samples, [], rate, join_motion
    )
    assert np.array_equal(again, fresh)


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_two_sessions_in_one_batch_give_what_each_gives_alone(profile: str) -> None:
    """On the shipped models, within 1e-5: batched products may add up in another order."""
    hop = open_hop(MODEL_FOLDER, profile, 2)
    random = np.random.default_rng(0)
    both, alone = hop.initial_state(2), [hop.initial_state(), hop.initial_state()]
    mel_shape = (2, 4 * hop.profile.hop_frames, 80)
    for _ in range(30):
        mel = random.standard_normal(mel_shape).astype(np.float32)
        noise = random.standard_normal((2, hop.profile.window_frames, 55)).astype(np.float32)
        together, both = hop.step(both, mel, noise)
        for slot in (0, 1):
            one = slice(slot, slot + 1)
            out, alone[slot] = hop.step(alone[slot], mel[one], noise[one])
            assert np.abs(out[0] - together[slot]).max() < 1e-5
