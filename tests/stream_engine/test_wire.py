import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import ConfigError, SignalingError
from stream_engine.json_fields import MAX_TEXT
from stream_engine.types import MotionFrames
from stream_engine.wire import (
    End,
    Ended,
    Express,
    Failure,
    Heartbeat,
    Message,
    Motion,
    Offer,
    Pong,
    Problem,
    Ready,
    Stats,
    View,
    decode_as,
    decode_event,
    encode,
    failure_of,
    motion_message,
)

EVENTS: list[Message] = [
    Heartbeat(1.5),
    Pong(2.0),
    End(),
    Ready(16_000, "ultra", 25, 80, ["jawOpen"]),
    Ended(7),
    Motion(3, 25, 5760, [[0.0, 0.25], [1.0, 0.5]]),
    Stats(160.0, {"render": 3.5}, {"motion_frames_total": 4}),
    Stats(160.0, {}, {}, {"voice": 4_294_967_295, "face": 0}),
    Failure(Problem("ConfigError", "no such thing", got="x")),
    Failure(Problem("ConfigError", "no such thing"), ends=False),
    Express("happy", 0.5, 1.2),
    Express(intensity=0.5),
    View(video=False),
]


@pytest.mark.parametrize("message", EVENTS, ids=lambda message: type(message).__name__)
def test_decoding_undoes_encoding(message: Message) -> None:
    """Every event survives the wire."""
    assert decode_event(encode(message)) == message


def test_motion_says_where_it_belongs() -> None:
    """Frame 3 begins at 3 * 1920 ticks; coefficients keep four decimals."""
    frames = MotionFrames(3, np.array([[0.123456, 1.0]], np.float32))
    assert motion_message(frames) == Motion(3, 25, 5760, [[0.1235, 1.0]])


@given(st.text(max_size=200))
def test_any_text_is_a_message_or_a_typed_error(text: str) -> None:
    """No other exception leaves the decoder."""
    try:
        decode_event(text)
    except SignalingError:
        return


@given(
    st.dictionaries(
        st.sampled_from(["type", "t", "sdp", "x"]),
        st.none()
        | st.text()
        | st.lists(st.integers())
        | st.sampled_from(["heartbeat", "motion", "error"]),
    )
)
def test_any_object_is_a_message_or_a_typed_error(values: dict[str, object]) -> None:
    """Missing and wrong fields are refused, unknown ones ignored."""
    for kind in (None, Offer):
        try:
            text = json.dumps(values)
            _ = decode_event(text) if kind is None else decode_as(kind, text)
        except SignalingError:
            continue


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "[" * 5000,
        '{"type":"offer"}',
        '{"type":["heartbeat"]}',
        "x" * (MAX_TEXT + 1),
    ],
)
def test_what_is_no_message_is_refused(text: str) -> None:
    """Each is a SignalingError."""
    with pytest.raises(SignalingError):
        decode_event(text)


def test_an_offer_needs_its_parts_with_the_right_types() -> None:
    """Profile and avatar may be left out; a number is no SDP."""
    assert decode_as(Offer, '{"sdp":"v=0","type":"offer"}') == Offer("v=0", "offer")
    with pytest.raises(SignalingError, match=r"Offer\.sdp"):
        decode_as(Offer, '{"sdp":5,"type":"offer"}')
    with pytest.raises(SignalingError, match="lacks sdp"):
        decode_as(Offer, '{"type":"offer"}')


def test_our_errors_are_told_and_others_kept() -> None:
    """What, got, expected, fix of ours; nothing of a stranger's."""
    ours = failure_of(ConfigError("bad", got="1", expected="2", fix="3")).error
    assert ours == Problem("ConfigError", "bad", "1", "2", "3")
    assert "secret" not in encode(failure_of(ValueError("secret")))


def test_a_manner_may_be_changed_in_part() -> None:
    """What is left out, or null, is None; a text is no intensity."""
    assert decode_event('{"type":"express","style":1}') == Express(style=1)
    assert decode_event('{"type":"express","emotion":null}') == Express()
    with pytest.raises(SignalingError, match=r"Express\.intensity"):
        decode_event('{"type":"express","intensity":"much"}')
    with pytest.raises(SignalingError, match=r"Express\.intensity"):
        decode_event('{"type":"express","intensity":true}')


def test_a_failure_says_whether_it_ends_the_session() -> None:
    """It does, unless told otherwise."""
    assert failure_of(ConfigError("no")).ends
    assert not failure_of(ConfigError("no"), ends=False).ends
