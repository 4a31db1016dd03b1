"""Systems that tell whether a mouth goes with a voice."""

import numpy as np
import pytest

from stream_engine.assemble_monitor import open_streaming_ears
from stream_engine.monitor.sync_evidence import LAGS, MOST_LAG_STEPS, Saying, evidence
from stream_engine.types import F32
from tests.paths import SAMPLE
from tests.training.sync.faces_for_tests import JAW, talking_face
from training.data.corpus.speech import read_speech
from training.data.spoken_faces import features
from training.sync.faults import TalkingFace, shifted
from training.sync.systems import SHIPPED, LiveEars, LoudnessGap, _compared, open_systems


class AllSpeech:
    """Stands in for the live ears: everything is speech."""

    def speech(self, face: TalkingFace) -> F32:
        return np.ones(2 * len(face), np.float32)


@pytest.fixture(scope="module")
def speaking() -> TalkingFace:
    """The sample's voice before a face that only opens its jaw when it is loud."""
    mel = features(read_speech(SAMPLE))[:480]
    loud = mel.mean(axis=1).reshape(-1, 4).mean(axis=1)
    motion = np.zeros((120, 55), np.float32)
    motion[:, JAW] = 0.5 * (loud - loud.min()) / (loud.max() - loud.min())
    return TalkingFace("sample", "sample", mel, motion)


def test_comparing_in_parts_gives_what_the_whole_gives() -> None:
    """However the parts are cut."""
    rng = np.random.default_rng(0)
    steps = 467
    face, voice = (
        Saying(*(rng.random((1, steps, n)).astype(np.float32) for n in (9, 4)), speech)
        for speech in rng.random((2, 1, steps)).astype(np.float32)
    )
    weights, nats = _compared(face, voice)
    assert nats.shape == weights.shape == (steps - MOST_LAG_STEPS, len(LAGS))
    assert np.allclose(nats, evidence(face, voice)[0], atol=1e-4)


def test_live_ears_judge_all_but_what_they_have_not_heard(speaking: TalkingFace) -> None:
    """The last frames and the first lags are missing; speech is heard in speech."""
    live, ears = LiveEars(), open_streaming_ears()
    weights, nats = live.evidence(speaking)
    heard = 2 * (len(speaking) - ears.delay)
    assert nats.shape == (heard - MOST_LAG_STEPS, len(LAGS))
    assert live.delay_s == ears.delay / 25
    assert live.speech(speaking) is live.speech(shifted(speaking, 40.0))
    assert live.speech(speaking).max() > 0.8
    silent = TalkingFace("s", "s", np.full_like(speaking.mel, speaking.mel.min()), speaking.motion)
    assert live.speech(silent).mean() < 0.2
    assert weights.max() <= 1.0


def test_loudness_finds_a_jaw_that_follows_it() -> None:
    """At its lag."""
    system = LoudnessGap(AllSpeech())  # type: ignore[arg-type]
    for late_ms in (0, 200, -200):
        face = shifted(talking_face(frames=200), late_ms)
        _, nats = system.evidence(face)
        assert abs(LAGS[nats[100:].mean(axis=0).argmax()] * 20 - late_ms) <= 20


@pytest.mark.slow
def test_all_systems_judge_the_same_steps(speaking: TalkingFace) -> None:
    """Shipped first; the rest within what they hear."""
    systems = open_systems()
    assert next(iter(systems)) == SHIPPED
    assert set(systems) == {SHIPPED, "critic", "second", "loudness", "syncnet"}
    shapes = {name: system.evidence(speaking) for name, system in systems.items()}
    assert len({weights.shape for weights, _ in shapes.values()}) == 1
    assert all(np.isfinite(nats).all() for _, nats in shapes.values())
    assert all(np.array_equal(w, shapes[SHIPPED][0]) for w, _ in shapes.values())
