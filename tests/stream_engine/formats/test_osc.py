"""OSC 1.0 by the examples of its specification, and a reader written here alone."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from stream_engine.formats.osc import Argument, bundles, message, text


def read(data: bytes) -> list[object]:
    """Read a message by the specification: address, then arguments by their tags."""

    def string(at: int) -> tuple[str, int]:
        end = data.index(b"\0", at)
        return data[at:end].decode("utf-8"), end + 4 - end % 4

    address, at = string(0)
    tags, at = string(at)
    out: list[object] = [address]
    assert tags[0] == ","
    for tag in tags[1:]:
        if tag == "s":
            value, at = string(at)
            out.append(value)
        else:
            (number,) = struct.unpack_from(">" + tag, data, at)
            out.append(number)
            at += 4
    assert at == len(data)
    return out


def elements(bundle: bytes) -> list[bytes]:
    """Take a bundle apart."""
    assert bundle[:16] == b"#bundle\0" + bytes(7) + b"\1"
    at, out = 16, []
    while at < len(bundle):
        (size,) = struct.unpack_from(">i", bundle, at)
        out.append(bundle[at + 4 : at + 4 + size])
        at += 4 + size
    assert at == len(bundle)
    return out


def test_the_first_example_of_the_specification() -> None:
    """/oscillator/4/frequency with the float 440.0: 32 bytes."""
    assert message("/oscillator/4/frequency", 440.0) == bytes.fromhex(
        "2f6f7363 696c6c61 746f722f 342f6672 65717565 6e637900 2c660000 43dc0000"
    )


def test_the_second_example_of_the_specification() -> None:
    """/foo with 1000, -1, hello, 1.234, 5.678: 40 bytes."""
    assert message("/foo", 1000, -1, "hello", 1.234, 5.678) == bytes.fromhex(
        "2f666f6f 00000000 2c696973 66660000 000003e8 ffffffff 68656c6c 6f000000 3f9df3b6 40b5b22d"
    )


def test_strings_end_in_one_to_four_zeros() -> None:
    """The specification's 'OSC' and 'data'; nothing; a letter of two bytes."""
    assert text("OSC") == b"OSC\0"
    assert text("data") == b"data\0\0\0\0"
    assert text("") == b"\0\0\0\0"
    assert text("é") == b"\xc3\xa9\0\0"


NO_ZERO = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
ARGUMENTS = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32, allow_nan=False),
    st.text(NO_ZERO, max_size=20),
)


@given(st.text(NO_ZERO, max_size=20), st.lists(ARGUMENTS, max_size=8))
def test_what_is_written_is_read(address: str, arguments: list[Argument]) -> None:
    """Every argument comes back, and sizes are multiples of four."""
    data = message("/" + address, *arguments)
    assert len(data) % 4 == 0
    assert read(data) == ["/" + address, *arguments]


@given(st.lists(st.binary(max_size=40).map(lambda b: b + bytes(-len(b) % 4))), st.integers(20, 200))
def test_bundles_hold_all_in_order_and_no_more_than_they_may(items: list[bytes], most: int) -> None:
    """Nothing lost or moved; a bundle is too long only where its one message is."""
    made = bundles(items, most)
    assert [item for bundle in made for item in elements(bundle)] == items
    assert all(len(bundle) <= most or len(elements(bundle)) == 1 for bundle in made)
