"""Faults done to faces, and what is kept of them."""

import numpy as np
import pytest

from stream_engine.monitor.sync_score import features
from tests.training.sync.faces_for_tests import JawReader, talking_face
from training.sync.faults import SPOILT
from training.sync.trial import windows_of
from training.sync.tried import (
    FAULTS,
    IN_SYNC,
    LAG_OF,
    OTHER_WORDS,
    PLANTED,
    faulty,
    listen_to,
    long_enough,
    others,
    try_faces,
    try_planted,
)

FACES = [talking_face(f"{name}/0", 100, k) for k, name in enumerate("abc")]


def quiet(stage: str, done: int, total: int) -> None:
    assert 0 <= done < total


def test_another_face_says_something_else() -> None:
    """Never the same words in another manner, if there is anything else."""
    takes = [talking_face(name, 20) for name in ("a/0", "b/0", "a/0", "b/0")]
    assert [face.name for face in others(takes)] == ["b/0", "a/0", "b/0", "a/0"]
    assert others(takes[:1]) == takes[:1]
    cut = [talking_face(f"a/0@{at}", 20) for at in (0, 20, 40)]
    assert [face.name for face in others(cut)] == ["a/0@20", "a/0@40", "a/0@0"]


def test_there_is_a_fault_for_every_name() -> None:
    """In sync nothing is done; a lag is that many milliseconds."""
    rng = np.random.default_rng(0)
    assert faulty(FACES[0], FACES[1], IN_SYNC, rng) is FACES[0]
    late = faulty(FACES[0], FACES[1], "+40 ms", rng)
    assert np.allclose(late.motion[1:], FACES[0].motion[:-1])
    assert set(FAULTS) == {*LAG_OF, OTHER_WORDS, *SPOILT}
    assert set(PLANTED) <= set(FAULTS)


def test_every_system_meets_every_fault() -> None:
    """And one that reads the jaw finds each lag."""
    tried = try_faces({"jaw": JawReader()}, FACES, 0, quiet)["jaw"]
    assert set(tried) == set(FAULTS)
    assert all(len(hops) == len(FACES) for hops in tried.values())
    for fault, late_ms in LAG_OF.items():
        lag = features(windows_of(tried[fault][0]))[2] * 20.0
        assert np.abs(lag - late_ms).max() <= 20.0, fault


def test_faults_begin_in_long_streams() -> None:
    """Short ones are left out; what is right before the fault stays right."""
    long = [talking_face(f"{name}/0", 300, k) for k, name in enumerate("ab")]
    assert long_enough([*FACES, *long]) == long
    system = {"jaw": JawReader()}
    found = try_planted(system, long, 0, quiet)["jaw"]
    healthy = listen_to(system, long, quiet)["jaw"]
    stream = found["+200 ms"][0]
    assert 5.0 <= stream.onset_s <= 8.0
    assert stream.speech_s == pytest.approx(2.0)
    before = int((stream.onset_s - 0.4) / 0.4) - 1
    assert np.array_equal(stream.hops[:before], healthy[0][:before])
    assert not np.array_equal(stream.hops[before + 2 :], healthy[0][before + 2 :])
