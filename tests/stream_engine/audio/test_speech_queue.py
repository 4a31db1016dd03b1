"""Pushed speech waits in order, to a bound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.audio.speech_queue import SpeechQueue
from stream_engine.errors import AudioError, SpeechBufferFull


@given(st.lists(st.tuples(st.sampled_from(["push", "take", "back"]), st.integers(0, 700))))
def test_every_sample_comes_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    """However it is cut, and taken again after it was put back."""
    queue, sent, got = SpeechQueue(8_000, 1.0), 0, np.zeros(0, np.int16)
    for step, count in steps:
        if step == "push":
            if queue.waiting + count > 8_000:
                with pytest.raises(SpeechBufferFull):
                    queue.push(np.zeros(count, np.int16))
                continue
            queue.push(np.arange(sent, sent + count).astype(np.int16))
            sent += count
        elif step == "take":
            got = np.concatenate([got, queue.take(count)])
        else:
            kept = max(0, len(got) - count)
            queue.put_back(got[kept:])
            got = got[:kept]
        assert queue.waiting == sent - len(got)
    got = np.concatenate([got, queue.take(sent)])
    np.testing.assert_array_equal(got, np.arange(sent).astype(np.int16))


def test_what_is_too_much_is_refused_whole() -> None:
    """It says how much waits and how much may."""
    queue = SpeechQueue(16_000, 2.0)
    queue.push(np.ones(24_000, np.int16))
    with pytest.raises(SpeechBufferFull, match=r"got 1.5 s, and 1.0 s more; expected at most 2 s"):
        queue.push(np.ones(16_000, np.int16))
    assert queue.waiting_s == 1.5
    assert queue.clear() == 24_000
    assert len(queue.take(10)) == 0
    with pytest.raises(AudioError):
        SpeechQueue(11_111, 1.0)
