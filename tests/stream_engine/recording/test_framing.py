import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import RecordingError
from stream_engine.recording.framing import (
    MAGIC,
    Record,
    first_checksum,
    framed,
    prologue,
    read_records,
)

RECORDS = st.lists(st.builds(Record, st.integers(0, 255), st.binary(max_size=60)), max_size=8)


def written(records: list[Record]) -> bytes:
    data, checksum = prologue(), first_checksum()
    for record in records:
        body, checksum = framed(record, checksum)
        data += body
    return data


def ends_of(records: list[Record]) -> list[int]:
    return [len(written(records[:count])) for count in range(len(records) + 1)]


@given(RECORDS)
def test_what_is_written_is_read(records: list[Record]) -> None:
    """Every kind and payload, in order."""
    assert list(read_records(io.BytesIO(written(records)))) == records


@given(RECORDS, st.data())
def test_a_file_cut_off_anywhere_gives_its_whole_records(
    records: list[Record], data: st.DataObject
) -> None:
    """A crash or a full disk costs what was not whole, and nothing before it."""
    whole = written(records)
    size = data.draw(st.integers(len(prologue()), len(whole)))
    expected = sum(end <= size for end in ends_of(records)) - 1
    assert list(read_records(io.BytesIO(whole[:size]))) == records[:expected]


@given(RECORDS.filter(bool), st.data())
def test_any_flipped_byte_is_found(records: list[Record], data: st.DataObject) -> None:
    """No record that was altered is ever given, nor one after it."""
    whole = bytearray(written(records))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    good = max(0, sum(end <= at for end in ends_of(records)) - 1)
    found: list[Record] = []
    try:
        for record in read_records(io.BytesIO(bytes(whole))):
            found.append(record)
    except RecordingError:
        pass
    assert found == records[:good]
    assert len(found) < len(records)


@given(RECORDS.filter(lambda found: len(found) > 1), st.data())
def test_a_record_left_out_doubled_or_moved_is_found(
    records: list[Record], data: st.DataObject
) -> None:
    """Each whole and its checksum right: but the checksum is over all that was before, too."""
    whole = written(records)
    bodies = [whole[a:b] for a, b in pairwise(ends_of(records))]
    at = data.draw(st.integers(0, len(bodies) - 2))
    changed = data.draw(
        st.sampled_from(
            [
                [*bodies[:at], *bodies[at + 1 :]],
                [*bodies[: at + 1], bodies[at], *bodies[at + 1 :]],
                [*bodies[:at], bodies[at + 1], bodies[at], *bodies[at + 2 :]],
            ]
        )
    )
    if changed == bodies:
        return
    with pytest.raises(RecordingError, match="damaged"):
        list(read_records(io.BytesIO(prologue() + b"".join(changed))))


def test_what_is_no_recording_is_refused_and_so_is_another_version() -> None:
    """Empty, text, the magic alone; and a release that writes it otherwise."""
    for data in (b"", b"hello, world", MAGIC, MAGIC.replace(b"\r\n", b"\n") + b"\1\0\0\0"):
        with pytest.raises(RecordingError, match="no recording"):
            list(read_records(io.BytesIO(data)))
    with pytest.raises(RecordingError, match="another version; got 2; expected 1"):
        list(read_records(io.BytesIO(MAGIC + b"\2\0\0\0")))


def test_a_length_beyond_all_sense_is_damage() -> None:
    """It is not read into memory, nor taken for a file that was cut off."""
    data = prologue() + b"\xff\xff\xff\xff\x01" + bytes(20)
    with pytest.raises(RecordingError, match="byte 12"):
        list(read_records(io.BytesIO(data)))
