"""Sessions in slots: alone or among many, first or second in a slot, the same face."""

from concurrent.futures import Future

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.assemble import MODEL_FOLDER, open_hop
from stream_engine.audio.file_source import FileSource
from stream_engine.audio.resampler import Resampler
from stream_engine.errors import AssetError, ShapeError
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.emotion import Heard, Manner, Times
from stream_engine.motion.expression import Expression
from stream_engine.motion.generator import MotionGenerator
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.performance import Performance
from stream_engine.motion.session_slots import SessionSlots
from stream_engine.motion.window import PROFILES
from stream_engine.pipeline import SpeechToMotion
from stream_engine.types import F32, MODEL_RATE_HZ, SAMPLES_PER_FRAME, AudioChunk
from tests.contracts.stream_contract import join_motion
from tests.fakes.linear_models import LinearEncoder, LinearSampler
from tests.paths import SAMPLE


def fake(profile: str) -> Performance:
    hop = MotionHop(LinearEncoder(), LinearSampler(), PROFILES[profile])
    return Performance(hop, Expression(PROFILES[profile]), shared=[3, 4])


def speech(seed: int, frames: int) -> F32:
    """A voice of its own, loud and quiet by turns, float32 [640 T]."""
    random = np.random.default_rng(seed)
    loudness = np.repeat(10.0 ** random.uniform(-4, -0.5, frames), SAMPLES_PER_FRAME)
    return (random.uniform(-1.0, 1.0, len(loudness)) * loudness).astype(np.float32)


def alone(
    performance: Performance,
    samples: F32,
    seed: int = 0,
    manner: Manner | None = None,
    whole: bool = False,
) -> F32:
    """What the session's own stream makes of speech, as far as it is final, or to its end."""
    stream = SpeechToMotion(MotionGenerator(performance, seed, manner))
    runs = list(stream.feed(AudioChunk(0, samples, MODEL_RATE_HZ)))
    return join_motion([*runs, *stream.finish()] if whole else runs)


def hops_of(performance: Performance, samples: F32) -> list[F32]:
    """Speech cut into hops, [640 H] each."""
    return list(samples.reshape(-1, performance.profile.hop_samples))


@given(
    st.sampled_from(sorted(PROFILES)),
    st.lists(st.sets(st.integers(0, 4), min_size=1), min_size=1, max_size=25),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_whoever_shares_the_batch_a_session_gives_what_it_gives_alone(
    profile: str, batches: list[set[int]], backwards: bool
) -> None:
    """Five sessions, any of them in any batch, in any order: bit for bit."""
    performance = fake(profile)
    slots, sizes = SessionSlots(performance, 5), performance.profile
    voices = [speech(seed, sizes.hop_frames * len(batches)) for seed in range(5)]
    hops = [hops_of(performance, voice) for voice in voices]
    for seed in range(5):
        slots.begin(seed, Manner(), seed)
    made: list[list[F32]] = [[] for _ in range(5)]
    for batch in batches:
        rows = np.array(sorted(batch, reverse=backwards))
        samples = np.stack([hops[row][len(made[row])] for row in rows])
        for row, frames in zip(rows, slots.advance(rows, samples), strict=True):
            made[row].append(frames)
    for row, parts in enumerate(made):
        if sizes.hop_frames * len(parts) > sizes.lookahead_frames:
            wanted = alone(performance, np.concatenate(hops[row][: len(parts)]), row)
            assert np.array_equal(np.concatenate(parts)[sizes.lookahead_frames :], wanted)


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_shipped_model_gives_the_same_bits_alone_and_among_many(profile: str) -> None:
    """On ONNX Runtime a session's motion does not depend on the size of its batch at all."""
    performance = Performance(open_hop(MODEL_FOLDER, profile, 1), Expression(PROFILES[profile]))
    sizes, hops = performance.profile, 12
    slots = SessionSlots(performance, 23)
    voices = np.stack([speech(seed, sizes.hop_frames * hops) for seed in range(23)])
    for seed in range(23):
        slots.begin(seed, Manner(), seed)
    parts = np.split(voices, hops, axis=1)
    made = np.concatenate([slots.advance(np.arange(23), part) for part in parts], axis=1)
    for seed in (0, 7, 22):
        wanted = alone(performance, voices[seed], seed)
        assert np.array_equal(made[seed, sizes.lookahead_frames :], wanted)


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("frames", [1, 7, 12])
def test_the_end_of_speech_is_that_of_a_stream(profile: str, frames: int) -> None:
    """Frames after the end count as silence, whatever lies in the buffer there."""
    performance = fake(profile)
    slots, sizes, voice = SessionSlots(performance, 1), performance.profile, speech(4, frames)
    slots.begin(0, Manner())
    hops = -(-(frames + sizes.lookahead_frames) // sizes.hop_frames)
    buffer = np.concatenate([voice, speech(5, sizes.hop_frames * hops)])
    made = []
    for k in range(hops):
        ended = sizes.hop_frames * k + np.arange(sizes.hop_frames) >= frames
        heard = buffer[sizes.hop_samples * k : sizes.hop_samples * (k + 1)]
        made.append(slots.advance(np.array([0]), heard[None], ended[None])[0])
    got = np.concatenate(made)[sizes.lookahead_frames :][:frames]
    assert np.array_equal(got, alone(performance, voice, whole=True))


def test_a_slot_keeps_nothing_of_whom_it_held() -> None:
    """The next session in it gives what it would have given in a new table."""
    performance, voice = fake("balanced"), speech(9, 20)
    slots, slot = SessionSlots(performance, 1), np.array([0])
    slots.begin(0, Manner("angry", 1.0), 5)
    for part in hops_of(performance, speech(1, 15)):
        slots.advance(slot, part[None])
    slots.begin(0, Manner(), 6)
    made = [slots.advance(slot, part[None])[0] for part in hops_of(performance, voice)]
    assert np.array_equal(np.concatenate(made)[2:], alone(performance, voice, 6))


def test_a_restart_begins_anew_in_the_manner_last_set_and_leaves_others_alone() -> None:
    """As the reset of a stream does."""
    performance, voice = fake("balanced"), speech(2, 12)
    slots, both = SessionSlots(performance, 2), np.array([0, 1])
    for slot in both:
        slots.begin(slot, Manner(), slot)
    slots.express(0, Manner("sad", 0.5))
    parts = hops_of(performance, voice)
    other = [slots.advance(both, np.stack([part] * 2))[1] for part in parts[:4]]
    slots.restart(both[:1])
    mine = []
    for k, part in enumerate(parts):
        rows = both if k < 8 else both[:1]
        made = slots.advance(rows, np.stack([part, parts[(k + 4) % 12]])[: len(rows)])
        mine.append(made[0])
        other.extend(made[1:])
    assert np.array_equal(
        np.concatenate(mine)[2:], alone(performance, voice, 0, Manner("sad", 0.5))
    )
    assert np.array_equal(np.concatenate(other)[2:], alone(performance, voice, 1))


def test_samples_that_do_not_fit_move_nobody() -> None:
    """The batch is refused as a whole, and the next one is as if it had not been."""
    performance, voice = fake("quality"), speech(3, 8)
    slots, slot = SessionSlots(performance, 1), np.array([0])
    slots.begin(0, Manner())
    with pytest.raises(ShapeError, match="profile quality"):
        slots.advance(slot, voice[None, :SAMPLES_PER_FRAME])
    made = [slots.advance(slot, part[None])[0] for part in hops_of(performance, voice)]
    assert np.array_equal(np.concatenate(made)[6:], alone(performance, voice))
    assert slots.slot_bytes > 1000


@given(
    st.sampled_from(sorted(PROFILES)),
    st.lists(st.integers(0, 1), min_size=1, max_size=25),
)
@settings(max_examples=40, deadline=None)
def test_quality_may_change_at_any_window_and_no_frame_is_lost(
    profile: str, levels: list[int]
) -> None:
    """Every window gives the frames after the last one's; each is heard with its own speech.

    Frames that become final lie where the last window left off, for model and expression alike.
    """
    performance = fake(profile)
    slots, sizes, row = SessionSlots(performance, 1), performance.profile, np.array([0])
    voice = speech(3, sizes.window_frames * (len(levels) + 1))
    slots.begin(0, Manner())
    at, need, made = 0, sizes.hop_frames, 0
    for level in levels:
        samples = voice[640 * at : 640 * (at + need)][None]
        frames = slots.advance(row, samples, level=level)
        at, need = at + need, frames.shape[1]
        made += need
        assert need == (sizes.sparing if level else sizes).hop_frames
        assert at - sizes.window_frames + need == made - sizes.lookahead_frames
    state = slots._tables[need].take(row)
    assert int(state.face.motion.frame[0]) == made - sizes.lookahead_frames
    assert int(state.face.expression.frame[0]) == made - sizes.lookahead_frames


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_shipped_model_hardly_changes_its_lips_when_it_spares(profile: str) -> None:
    """Half the calls, the same latency: nearly the same face, and no jump where levels change."""
    performance = Performance(open_hop(MODEL_FOLDER, profile, 1), Expression(PROFILES[profile]))
    sizes, row = performance.profile, np.array([0])
    with FileSource(SAMPLE) as file:
        sound = np.concatenate([chunk.samples for chunk in file.chunks()])
        heard = Resampler(file.rate_hz).feed(AudioChunk(0, sound, file.rate_hz))[0].samples
    tracks = []
    for period in (0, 10):  # never, and every ten windows for ten windows
        slots, at, need, parts = SessionSlots(performance, 1), 0, sizes.hop_frames, []
        slots.begin(0, Manner())
        while 640 * (at + need) <= len(heard):
            level = int(period > 0 and len(parts) // period % 2)
            parts.append(slots.advance(row, heard[None, 640 * at : 640 * (at + need)], level=level))
            at, need = at + need, parts[-1].shape[1]
        tracks.append(np.concatenate(parts, axis=1)[0, sizes.lookahead_frames :])
    plain, spared = (track[: min(map(len, tracks))] for track in tracks)
    jaw = INDEX["jawOpen"]
    assert np.corrcoef(plain[:, jaw], spared[:, jaw])[0, 1] > 0.97
    steps = [np.abs(np.diff(track, axis=0)).max(axis=1) for track in (plain, spared)]
    assert np.quantile(steps[1], 0.99) < 1.25 * np.quantile(steps[0], 0.99)


def brow_of(slots: SessionSlots, hops: int) -> float:
    """How high a silent session's inner brows are after so many hops."""
    hush = np.zeros((1, SAMPLES_PER_FRAME), np.float32)
    frames = [slots.advance(np.array([0]), hush) for _ in range(hops)]
    return float(frames[-1][0, -1, INDEX["browInnerUp"]])


def test_an_expression_that_passed_does_not_come_again_after_a_cut() -> None:
    """One that had begun is over, whatever else changes; one that had not begins."""
    slots, sad = SessionSlots(fake("balanced"), 1), ("sad", 1.0, None, Times(0.1, 20.0))
    slots.begin(0, Manner())
    low = brow_of(slots, 20)
    passing = Manner().changed(*sad)
    slots.express(0, passing)
    assert brow_of(slots, 20) > low + 0.3
    slots.restart(np.array([0]))
    slots.express(0, passing.changed(None, None, 1.5))
    assert brow_of(slots, 20) < low + 0.1
    slots.express(0, passing.changed(*sad))
    slots.restart(np.array([0]))
    assert brow_of(slots, 20) > low + 0.3


def test_who_had_the_slot_before_is_not_listened_to() -> None:
    """What was heard goes with its session; what was shown, too."""
    slots, hush = SessionSlots(fake("balanced"), 1), np.zeros((1, SAMPLES_PER_FRAME), np.float32)
    made = []
    for level in (-20.0, None):
        slots.begin(0, Manner(), 5)
        frames = []
        for hop in range(60):
            if level is not None:
                slots.hear(0, Heard(level if 10 < hop < 40 else -70.0, hop + 1))
            frames.append(slots.advance(np.array([0]), hush))
        made.append(np.concatenate(frames, axis=1))
    fresh = SessionSlots(fake("balanced"), 1)
    fresh.begin(0, Manner(), 5)
    alone_there = [fresh.advance(np.array([0]), hush) for _ in range(60)]
    assert np.array_equal(made[1], np.concatenate(alone_there, axis=1))
    assert not np.array_equal(made[0], made[1])


def test_more_steps_that_cannot_be_had_end_no_session(caplog: pytest.LogCaptureFixture) -> None:
    """It is said once, and the session goes on with the steps that were wanted."""
    richer: Future[Performance] = Future()
    richer.set_exception(AssetError("no such graph"))
    performance, voice = fake("balanced"), speech(3, 24)
    slots = SessionSlots(performance, 1, richer=richer)
    slots.begin(0, Manner())
    slots.work(0, boosted=True, fallback=False)
    hops = hops_of(performance, voice)
    made = [slots.advance(np.array([0]), hop[None])[0] for hop in hops]
    lookahead = performance.profile.lookahead_frames
    assert np.array_equal(np.concatenate(made)[lookahead:], alone(performance, voice))
    assert caplog.text.count("no such graph") == 1
