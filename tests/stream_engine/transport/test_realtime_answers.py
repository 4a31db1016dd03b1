"""Where it was cut, in a client's terms."""

from stream_engine.prompter import Cut
from stream_engine.session_parts import Interruption
from stream_engine.transport.realtime_answers import cut_answer, heard_ms


def test_milliseconds_name_every_sample() -> None:
    """At 48 kHz, too."""
    for samples in (0, 1, 47_999, 10_000_001):
        assert round(heard_ms(samples, 48_000) * 48.0) == samples


def test_a_cut_is_told_with_what_was_heard_and_what_was_lost() -> None:
    """Samples of the client's rate become milliseconds."""
    cut = Cut(Interruption(pts=4_800, first=3, resume=6, neutral_s=0.09), "one", 2_400, 1_200)
    answer = cut_answer("response.cancelled", cut, 24_000)
    assert (answer.type, answer.response_id) == ("response.cancelled", "one")
    assert (answer.pts, answer.frame, answer.resume_frame) == (4_800, 3, 6)
    assert (answer.ms_to_neutral, answer.audio_end_ms, answer.dropped_ms) == (90.0, 100.0, 50.0)
