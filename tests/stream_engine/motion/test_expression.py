"""Emotion, style and idle life on final frames: laws on made-up faces, figures on real talk.

``python -m pytest -s tests/stream_engine/motion/test_expression.py`` prints the measured figures.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.assemble import MODEL_FOLDER, open_hop
from stream_engine.audio.file_source import FileSource
from stream_engine.errors import ShapeError
from stream_engine.motion.arkit import (
    ARKIT_COUNT,
    COEFFICIENT_COUNT,
    COEFFICIENT_NAMES,
    INDEX,
    MOUTH_NAMES,
)
from stream_engine.motion.emotion import EMOTIONS, MANNER_SIZE, OPENING_MM, Manner
from stream_engine.motion.expression import Expression
from stream_engine.motion.generator import MotionGenerator
from stream_engine.motion.performance import Performance, seeds_of
from stream_engine.motion.slots import size_of, slot_of, stack_states
from stream_engine.motion.window import PROFILES
from stream_engine.pipeline import SpeechToMotion
from stream_engine.types import F32, MOTION_FPS, AudioChunk
from tests.lips import Lips
from tests.measure_expression import Recorder, express_again
from tests.paths import SAMPLE

LOUD, QUIET = 1.5, -1.95
"""Features of loud speech, and of a silent room."""
MOUTH = [INDEX[name] for name in MOUTH_NAMES]
BROWS = [k for name, k in INDEX.items() if name.startswith("brow")]
LID = INDEX["eyeBlinkLeft"]


def report(line: str) -> None:
    """Print a measured figure."""
    print(f"\n{line}", flush=True)  # noqa: T201 - the figures are what such a test is run for


def faces(batch: int, frames: int, seed: int) -> F32:
    """Faces that wander, [B, T, D]."""
    random = np.random.default_rng(seed)
    walk = random.standard_normal((batch, frames, COEFFICIENT_COUNT)).cumsum(axis=1) * 0.05
    walk[..., :ARKIT_COUNT] = np.abs(walk[..., :ARKIT_COUNT]).clip(0.0, 1.0)
    return walk.astype(np.float32)


def voices(batch: int, frames: int, seed: int) -> F32:
    """Features that are loud and quiet by turns, [B, 4 T, F]."""
    random = np.random.default_rng(seed)
    loud = random.random((batch, frames // 10 + 1)).repeat(40, axis=1)[:, : 4 * frames] > 0.5
    level = np.where(loud, LOUD, QUIET)[..., None] + 0.1 * random.standard_normal(
        (batch, 4 * frames, 80)
    )
    return level.astype(np.float32)


def drive(
    expression: Expression, seeds: list[int], frames: F32, mel: F32, manner: F32, hop: int
) -> F32:
    """All hops of a batch, [B, T, D]."""
    state, out = expression.initial_state(np.array(seeds, np.uint64), manner), []
    for at in range(0, frames.shape[1], hop):
        shown, state = expression.step(
            state, frames[:, at : at + hop], mel[:, 4 * at : 4 * (at + hop)], manner
        )
        out.append(shown)
    return np.concatenate(out, axis=1)


manners = st.builds(Manner, st.sampled_from(EMOTIONS), st.floats(0, 1), st.floats(0, 2))


@given(st.lists(st.tuples(st.integers(0, 2**63), manners), min_size=2, max_size=5), st.booleans())
@settings(max_examples=12, deadline=None)
def test_a_batch_gives_what_each_session_gives_alone(
    sessions: list[tuple[int, Manner]], quality: bool
) -> None:
    """Bit for bit, for any mixture of manners and seeds."""
    profile = PROFILES["quality" if quality else "balanced"]
    expression, hop = Expression(profile), profile.hop_frames
    seeds = [seed for seed, _ in sessions]
    rows = np.stack([manner.row() for _, manner in sessions])
    frames, mel = faces(len(seeds), 60, 1), voices(len(seeds), 60, 2)
    together = drive(expression, seeds, frames, mel, rows, hop)
    for k, seed in enumerate(seeds):
        one = slice(k, k + 1)
        alone = drive(expression, [seed], frames[one], mel[one], rows[one], hop)
        assert np.array_equal(alone[0], together[k])


@given(manners, st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_weights_stay_weights(manner: Manner, seed: int) -> None:
    """0..1 whatever is asked for; nothing but numbers."""
    out = drive(
        Expression(PROFILES["ultra"]), [seed], faces(1, 50, seed), voices(1, 50, seed),
        manner.row()[None], 1,
    )  # fmt: skip
    assert np.isfinite(out).all()
    assert (out[..., :ARKIT_COUNT] >= 0.0).all()
    assert (out[..., :ARKIT_COUNT] <= 1.0).all()


@given(st.sampled_from(EMOTIONS), st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_at_intensity_0_a_speaking_mouth_is_left_alone(emotion: str, seed: int) -> None:
    """Bit for bit, once speech has begun."""
    frames, mel = faces(1, 50, seed), np.full((1, 200, 80), LOUD, np.float32)
    row = Manner(emotion, 0.0).row()[None]
    out = drive(Expression(PROFILES["balanced"]), [seed], frames, mel, row, 1)
    assert np.array_equal(out[0, 15:, MOUTH], frames[0, 15:, MOUTH])


@given(
    st.sampled_from(EMOTIONS[1:]),
    st.floats(0, 1),
    st.floats(0, 0.6),
    st.dictionaries(
        st.sampled_from(["mouthPucker", "mouthPressLeft", "mouthRollLower"]), st.floats(0, 0.4)
    ),
)
@settings(max_examples=25, deadline=None)
def test_no_emotion_opens_lips_that_say_p_b_or_m(
    emotion: str, intensity: float, jaw: float, others: dict[str, float]
) -> None:
    """Lips closed over any jaw stay closed to a millimetre, everywhere along them."""
    frames = np.zeros((1, 30, COEFFICIENT_COUNT), np.float32)
    for name, weight in {"jawOpen": jaw, "mouthClose": jaw, **others}.items():
        frames[..., INDEX[name]] = weight
    mel, lips = np.full((1, 120, 80), LOUD, np.float32), Lips()
    shown = [
        drive(Expression(PROFILES["ultra"]), [0], frames, mel, manner.row()[None], 1)[0]
        for manner in (Manner(), Manner(emotion, intensity))
    ]
    plain, moved = (lips.columns(motion[10:]) for motion in shown)
    assert (moved - plain).max() < 1.0
    assert lips.middle(shown[1][10:]).max() < 1.0


def test_slots_may_leave_and_join_a_batch() -> None:
    """A state taken apart and put together goes on as if nothing had happened."""
    expression = Expression(PROFILES["balanced"])
    rows = np.stack([Manner("happy").row(), Manner("sad", 1.0).row()])
    frames, mel = faces(2, 2, 3), voices(2, 2, 3)
    state = expression.initial_state(np.array([1, 2], np.uint64), rows)
    _, state = expression.step(state, frames[:, :1], mel[:, :4], rows)
    again = stack_states([slot_of(state, 0), slot_of(state, 1)])
    wanted, _ = expression.step(state, frames[:, 1:], mel[:, 4:], rows)
    got, _ = expression.step(again, frames[:, 1:], mel[:, 4:], rows)
    assert np.array_equal(got, wanted)
    assert size_of(again) == size_of(state) < 1000


def test_a_new_emotion_comes_within_half_a_second_and_without_a_jump() -> None:
    """Of the whole way at most 18 % in a frame, and 10 % more or less than in the frame before."""
    expression, row = Expression(PROFILES["balanced"]), Manner().row()[None]
    still, hush = np.zeros((1, 1, COEFFICIENT_COUNT), np.float32), voices(1, 1, 0) * 0 + QUIET
    changes = {60: Manner("angry", 1.0), 100: Manner("happy"), 103: Manner()}
    state, brow = expression.initial_state(seeds_of(0), row), []
    for frame in range(160):
        row = changes[frame].row()[None] if frame in changes else row
        out, state = expression.step(state, still, hush, row)
        brow.append(float(out[0, 0, INDEX["browDownLeft"]]))
    full = max(brow)
    assert not any(brow[:60])
    assert full == pytest.approx(0.95, abs=0.01)
    assert brow[60 + 10] > 0.95 * full
    assert brow[100 + 12] < 0.06 * full
    speed = np.diff(brow) / full
    assert np.abs(speed).max() < 0.18
    assert np.abs(np.diff(speed)).max() < 0.1


def test_style_scales_an_open_mouth_and_opens_no_closed_one() -> None:
    """Twice the jaw at 2, none at 0; lips closed over an open jaw stay closed."""
    frames = np.zeros((1, 30, COEFFICIENT_COUNT), np.float32)
    frames[..., INDEX["jawOpen"]] = 0.3
    frames[:, 20:, INDEX["mouthClose"]] = 0.3
    frames[..., INDEX["browInnerUp"]] = 0.2
    mel, expression = np.full((1, 120, 80), LOUD, np.float32), Expression(PROFILES["ultra"])
    for style, wanted in ((0.0, 0.0), (1.0, 0.3), (2.0, 0.6)):
        row = Manner(style=style).row()[None]
        out = drive(expression, [0], frames, mel, row, 1)[0]
        assert out[15, INDEX["jawOpen"]] == pytest.approx(wanted)
        assert out[15, INDEX["browInnerUp"]] == pytest.approx(0.2 * (0.5 + 0.5 * style))
        assert abs(Lips().middle(out)[25]) < 0.1


def test_openings_are_those_of_the_shipped_head() -> None:
    """The table agrees with the mesh within 0.3 mm or a tenth."""
    one = np.eye(COEFFICIENT_COUNT, dtype=np.float32)
    for name, measured in zip(COEFFICIENT_NAMES[:ARKIT_COUNT], Lips().middle(one), strict=False):
        told = next((mm for prefix, mm in OPENING_MM.items() if name.startswith(prefix)), 0.0)
        assert measured == pytest.approx(told, abs=0.3, rel=0.1), name


def test_what_does_not_fit_is_refused() -> None:
    """Shapes are checked, not broadcast."""
    expression = Expression(PROFILES["quality"])
    row = Manner().row()[None]
    state = expression.initial_state(np.zeros(1, np.uint64), row)
    with pytest.raises(ShapeError, match="profile quality"):
        expression.step(state, faces(1, 2, 0), voices(1, 1, 0), row)
    with pytest.raises(ShapeError, match="manner"):
        expression.step(state, faces(1, 2, 0), voices(1, 2, 0), row[:, : MANNER_SIZE - 1])


# ------------------------------------------------------------------ the shipped model's talk


@dataclass(frozen=True)
class Talk:
    """One talk with silence after it: as shown in neutral, and what the model gave."""

    shown: F32
    model: F32
    heard: list[tuple[F32, F32]]

    def again(self, manner: Manner, seed: int = 0) -> F32:
        """The same talk in another manner, [T, D]."""
        return express_again(self.heard, PROFILES["balanced"], manner, seed)[-len(self.shown) :]


def talk(samples: F32, rate_hz: int, seed: int = 0) -> Talk:
    """Put a voice through the shipped models."""
    recorder, hop = Recorder(PROFILES["balanced"]), open_hop(MODEL_FOLDER, "balanced", 2)
    stream = SpeechToMotion(MotionGenerator(Performance(hop, recorder, shared=MOUTH), seed))
    runs = [*stream.feed(AudioChunk(0, samples, rate_hz)), *stream.finish()]
    shown = np.concatenate([run.coefficients for run in runs])
    model = np.concatenate([frames for frames, _ in recorder.heard], axis=1)[0]
    return Talk(shown, model[-len(shown) :], recorder.heard)


@pytest.fixture(scope="module")
def voice() -> tuple[F32, int]:
    """Eight seconds of the sample, then two of a quiet room."""
    with FileSource(SAMPLE) as source:
        samples = np.concatenate([chunk.samples for chunk in source.chunks()])
    rate = source.rate_hz
    room = 1e-3 * np.random.default_rng(0).standard_normal(2 * rate)
    return np.concatenate([samples[: 8 * rate], room.astype(np.float32)]), rate


@pytest.fixture(scope="module")
def talked(voice: tuple[F32, int]) -> Talk:
    """One talk for all tests of lips."""
    return talk(*voice)


@pytest.mark.slow
@pytest.mark.parametrize("emotion", EMOTIONS[1:])
def test_closed_lips_stay_closed_in_every_emotion(talked: Talk, emotion: str) -> None:
    """At intensity 1 no pair of lip vertices opens by 1 mm where the lips were closed.

    Nor does the middle press together by more; over the whole talk the gap keeps its course.
    """
    lips = Lips()
    plain, moved = talked.again(Manner()), talked.again(Manner(emotion, 1.0))
    closed = lips.middle(plain) < 1.0
    apart = (lips.columns(moved) - lips.columns(plain))[closed]
    middle = (lips.middle(moved) - lips.middle(plain))[closed]
    alike = np.corrcoef(lips.middle(plain), lips.middle(moved))[0, 1]
    report(
        f"{emotion}: of {closed.sum()} closed frames, furthest opened {apart.max():.2f} mm, "
        f"middle pressed {-middle.min():.2f} mm; gap r = {alike:.3f}"
    )
    assert closed.sum() > 50
    assert apart.max() < 1.0
    assert middle.min() > -1.0
    assert alike > 0.95
    assert np.abs(moved - plain)[:, BROWS].max() > 0.05


@pytest.mark.slow
def test_the_mouth_is_closed_200_ms_after_speech_breaks_off(voice: tuple[F32, int]) -> None:
    """Speech cut at its loudest, mouth wide open: under 0.5 mm five frames later, and for good."""
    samples, rate = voice
    lips, waits, own = Lips(), [], []
    for second in (1.5, 2.4, 3.3, 4.2, 5.1, 6.0, 6.9):
        window = samples[int((second - 0.4) * rate) : int(second * rate)]
        loud = np.convolve(window**2, np.ones(rate // 25), mode="same").argmax()
        end = int((second - 0.4) * rate) + int(loud)
        speech = samples[max(0, end - 2 * rate) : end].copy()
        speech[-(rate // 33) :] *= np.linspace(1.0, 0.0, rate // 33, dtype=np.float32)
        made = talk(np.concatenate([speech, samples[8 * rate : 9 * rate]]), rate)
        for motion, found in ((made.shown, waits), (made.model, own)):
            open_until = np.nonzero(lips.middle(motion) > 0.5)[0].max(initial=0) + 1
            found.append(open_until * 40 - 1000.0 * len(speech) / rate)
    report(f"closed after {np.round(waits)} ms, the model alone {np.round(own)} ms")
    assert max(waits) <= 200.0


@pytest.mark.slow
def test_seeds_change_the_face_and_not_what_it_says(voice: tuple[F32, int], talked: Talk) -> None:
    """Brows, blinks and head differ; the lip gap agrees, r > 0.85; the same seed is the same."""
    other, lips = talk(*voice, seed=1).shown, Lips()
    assert np.array_equal(talk(*voice, seed=0).shown, talked.shown)
    speech = slice(0, 8 * MOTION_FPS)
    alike = np.corrcoef(lips.middle(talked.shown[speech]), lips.middle(other[speech]))[0, 1]
    apart = np.abs(talked.shown - other)
    head_deg = np.degrees(apart[:, ARKIT_COUNT:].mean())
    report(
        f"two seeds: lip gap r = {alike:.3f}, head {head_deg:.2f} degrees, "
        f"brows {apart[:, BROWS].mean():.3f} apart"
    )
    assert alike > 0.85
    assert head_deg > 0.3
    assert apart[:, BROWS].mean() > 0.003
    shut = [set(np.nonzero(motion[:, LID] > 0.5)[0]) for motion in (talked.shown, other)]
    assert shut[0]
    assert shut[1]
    assert shut[0] != shut[1]


@pytest.mark.slow
def test_a_minute_of_silence_is_alive_and_shut() -> None:
    """Lips closed, 12 to 26 blinks, a head that moves by a few degrees, eyes that look about."""
    made, lips = talk(np.zeros(60 * 16_000, np.float32), 16_000), Lips()
    lid = made.shown[:, LID]
    count = np.count_nonzero((lid[1:] > 0.5) & (lid[:-1] <= 0.5))
    head = np.degrees(made.shown[:, ARKIT_COUNT:])
    looks = [k for name, k in INDEX.items() if name.startswith("eyeLook")]
    report(f"a minute of silence: {count} blinks, head spread {head.std(axis=0).round(2)} degrees")
    assert np.abs(lips.middle(made.shown)).max() < 0.2
    assert 12 <= count <= 26
    assert (head.std(axis=0) > 0.1).all()
    assert (head.std(axis=0) < 4.0).all()
    assert made.shown[:, looks].std(axis=0).max() > 0.01
