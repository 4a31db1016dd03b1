import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.audio.ring_buffer import RingBuffer

CAPACITY = 50


def counted(start: int, count: int) -> np.ndarray:
    """Samples that are their own index."""
    return np.arange(start, start + count, dtype=np.float32)


@given(st.lists(st.integers(0, 120), max_size=12), st.integers(0, 400), st.integers(0, 80))
def test_reads_what_was_written_for_any_chunking(sizes: list[int], start: int, count: int) -> None:
    """Whatever the writes, a read gives the right samples of the newest ``CAPACITY``."""
    ring = RingBuffer(CAPACITY)
    end = 0
    for size in sizes:
        ring.append(counted(end, size))
        end += size
    read = ring.read(start, count)
    oldest = max(0, end - CAPACITY)
    wanted = np.arange(max(start, oldest), min(start + count, end), dtype=np.float32)
    np.testing.assert_array_equal(read.samples, wanted)
    assert ring.end == end
    assert ring.oldest == oldest
    assert read.lost == read.start - start
    assert read.lost == min(max(0, oldest - start), max(0, min(count, end - start)))


def test_a_late_reader_is_told_how_much_it_lost() -> None:
    """Ten samples too late: ten lost, the rest there."""
    ring = RingBuffer(CAPACITY)
    ring.append(counted(0, 60))
    read = ring.read(0, 20)
    assert (read.start, read.lost) == (10, 10)
    np.testing.assert_array_equal(read.samples, counted(10, 10))


def test_what_a_reader_holds_does_not_change() -> None:
    """A read is a copy."""
    ring = RingBuffer(CAPACITY)
    ring.append(counted(0, 50))
    read = ring.read(0, 50)
    ring.append(counted(100, 50))
    np.testing.assert_array_equal(read.samples, counted(0, 50))


def test_silence_longer_than_the_store_counts_in_full() -> None:
    """The counter moves by all of it; memory does not."""
    ring = RingBuffer(CAPACITY)
    ring.append_silence(1000)
    assert ring.end == 1000
    assert ring.capacity == CAPACITY
    assert not ring.read(980, 20).samples.any()


def test_a_fade_that_began_before_what_is_here_goes_on_from_there() -> None:
    """Not anew: of what lies behind its end nothing is heard."""
    ring = RingBuffer(8)
    ring.append(np.ones(8, np.float32))
    assert ring.fade_out(-2, 4) == 8
    np.testing.assert_allclose(ring.read(0, 8).samples, [0.25] + [0.0] * 7)
