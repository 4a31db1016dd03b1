import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.errors import RecordingError
from stream_engine.recording.content import (
    End,
    Event,
    Head,
    Sent,
    Sound,
    Window,
    event_of,
    pack_json,
    pack_motion,
    pack_sent,
    pack_sound,
    pack_window,
    told_by,
    unpack_json,
    unpack_motion,
    unpack_sent,
    unpack_sound,
    unpack_window,
)
from stream_engine.recording.told import Cut, Express, Restarted, Shown

U16, U32, U64 = (st.integers(0, 2**bits - 1) for bits in (16, 32, 64))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(-1, 1), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner)),
    max_leaves=4,
)


@given(st.builds(Window, U64, U16, U16, U16, U32))
def test_a_window_is_read_as_written(window: Window) -> None:
    """Every number."""
    assert unpack_window(pack_window(window)) == window


@given(st.lists(st.tuples(U64, U32), max_size=5), st.binary(min_size=8, max_size=8))
def test_what_was_sent_is_read_as_written(runs: list[tuple[int, int]], digest: bytes) -> None:
    """Any number of runs."""
    sent = Sent(tuple(runs), digest)
    assert unpack_sent(pack_sent(sent)) == sent


@given(U64, st.lists(st.floats(-1, 1, width=32), max_size=50))
def test_sound_is_read_as_written(start: int, values: list[float]) -> None:
    """Its place and its samples."""
    again = unpack_sound(pack_sound(Sound(start, np.array(values, np.float32))))
    assert again.start == start
    assert again.samples.tolist() == values


def test_motion_is_read_as_written() -> None:
    """Every bit; a length that makes no sense is refused."""
    motion = np.random.default_rng(1).normal(size=25 * 56).astype(np.float32)
    np.testing.assert_array_equal(unpack_motion(pack_motion(motion)), motion)
    for payload in (b"abc", b"\xff\xff\xff\xff\x00"):
        with pytest.raises(RecordingError):
            unpack_motion(payload)


@settings(max_examples=40)
@given(st.text(max_size=20), U64, st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_an_event_says_whatever_json_can(name: str, at: int, data: dict[str, object]) -> None:
    """Whoever watches a session gives its events a name and fields of their own."""
    event = Event(name, at, data)
    assert unpack_json(Event, pack_json(event)) == event


def test_heads_and_ends_are_read_as_written() -> None:
    """With floats to the last bit, which a manner depends on."""
    head = Head("s", "now", "ultra", 2**63 - 1, "sad", 0.1 + 0.2, 1 / 3, 4, True, "b", "p", True,
                {"model": "abc"})  # fmt: skip
    assert unpack_json(Head, pack_json(head)) == head
    assert unpack_json(End, pack_json(End(True, "disk: full"))) == End(True, "disk: full")


def test_events_that_a_replay_acts_on_are_told_apart_from_all_others() -> None:
    """By name; another name is nobody's business, another shape is an error."""
    for told in (
        Express("sad", 0.5, 1.0), Shown("sad", 0.5, 1.0), Cut(4, 7, 3), Restarted(7, True),
    ):  # fmt: skip
        event = unpack_json(Event, pack_json(event_of(told, 640)))
        assert told_by(event) == told
        assert type(told_by(event)) is type(told)
        assert event.sample == 640
    assert told_by(Event("monitor", 0, {"score": 0.4})) is None
    with pytest.raises(RecordingError, match="record of cut"):
        told_by(Event("cut", 0, {"first": "four", "resume": 7, "face": 3}))


@pytest.mark.parametrize(
    ("read", "payload"),
    [
        (unpack_window, b"short"),
        (unpack_sent, b"1234567"),
        (unpack_sent, b"12345678and"),
        (unpack_sound, b"short"),
        (unpack_sound, b"\0" * 8 + b"\xff" * 4 + b"\0"),
        (lambda data: unpack_json(Event, data), b"[]"),
        (lambda data: unpack_json(Event, data), b"\xff"),
        (lambda data: unpack_json(Head, data), b"{}"),
    ],
)
def test_what_is_something_else_is_refused(read: object, payload: bytes) -> None:
    """With a typed error, whatever the bytes."""
    assert callable(read)
    with pytest.raises(RecordingError):
        read(payload)
