"""The scorer in slots: late mouths, other words, utterances, nobody's face in another's slot."""

import numpy as np
import pytest

from stream_engine.errors import ShapeError
from stream_engine.monitor import sync_scorer
from stream_engine.monitor.sync_score import HOP_FRAMES
from stream_engine.monitor.sync_scorer import HOP_TICKS, SyncScorer, Watched
from stream_engine.motion.slots import arrays_of
from stream_engine.types import F32, TICKS_PER_FRAME
from tests.fakes.streaming_ears import FAKE_CALIBRATION, fake_ears, levels, mel_of, motion_of


@pytest.fixture(autouse=True)
def plain_hearing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A voice's samples are its level, so that a test can say what is heard."""

    def features(voice_past: F32, heard_past: F32, voice: F32) -> tuple[F32, F32, F32]:
        level = voice.reshape(len(voice), -1, TICKS_PER_FRAME).mean(axis=2)
        return mel_of(level), voice_past, heard_past

    monkeypatch.setattr(sync_scorer, "quick_mel", features)


def talk(seconds: float, late_frames: int = 0, seed: int = 0) -> tuple[F32, F32]:
    """Motion [T, D] and voice [1920 T] of a face that is so late."""
    frames = int(25 * seconds) // HOP_FRAMES * HOP_FRAMES
    level = levels(frames + 20, seed)
    at = np.arange(frames) + 10
    voice = level[at].repeat(HOP_TICKS // HOP_FRAMES)
    return motion_of(level[at - late_frames]), voice


def watch(scorer: SyncScorer, slot: int, motion: F32, voice: F32) -> list[Watched]:
    """Let one slot be watched, hop by hop."""
    hops = len(motion) // HOP_FRAMES
    return [
        scorer.advance(np.array([slot]), face[None], sound[None])
        for face, sound in zip(
            motion.reshape(hops, HOP_FRAMES, -1), voice.reshape(hops, -1), strict=True
        )
    ]


def scorer_of(capacity: int = 3) -> SyncScorer:
    scorer = SyncScorer(fake_ears(), FAKE_CALIBRATION, capacity)
    scorer.begin(np.arange(capacity))
    return scorer


def test_a_face_in_sync_scores_high_and_a_late_one_is_told_how_late() -> None:
    """120 ms late: an alarm within a second and a half, and that lag."""
    good = watch(scorer_of(), 0, *talk(6.0))
    assert good[-1].window.score[0] > 0.9
    assert abs(good[-1].window.lag_ms[0]) < 10
    assert not any(w.alarms.lag_ms[0] or w.alarms.wrong[0] for w in good)
    late = watch(scorer_of(), 0, *talk(6.0, late_frames=3))
    assert late[-1].window.score[0] < 0.1
    assert late[-1].window.lag_ms[0] == pytest.approx(120, abs=10)
    first = next(k for k, w in enumerate(late) if w.alarms.lag_ms[0])
    assert first <= 4
    assert late[first].alarms.lag_ms[0] == pytest.approx(120, abs=20)


def test_a_face_of_other_words_is_wrong() -> None:
    """And not merely late."""
    motion, _ = talk(8.0, seed=1)
    _, voice = talk(8.0, seed=2)
    watched = watch(scorer_of(), 0, motion, voice)
    assert watched[-1].alarms.wrong[0]
    assert watched[-1].window.score[0] < 0.1


def test_an_utterance_is_judged_when_a_pause_ends_it() -> None:
    """Once, over all of it; silence says nothing."""
    motion, voice = talk(4.0)
    quiet = np.zeros_like(voice[: 5 * HOP_TICKS])
    still = np.zeros_like(motion[: 5 * HOP_FRAMES])
    watched = watch(scorer_of(), 0, np.concatenate([motion, still]), np.concatenate([voice, quiet]))
    told = [k for k, w in enumerate(watched) if w.utterance.judged[0]]
    assert len(told) == 1
    assert told[0] >= 10
    assert watched[told[0]].utterance.score[0] > 0.9
    assert 3.0 < watched[told[0]].utterance.seconds[0] <= 4.1
    assert watched[-1].speech[0] == pytest.approx(0.0, abs=1e-6)


def test_who_had_the_slot_before_leaves_nothing_there() -> None:
    """Bit for bit what a fresh scorer says; neighbours change nothing either."""
    scorer, fresh = scorer_of(), scorer_of()
    watch(scorer, 1, *talk(4.0, late_frames=5, seed=9))
    scorer.begin(np.array([1]))
    used, new = (watch(one, 1, *talk(4.0, seed=3)) for one in (scorer, fresh))
    for a, b in zip(used, new, strict=True):
        for x, y in zip(arrays_of(a), arrays_of(b), strict=True):
            np.testing.assert_array_equal(x, y)


def test_faces_in_a_batch_are_judged_as_alone() -> None:
    """Three at once, one late."""
    alone, together = scorer_of(), scorer_of()
    talks = [talk(4.0, late, seed) for seed, late in enumerate((0, 4, 0))]
    single = [watch(alone, slot, *talks[slot]) for slot in range(3)]
    for hop in range(10):
        faces = slice(hop * HOP_FRAMES, (hop + 1) * HOP_FRAMES)
        sounds = slice(hop * HOP_TICKS, (hop + 1) * HOP_TICKS)
        motion = np.stack([motion[faces] for motion, _ in talks])
        voice = np.stack([voice[sounds] for _, voice in talks])
        watched = together.advance(np.arange(3), motion, voice)
        for slot in range(3):
            assert watched.window.score[slot] == single[slot][hop].window.score[0]


def test_evidence_can_be_forgiven() -> None:
    """After something was done, what was before counts no more, and the ears go on."""
    scorer = scorer_of()
    assert watch(scorer, 0, *talk(4.0, late_frames=3))[-1].alarms.lag_ms[0]
    scorer.forgive(np.array([0]))
    after = watch(scorer, 0, *talk(2.0, seed=5))
    assert not after[0].window.judged[0] or after[0].window.score[0] > 0.5
    assert not any(w.alarms.lag_ms[0] for w in after)


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    """A hop too short."""
    scorer = scorer_of()
    with pytest.raises(ShapeError, match="does not fit"):
        scorer.advance(np.array([0]), np.zeros((1, 9, 55), "f4"), np.zeros((1, HOP_TICKS), "f4"))
    assert 0 < scorer.slot_bytes < 100_000
